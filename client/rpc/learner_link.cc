#include "client/rpc/learner_link.h"

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/support/sync_stream.h>

#include <chrono>
#include <random>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "common/base/hash.h"
#include "common/base/status_macros.h"
#include "common/net/channel.h"
#include "common/net/grpc_status.h"
#include "common/wire/prompt_wire.h"

namespace mdrl {
namespace {

// Half of what a message may have: framing and the last prompt fit in.
constexpr size_t kBatchBytes = 2 << 20;
constexpr size_t kMaxPromptBytes = 4 << 20;

// Deadlines of docs/protocol.md.
constexpr absl::Duration kRead = absl::Seconds(5);
constexpr absl::Duration kCommand = absl::Seconds(10);

// The interfaces: only they have one method for each call.
using Prompts = v1::PromptService::StubInterface;
using Run = v1::RunService::StubInterface;

}  // namespace

std::string SubmitRequestId(const SetToSubmit& set, const Digest& sha256) {
  return Sha256()
      .String("mdrl.submit.v1")
      .String(set.name)
      .String(set.task)
      .Bytes(sha256)
      .U64(set.weight ? 1 : 0)
      .F64(set.weight.value_or(0.0))
      .U32(set.held_out ? 1 : 0)
      .U32(set.dry_run ? 1 : 0)
      .Finish()
      .ToBytes()
      .substr(0, 16);
}

SubmitMessages::SubmitMessages(const SetToSubmit& set) : set_(set) {}

const v1::SubmitPromptSetRequest* SubmitMessages::Next() {
  message_.Clear();
  if (!headed_) {
    headed_ = true;
    const Digest sha256 = PromptSetSha256(set_.prompts);
    auto& header = *message_.mutable_header();
    header.set_request_id(SubmitRequestId(set_, sha256));
    header.set_name(set_.name);
    header.set_task(set_.task);
    header.set_count(set_.prompts.size());
    header.set_sha256(sha256.ToBytes());
    if (set_.weight) header.set_weight(*set_.weight);
    header.set_held_out(set_.held_out);
    header.set_dry_run(set_.dry_run);
    return &message_;
  }
  size_t bytes = 0;
  for (; next_ < set_.prompts.size(); ++next_) {
    v1::Prompt wire = ToProto(set_.prompts[next_]);
    const size_t size = wire.ByteSizeLong();
    if (size > kMaxPromptBytes - 64) {
      status_ = absl::InvalidArgumentError(
          absl::StrCat("prompt ", next_, " has ", size, " bytes; at most ",
                       kMaxPromptBytes, " are taken"));
      return nullptr;
    }
    if (bytes > 0 && bytes + size > kBatchBytes) break;
    bytes += size;
    *message_.mutable_batch()->add_prompts() = std::move(wire);
  }
  return message_.has_batch() ? &message_ : nullptr;
}

absl::StatusOr<std::unique_ptr<LearnerLink>> LearnerLink::Connect(
    const std::string& address, absl::Duration timeout) {
  MDRL_ASSIGN_OR_RETURN(std::shared_ptr<grpc::Channel> channel,
                        MakeChannel(address));
  return std::unique_ptr<LearnerLink>(
      new LearnerLink(address, timeout, std::move(channel)));
}

LearnerLink::LearnerLink(std::string address, absl::Duration timeout,
                         std::shared_ptr<grpc::Channel> channel)
    : address_(std::move(address)),
      timeout_(timeout),
      prompts_(v1::PromptService::NewStub(channel)),
      run_(v1::RunService::NewStub(channel)) {}

void LearnerLink::SetDeadline(grpc::ClientContext* context,
                              absl::Duration limit) const {
  const absl::Duration wait =
      timeout_ > absl::ZeroDuration() ? timeout_ : limit;
  context->set_deadline(std::chrono::system_clock::now() +
                        absl::ToChronoMilliseconds(wait));
}

absl::Status LearnerLink::Told(const grpc::Status& status) const {
  absl::Status told = FromGrpcStatus(status);
  if (!absl::IsUnavailable(told) && !absl::IsDeadlineExceeded(told)) {
    return told;
  }
  return OrReason(WithContext(told, absl::StrCat("learner ", address_)),
                  reason::kPeerUnreachable);
}

absl::StatusOr<v1::PromptSet> LearnerLink::Submit(
    const SetToSubmit& set, absl::FunctionRef<void(size_t prompts)> on_sent) {
  // 1 s per MiB beside the fixed part; a prompt's text is most of its bytes.
  size_t bytes = 0;
  for (const Prompt& prompt : set.prompts) {
    bytes +=
        prompt.truth.size() + prompt.prefill.size() + prompt.id.size() + 64;
    for (const Turn& turn : prompt.turns) bytes += turn.text.size();
  }
  grpc::ClientContext context;
  SetDeadline(
      &context,
      absl::Seconds(60) + absl::Seconds(1) * static_cast<int64_t>(bytes >> 20));
  v1::PromptSet reply;
  SubmitMessages messages(set);
  const auto stream = prompts_->SubmitPromptSet(&context, &reply);
  while (const v1::SubmitPromptSetRequest* message = messages.Next()) {
    // The far end has answered already: Finish says what.
    if (!stream->Write(*message)) break;
    on_sent(messages.prompts());
  }
  if (!messages.status().ok()) {
    context.TryCancel();
    (void)stream->Finish();
    return messages.status();
  }
  stream->WritesDone();
  MDRL_RETURN_IF_ERROR(Told(stream->Finish()));
  return reply;
}

template <typename Stub, typename Request, typename Reply>
absl::StatusOr<Reply> LearnerLink::Call(
    Stub& stub,
    grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Reply*),
    const Request& request, absl::Duration limit) {
  grpc::ClientContext context;
  SetDeadline(&context, limit);
  Reply reply;
  MDRL_RETURN_IF_ERROR(Told((stub.*method)(&context, request, &reply)));
  return reply;
}

absl::StatusOr<v1::PromptSet> LearnerLink::GetPromptSet(
    const std::string& name) {
  v1::GetPromptSetRequest request;
  request.set_name(name);
  return Call(*prompts_, &Prompts::GetPromptSet, request, kRead);
}

absl::StatusOr<v1::ListPromptSetsResponse> LearnerLink::ListPromptSets() {
  v1::ListPromptSetsRequest request;
  v1::ListPromptSetsResponse all;
  do {
    MDRL_ASSIGN_OR_RETURN(
        const v1::ListPromptSetsResponse page,
        Call(*prompts_, &Prompts::ListPromptSets, request, kRead));
    all.mutable_sets()->MergeFrom(page.sets());
    // A page that leads to itself would be asked for without end.
    if (page.next_page_token() == request.page_token()) break;
    request.set_page_token(page.next_page_token());
  } while (!request.page_token().empty());
  return all;
}

absl::StatusOr<v1::PromptSet> LearnerLink::SetPromptSetState(
    const v1::SetPromptSetStateRequest& request) {
  return Call(*prompts_, &Prompts::SetPromptSetState, request, kCommand);
}

absl::StatusOr<v1::Status> LearnerLink::GetStatus(bool with_workers,
                                                  bool with_sets) {
  v1::GetStatusRequest request;
  request.set_with_workers(with_workers);
  request.set_with_sets(with_sets);
  return Call(*run_, &Run::GetStatus, request, kRead);
}

absl::StatusOr<v1::Evaluation> LearnerLink::Evaluate(
    const v1::EvaluateRequest& request) {
  return Call(*run_, &Run::Evaluate, request, kCommand);
}

absl::StatusOr<v1::Evaluation> LearnerLink::GetEvaluation(const std::string& id,
                                                          absl::Duration wait) {
  v1::GetEvaluationRequest request;
  request.set_evaluation_id(id);
  request.mutable_wait()->set_seconds(absl::ToInt64Seconds(wait));
  return Call(*run_, &Run::GetEvaluation, request, wait + absl::Seconds(5));
}

absl::StatusOr<v1::Status> LearnerLink::Drain(const v1::DrainRequest& request) {
  return Call(*run_, &Run::Drain, request, kCommand);
}

absl::StatusOr<v1::Status> LearnerLink::Pause(const v1::RunCommand& command) {
  return Call(*run_, &Run::Pause, command, kCommand);
}

absl::StatusOr<v1::Status> LearnerLink::Resume(const v1::RunCommand& command) {
  return Call(*run_, &Run::Resume, command, kCommand);
}

absl::StatusOr<v1::Explanation> LearnerLink::Explain(
    const std::string& subject) {
  v1::ExplainRequest request;
  request.set_subject(subject);
  return Call(*run_, &Run::Explain, request, kRead);
}

absl::StatusOr<v1::Provenance> LearnerLink::GetCompletion(
    const v1::GetCompletionRequest& request) {
  return Call(*run_, &Run::GetCompletion, request, kRead);
}

absl::StatusOr<v1::GenerateResponse> LearnerLink::Generate(
    const v1::GenerateRequest& request) {
  return Call(*run_, &Run::Generate, request, absl::Seconds(120));
}

std::string RandomRequestId() {
  std::random_device device;
  std::string id;
  for (int i = 0; i < 16; ++i) id += static_cast<char>(device() & 0xFF);
  return id;
}

}  // namespace mdrl
