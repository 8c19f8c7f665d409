// The door for people: status, events, evaluations, steering, questions.
#ifndef MDRL_SERVICES_LEARNER_DOOR_RUN_DOOR_H_
#define MDRL_SERVICES_LEARNER_DOOR_RUN_DOOR_H_

#include <string>

#include "common/record/group.h"
#include "mdrl/v1/run.grpc.pb.h"
#include "services/learner/desk/front_desk.h"
#include "services/learner/ledger/event_feed.h"
#include "services/learner/run_board.h"

namespace mdrl {

// Thread-safe. What it borrows outlives the server that has this service.
class RunDoor final : public v1::RunService::CallbackService {
 public:
  RunDoor(FrontDesk& desk, EventFeed& feed, const RunBoard& board,
          std::string run_name, Build build);

  using Context = grpc::CallbackServerContext;
  using Unary = grpc::ServerUnaryReactor;

  Unary* GetStatus(Context* context, const v1::GetStatusRequest* request,
                   v1::Status* response) override;
  grpc::ServerWriteReactor<v1::Event>* Watch(
      Context* context, const v1::WatchRequest* request) override;
  Unary* Evaluate(Context* context, const v1::EvaluateRequest* request,
                  v1::Evaluation* response) override;
  Unary* GetEvaluation(Context* context,
                       const v1::GetEvaluationRequest* request,
                       v1::Evaluation* response) override;
  Unary* Drain(Context* context, const v1::DrainRequest* request,
               v1::Status* response) override;

  Unary* Explain(Context* context, const v1::ExplainRequest* request,
                 v1::Explanation* response) override;
  Unary* GetCompletion(Context* context,
                       const v1::GetCompletionRequest* request,
                       v1::Provenance* response) override;
  Unary* Pause(Context* context, const v1::RunCommand* request,
               v1::Status* response) override;
  Unary* Resume(Context* context, const v1::RunCommand* request,
                v1::Status* response) override;
  Unary* Generate(Context* context, const v1::GenerateRequest* request,
                  v1::GenerateResponse* response) override;

  // Not served in this release.
  Unary* Checkpoint(Context* context, const v1::RunCommand*,
                    v1::CheckpointInfo*) override;
  Unary* Rollback(Context* context, const v1::RollbackRequest*,
                  v1::PolicyRef*) override;

 private:
  // Adds what the desk does not know.
  v1::Status Complete(const RunStatus& status) const;
  Answer<RunStatus> Completing(Unary* reactor, v1::Status* response) const;

  FrontDesk& desk_;
  EventFeed& feed_;
  const RunBoard& board_;
  const std::string run_name_;
  const Build build_;
};

}  // namespace mdrl

#endif  // MDRL_SERVICES_LEARNER_DOOR_RUN_DOOR_H_
