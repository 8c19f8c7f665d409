#include "services/learner/door/prompt_door.h"

#include <atomic>
#include <memory>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "common/base/status_macros.h"
#include "common/net/grpc_status.h"
#include "common/wire/fields.h"
#include "common/wire/prompt_wire.h"
#include "services/learner/door/desk_wire.h"
#include "services/learner/door/steering_wire.h"
#include "services/learner/door/unary.h"

namespace mdrl {
namespace {

class SubmissionStream final
    : public grpc::ServerReadReactor<v1::SubmitPromptSetRequest> {
 public:
  SubmissionStream(FrontDesk& desk, v1::PromptSet* response)
      : desk_(desk), response_(response) {
    StartRead(&message_);
  }

  void OnReadDone(bool ok) override {
    if (!ok) {
      End();
      return;
    }
    if (const absl::Status taken = Take(); !taken.ok()) {
      // Nothing of it is kept; what still comes is not read.
      Finish(ToGrpcStatus(taken));
      return;
    }
    message_.Clear();
    StartRead(&message_);
  }
  // A read that fails is not an end that the client meant.
  void OnCancel() override { cancelled_.store(true); }
  void OnDone() override { delete this; }

 private:
  absl::Status Take() {
    MDRL_RETURN_IF_ERROR(
        CheckSize(message_.ByteSizeLong(), limit::kSubmitPromptSet));
    if (message_.has_header()) {
      if (submission_ != nullptr) {
        return BadField("header", "comes twice in one submission");
      }
      MDRL_ASSIGN_OR_RETURN(PromptSetHeader header,
                            FromProto(message_.header()));
      MDRL_ASSIGN_OR_RETURN(submission_,
                            desk_.BeginPromptSet(std::move(header)));
      return absl::OkStatus();
    }
    if (submission_ == nullptr) {
      return BadField("header", "must come before the first batch");
    }
    MDRL_ASSIGN_OR_RETURN(
        std::vector<Prompt> prompts,
        ReadList<Prompt>(message_.batch().prompts(), kMaxPromptTokens,
                         "batch.prompts", FromProto));
    return submission_->Append(std::move(prompts));
  }

  void End() {
    if (submission_ == nullptr || cancelled_.load()) {
      Finish(ToGrpcStatus(BadField("header", "is missing")));
      return;
    }
    submission_->Finish([this](absl::StatusOr<PromptSetView> view) {
      if (view.ok()) *response_ = ToProto(*view);
      Finish(ToGrpcStatus(view.status()));
    });
  }

  FrontDesk& desk_;
  v1::PromptSet* const response_;
  v1::SubmitPromptSetRequest message_;
  std::unique_ptr<PromptSetSubmission> submission_;
  std::atomic<bool> cancelled_{false};
};

}  // namespace

grpc::ServerReadReactor<v1::SubmitPromptSetRequest>*
PromptDoor::SubmitPromptSet(grpc::CallbackServerContext*,
                            v1::PromptSet* response) {
  return new SubmissionStream(desk_, response);
}

grpc::ServerUnaryReactor* PromptDoor::GetPromptSet(
    grpc::CallbackServerContext* context,
    const v1::GetPromptSetRequest* request, v1::PromptSet* response) {
  grpc::ServerUnaryReactor* const reactor = context->DefaultReactor();
  const auto answer = Answering<PromptSetView>(reactor, response);
  const auto sha256 = ReadOptionalId<Digest>(request->sha256(), "sha256");
  if (!sha256.ok()) {
    answer(sha256.status());
  } else {
    answer(desk_.GetPromptSet(*sha256, request->name()));
  }
  return reactor;
}

grpc::ServerUnaryReactor* PromptDoor::ListPromptSets(
    grpc::CallbackServerContext* context,
    const v1::ListPromptSetsRequest* request,
    v1::ListPromptSetsResponse* response) {
  grpc::ServerUnaryReactor* const reactor = context->DefaultReactor();
  Answering<PromptSetPage>(reactor, response)(
      desk_.ListPromptSets(request->page_size(), request->page_token()));
  return reactor;
}

grpc::ServerUnaryReactor* PromptDoor::SetPromptSetState(
    grpc::CallbackServerContext* context,
    const v1::SetPromptSetStateRequest* request, v1::PromptSet* response) {
  return Translated(
      context, *request, limit::kSmall, [&](auto call, auto* reactor) {
        desk_.SetPromptSetState(std::move(call),
                                Answering<PromptSetView>(reactor, response));
      });
}

}  // namespace mdrl
