#include "client/rpc/health_check.h"

#include <grpcpp/client_context.h>
#include <grpcpp/completion_queue.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/generic/generic_stub.h>

#include <chrono>
#include <memory>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/net/channel.h"

namespace mdrl {
namespace {

// The distribution ships the server's half only, and of the messages one field
// each: HealthCheckRequest { string service = 1; }.
grpc::ByteBuffer RequestBytes(const std::string& service) {
  std::string bytes;
  if (!service.empty()) {
    bytes += '\x0A';
    bytes += static_cast<char>(service.size());
    bytes += service;
  }
  grpc::Slice slice(bytes);
  return grpc::ByteBuffer(&slice, 1);
}

// HealthCheckResponse { ServingStatus status = 1; }, SERVING = 1.
bool SaysServing(const grpc::ByteBuffer& reply) {
  std::vector<grpc::Slice> slices;
  if (!reply.Dump(&slices).ok()) return false;
  std::string bytes;
  for (const grpc::Slice& slice : slices) {
    bytes.append(reinterpret_cast<const char*>(slice.begin()), slice.size());
  }
  return bytes == std::string("\x08\x01");
}

}  // namespace

HealthAnswer CheckHealth(const std::string& target, const std::string& service,
                         absl::Duration timeout) {
  const std::string what = service.empty() ? "alive" : service;
  if (service.size() > 100) {
    return {Health::kBadArguments, "no service has so long a name"};
  }
  const auto channel = MakeChannel(target);
  if (!channel.ok()) {
    return {Health::kBadArguments, std::string(channel.status().message())};
  }
  const auto deadline =
      std::chrono::system_clock::now() + absl::ToChronoMilliseconds(timeout);
  if (!(*channel)->WaitForConnected(deadline)) {
    return {Health::kNoConnection, absl::StrCat(target, "  no connection")};
  }
  grpc::ClientContext context;
  context.set_deadline(deadline);
  grpc::CompletionQueue queue;
  grpc::GenericStub stub(*channel);
  const auto call = stub.PrepareUnaryCall(
      &context, "/grpc.health.v1.Health/Check", RequestBytes(service), &queue);
  call->StartCall();
  grpc::ByteBuffer reply;
  grpc::Status status;
  call->Finish(&reply, &status, &queue);
  void* tag = nullptr;
  bool ok = false;
  queue.Next(&tag, &ok);
  if (status.error_code() == grpc::StatusCode::NOT_FOUND) {
    return {Health::kNotServing,
            absl::StrCat(target, "  has no service ", what)};
  }
  if (!status.ok()) {
    return {Health::kCallFailed,
            absl::StrCat(target, "  ", status.error_message())};
  }
  if (!SaysServing(reply)) {
    return {Health::kNotServing, absl::StrCat(target, "  not ", what)};
  }
  return {Health::kServing, absl::StrCat(target, "  ", what)};
}

}  // namespace mdrl
