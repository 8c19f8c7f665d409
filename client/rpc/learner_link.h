// The calls of a user to a learner, with their deadlines and as absl::Status.
//
//   MDRL_ASSIGN_OR_RETURN(const auto link,
//   LearnerLink::Connect("127.0.0.1:7070")); MDRL_ASSIGN_OR_RETURN(const
//   v1::Status status, link->GetStatus(true, true));
//
// Thread-safe. An unreachable learner is Unavailable PEER_UNREACHABLE, naming
// its address.
#ifndef MDRL_CLIENT_RPC_LEARNER_LINK_H_
#define MDRL_CLIENT_RPC_LEARNER_LINK_H_

#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/id.h"
#include "common/record/prompt.h"
#include "mdrl/v1/prompt.grpc.pb.h"
#include "mdrl/v1/run.grpc.pb.h"

namespace mdrl {

struct SetToSubmit {
  std::string name;
  std::string task;
  std::span<const Prompt> prompts;
  std::optional<double> weight;
  bool held_out = false;
  bool dry_run = false;
};

// The same set submitted again has the same id: 16 bytes that follow from all
// that is said of it.
std::string SubmitRequestId(const SetToSubmit& set, const Digest& sha256);

// The header, then batches well below the 4 MiB that a message may have, one
// after the other: only one is in memory at a time.
//
//   SubmitMessages messages(set);
//   while (const auto* message = messages.Next()) stream->Write(*message);
class SubmitMessages {
 public:
  // The prompts outlive it.
  explicit SubmitMessages(const SetToSubmit& set);
  // Null at the end, and at a prompt that alone is too large: see status().
  const v1::SubmitPromptSetRequest* Next();
  // InvalidArgument, naming the prompt that is larger than a message.
  const absl::Status& status() const { return status_; }
  // Prompts in the messages so far.
  size_t prompts() const { return next_; }

 private:
  const SetToSubmit set_;
  size_t next_ = 0;
  bool headed_ = false;
  absl::Status status_;
  v1::SubmitPromptSetRequest message_;
};

class LearnerLink {
 public:
  // Connects lazily. `timeout`, if not zero, replaces each call's own deadline.
  static absl::StatusOr<std::unique_ptr<LearnerLink>> Connect(
      const std::string& address,
      absl::Duration timeout = absl::ZeroDuration());

  // `on_sent` hears after each message how many prompts have been sent.
  absl::StatusOr<v1::PromptSet> Submit(
      const SetToSubmit& set,
      absl::FunctionRef<void(size_t prompts)> on_sent = [](size_t) {});
  absl::StatusOr<v1::PromptSet> GetPromptSet(const std::string& name);
  absl::StatusOr<v1::Status> GetStatus(bool with_workers, bool with_sets);
  absl::StatusOr<v1::Evaluation> Evaluate(const v1::EvaluateRequest& request);
  // Waits up to `wait` for the end of it.
  absl::StatusOr<v1::Evaluation> GetEvaluation(const std::string& id,
                                               absl::Duration wait);
  absl::StatusOr<v1::Status> Drain(const v1::DrainRequest& request);
  absl::StatusOr<v1::Status> Pause(const v1::RunCommand& command);
  absl::StatusOr<v1::Status> Resume(const v1::RunCommand& command);
  // All pages of them.
  absl::StatusOr<v1::ListPromptSetsResponse> ListPromptSets();
  absl::StatusOr<v1::PromptSet> SetPromptSetState(
      const v1::SetPromptSetStateRequest& request);
  // Of a ticket, group, worker or prompt set; empty: of the run.
  absl::StatusOr<v1::Explanation> Explain(const std::string& subject);
  absl::StatusOr<v1::Provenance> GetCompletion(
      const v1::GetCompletionRequest& request);
  // A long poll of two minutes.
  absl::StatusOr<v1::GenerateResponse> Generate(
      const v1::GenerateRequest& request);

 private:
  LearnerLink(std::string address, absl::Duration timeout,
              std::shared_ptr<grpc::Channel> channel);
  void SetDeadline(grpc::ClientContext* context, absl::Duration limit) const;
  // One unary call: `method` of `stub`, over within `limit`.
  template <typename Stub, typename Request, typename Reply>
  absl::StatusOr<Reply> Call(Stub& stub,
                             grpc::Status (Stub::*method)(grpc::ClientContext*,
                                                          const Request&,
                                                          Reply*),
                             const Request& request, absl::Duration limit);
  absl::Status Told(const grpc::Status& status) const;

  const std::string address_;
  const absl::Duration timeout_;
  const std::unique_ptr<v1::PromptService::StubInterface> prompts_;
  const std::unique_ptr<v1::RunService::StubInterface> run_;
};

// 16 random bytes: the id of a request that has no natural one.
std::string RandomRequestId();

}  // namespace mdrl

#endif  // MDRL_CLIENT_RPC_LEARNER_LINK_H_
