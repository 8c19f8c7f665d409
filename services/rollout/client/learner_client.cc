#include "services/rollout/client/learner_client.h"

#include <atomic>
#include <utility>
#include <vector>

#include "common/base/log.h"
#include "common/base/status_macros.h"
#include "common/net/channel.h"
#include "common/policy/chunk_codec.h"
#include "common/sync/mutex.h"
#include "common/sync/periodic_task.h"
#include "common/wire/manifest_wire.h"
#include "common/wire/rollout_wire.h"
#include "grpcpp/channel.h"
#include "grpcpp/support/byte_buffer.h"
#include "grpcpp/support/sync_stream.h"
#include "mdrl/v1/rollout.grpc.pb.h"
#include "mdrl/v1/weights.grpc.pb.h"
#include "services/rollout/client/open_calls.h"
#include "services/rollout/client/unary_call.h"

namespace mdrl {
namespace {

// Of one attempt and of all, by RPC. Lease adds the time it may be parked.
constexpr absl::Duration kLeaseSlack = absl::Seconds(5);
constexpr CallLimits kRegister = {absl::Seconds(10), absl::Seconds(10)};
// Not repeated: the next beat says it all again.
constexpr CallLimits kRenew = {absl::Seconds(2), absl::Seconds(2), 1};
constexpr CallLimits kReturnLease = {absl::Seconds(5), absl::Seconds(5)};
constexpr CallLimits kGetManifest = {absl::Seconds(5), absl::Seconds(15)};
constexpr absl::Duration kSubmitDeadline = absl::Seconds(10);

struct DataWire {
  std::shared_ptr<grpc::Channel> channel;
  std::unique_ptr<v1::RolloutService::Stub> rollout;
  std::unique_ptr<v1::WeightService::Stub> weights;
};

}  // namespace

struct LearnerClient::Wires {
  // The policy stream, of the one thread that reads it.
  struct Watch {
    explicit Watch(OpenCalls& calls) : call(calls) {}
    OpenCalls::Call call;
    std::unique_ptr<grpc::ClientReader<v1::PolicyEvent>> reader;
  };

  DataWire& NextData() { return data[next_data.fetch_add(1) % data.size()]; }
  v1::Caller caller() {
    MutexLock lock(mutex);
    return ToProto(registered);
  }

  OpenCalls calls;
  RetryBudget control_budget;
  RetryBudget data_budget;
  std::shared_ptr<grpc::Channel> control;
  std::unique_ptr<v1::RolloutService::Stub> rollout;
  std::unique_ptr<v1::WeightService::Stub> weights;
  std::vector<DataWire> data;
  std::atomic<size_t> next_data{0};
  std::unique_ptr<Watch> watch;
  Mutex mutex;
  Caller registered MDRL_GUARDED_BY(mutex);
  // Last: it looks at the calls.
  std::unique_ptr<PeriodicTask> idle_check;
};

absl::StatusOr<std::unique_ptr<LearnerClient>> LearnerClient::Create(
    const LearnerClientOptions& options) {
  MDRL_CHECK(options.data_channels > 0) << "no data channel";
  auto wires = std::make_unique<Wires>();
  wires->calls.CountRetriesIn(options.retries);
  ChannelOptions own;
  own.own_connection = true;
  MDRL_ASSIGN_OR_RETURN(wires->control, MakeChannel(options.address, own));
  wires->rollout = v1::RolloutService::NewStub(wires->control);
  wires->weights = v1::WeightService::NewStub(wires->control);
  for (uint32_t i = 0; i < options.data_channels; ++i) {
    DataWire& wire = wires->data.emplace_back();
    MDRL_ASSIGN_OR_RETURN(wire.channel, MakeChannel(options.address, own));
    wire.rollout = v1::RolloutService::NewStub(wire.channel);
    wire.weights = v1::WeightService::NewStub(wire.channel);
  }
  wires->idle_check = std::make_unique<PeriodicTask>(
      "idle_calls", options.chunk_timeout / 5,
      [calls = &wires->calls] { calls->EndIdle(); });
  return std::unique_ptr<LearnerClient>(
      new LearnerClient(options, std::move(wires)));
}

LearnerClient::LearnerClient(const LearnerClientOptions& options,
                             std::unique_ptr<Wires> wires)
    : options_(options), wires_(std::move(wires)) {}

LearnerClient::~LearnerClient() { Cancel(); }

void LearnerClient::Cancel() { wires_->calls.CancelAll(); }

absl::StatusOr<RegisterReply> LearnerClient::Register(
    const RegisterRequest& request) {
  const v1::RegisterRequest wire = ToProto(request);
  MDRL_ASSIGN_OR_RETURN(
      const auto response,
      CallUnary<v1::RegisterResponse>(
          wires_->calls, wires_->control_budget, kRegister,
          [&](grpc::ClientContext& context, v1::RegisterResponse* out) {
            return wires_->rollout->Register(&context, wire, out);
          }));
  MDRL_ASSIGN_OR_RETURN(RegisterReply reply, FromProto(response));
  MutexLock lock(wires_->mutex);
  wires_->registered = {reply.run_id, reply.epoch, reply.registration_id, 0};
  return reply;
}

absl::StatusOr<LeaseReply> LearnerClient::Lease(const LeaseRequest& request) {
  const v1::LeaseRequest wire = ToProto(request);
  const absl::Duration deadline = request.wait + kLeaseSlack;
  MDRL_ASSIGN_OR_RETURN(
      const auto response,
      CallUnary<v1::LeaseResponse>(
          wires_->calls, wires_->control_budget, {deadline, deadline, 3},
          [&](grpc::ClientContext& context, v1::LeaseResponse* out) {
            return wires_->rollout->Lease(&context, wire, out);
          }));
  return FromProto(response);
}

absl::StatusOr<RenewReply> LearnerClient::Renew(const RenewRequest& request) {
  const v1::RenewRequest wire = ToProto(request);
  MDRL_ASSIGN_OR_RETURN(
      const auto response,
      CallUnary<v1::RenewResponse>(
          wires_->calls, wires_->control_budget, kRenew,
          [&](grpc::ClientContext& context, v1::RenewResponse* out) {
            return wires_->rollout->Renew(&context, wire, out);
          }));
  return FromProto(response);
}

absl::StatusOr<SubmitGroupReply> LearnerClient::SubmitGroup(
    const SubmitGroupRequest& request) {
  const v1::SubmitGroupRequest wire = ToProto(request);
  MDRL_ASSIGN_OR_RETURN(
      const auto response,
      CallUnary<v1::SubmitGroupResponse>(
          wires_->calls, wires_->data_budget,
          {kSubmitDeadline, options_.submit_total},
          [&](grpc::ClientContext& context, v1::SubmitGroupResponse* out) {
            return wires_->NextData().rollout->SubmitGroup(&context, wire, out);
          }));
  return FromProto(response);
}

absl::StatusOr<ReturnLeaseReply> LearnerClient::ReturnLease(
    const ReturnLeaseRequest& request) {
  const v1::ReturnLeaseRequest wire = ToProto(request);
  MDRL_ASSIGN_OR_RETURN(
      const auto response,
      CallUnary<v1::ReturnLeaseResponse>(
          wires_->calls, wires_->control_budget, kReturnLease,
          [&](grpc::ClientContext& context, v1::ReturnLeaseResponse* out) {
            return wires_->rollout->ReturnLease(&context, wire, out);
          }));
  return FromProto(response);
}

absl::StatusOr<PolicyEvent> LearnerClient::NextPolicyEvent() {
  std::unique_ptr<Wires::Watch>& watch = wires_->watch;
  if (wires_->calls.cancelled()) {
    watch = nullptr;
    return absl::CancelledError("the connection to the learner is closed");
  }
  if (watch == nullptr) {
    watch = std::make_unique<Wires::Watch>(wires_->calls);
    v1::WatchPolicyRequest request;
    *request.mutable_caller() = wires_->caller();
    watch->reader =
        wires_->weights->WatchPolicy(&watch->call.context(), request);
  }
  v1::PolicyEvent event;
  if (watch->reader->Read(&event)) return FromProto(event);
  const absl::Status status = FromGrpcStatus(watch->reader->Finish());
  watch = nullptr;
  return status.ok() ? absl::UnavailableError("the policy stream has ended")
                     : status;
}

absl::StatusOr<ManifestBytes> LearnerClient::GetManifest(
    const PolicyRef& policy) {
  v1::GetManifestRequest wire;
  *wire.mutable_policy() = ToProto(policy);
  MDRL_ASSIGN_OR_RETURN(
      auto response,
      CallUnary<v1::GetManifestResponse>(
          wires_->calls, wires_->data_budget, kGetManifest,
          [&](grpc::ClientContext& context, v1::GetManifestResponse* out) {
            return wires_->NextData().weights->GetManifest(&context, wire, out);
          }));
  const auto sha256 = Digest::FromBytes(response.sha256());
  if (!sha256.has_value()) {
    return absl::InvalidArgumentError(
        "the learner's manifest comes with a hash of another size");
  }
  return ManifestBytes{std::move(*response.mutable_manifest()), *sha256};
}

absl::Status LearnerClient::FetchChunks(const Digest& manifest_sha256,
                                        std::span<const ChunkRange> ranges,
                                        ChunkSink& sink) {
  v1::FetchChunksRequest request;
  *request.mutable_caller() = wires_->caller();
  request.set_manifest_sha256(manifest_sha256.ToBytes());
  uint64_t expected = 0;
  for (const ChunkRange& range : ranges) {
    v1::FetchChunksRequest::Range* wire = request.add_ranges();
    wire->set_first(range.first);
    wire->set_count(range.count);
    expected += range.count;
  }
  // The generated stub would copy each message through protobuf.
  static const grpc::internal::RpcMethod kMethod(
      "/mdrl.v1.WeightService/FetchChunks",
      grpc::internal::RpcMethod::SERVER_STREAMING);
  OpenCalls::Call call(wires_->calls, options_.chunk_timeout);
  const std::unique_ptr<grpc::ClientReader<grpc::ByteBuffer>> reader(
      grpc::internal::ClientReaderFactory<grpc::ByteBuffer>::Create(
          wires_->NextData().channel.get(), kMethod, &call.context(), request));
  uint64_t received = 0;
  absl::Status refused;
  grpc::ByteBuffer message;
  while (reader->Read(&message)) {
    call.Moved();
    refused = DecodeChunk(message, sink);
    if (!refused.ok()) {
      call.context().TryCancel();
      break;
    }
    ++received;
  }
  const absl::Status status = FromGrpcStatus(reader->Finish());
  if (!refused.ok()) return refused;
  if (call.stood_still()) {
    return absl::DeadlineExceededError("no chunk arrived for too long");
  }
  MDRL_RETURN_IF_ERROR(status);
  if (received < expected) {
    return absl::UnavailableError(absl::StrCat("the learner sent ", received,
                                               " of ", expected, " chunks"));
  }
  return absl::OkStatus();
}

}  // namespace mdrl
