// The door for prompt sets. Submission is a stream: a header, then batches; all
// of it is kept or nothing.
#ifndef MDRL_SERVICES_LEARNER_DOOR_PROMPT_DOOR_H_
#define MDRL_SERVICES_LEARNER_DOOR_PROMPT_DOOR_H_

#include "mdrl/v1/prompt.grpc.pb.h"
#include "services/learner/desk/front_desk.h"

namespace mdrl {

// Thread-safe. `desk` outlives the server that has this service.
class PromptDoor final : public v1::PromptService::CallbackService {
 public:
  explicit PromptDoor(FrontDesk& desk) : desk_(desk) {}

  grpc::ServerReadReactor<v1::SubmitPromptSetRequest>* SubmitPromptSet(
      grpc::CallbackServerContext* context, v1::PromptSet* response) override;
  grpc::ServerUnaryReactor* GetPromptSet(grpc::CallbackServerContext* context,
                                         const v1::GetPromptSetRequest* request,
                                         v1::PromptSet* response) override;
  grpc::ServerUnaryReactor* ListPromptSets(
      grpc::CallbackServerContext* context,
      const v1::ListPromptSetsRequest* request,
      v1::ListPromptSetsResponse* response) override;
  grpc::ServerUnaryReactor* SetPromptSetState(
      grpc::CallbackServerContext* context,
      const v1::SetPromptSetStateRequest* request,
      v1::PromptSet* response) override;

 private:
  FrontDesk& desk_;
};

}  // namespace mdrl

#endif  // MDRL_SERVICES_LEARNER_DOOR_PROMPT_DOOR_H_
