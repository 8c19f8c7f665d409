#include "common/net/grpc_status.h"

#include <string>

#include "google/protobuf/any.pb.h"
#include "mdrl/v1/status_details.pb.h"
#include "mdrl/v1/types.pb.h"

namespace mdrl {
namespace {

// gRPC caps a call's metadata at 8 KiB; beyond it the whole status is lost.
constexpr size_t kMaxMessageBytes = 1024;
constexpr size_t kMaxDetailsBytes = 4096;
constexpr int64_t kMaxRetrySeconds = 24 * 3600;

v1::ErrorDetail ToProto(const ErrorDetail& detail) {
  v1::ErrorDetail out;
  out.set_reason(detail.reason);
  out.set_field(detail.field);
  if (detail.retry_after) {
    absl::Duration rest = *detail.retry_after;
    const absl::Duration second = absl::Seconds(1);
    out.mutable_retry_after()->set_seconds(
        absl::IDivDuration(rest, second, &rest));
    out.mutable_retry_after()->set_nanos(
        static_cast<int32_t>(absl::ToInt64Nanoseconds(rest)));
  }
  out.mutable_facts()->insert(detail.facts.begin(), detail.facts.end());
  return out;
}

ErrorDetail FromProto(const v1::ErrorDetail& detail) {
  ErrorDetail out;
  out.reason = detail.reason();
  out.field = detail.field();
  if (detail.has_retry_after()) {
    const auto& wait = detail.retry_after();
    // A peer's wish, not a command: a wait of years or into the past is not
    // one.
    if (wait.seconds() >= 0 && wait.seconds() <= kMaxRetrySeconds &&
        wait.nanos() >= 0 && wait.nanos() < 1'000'000'000) {
      out.retry_after =
          absl::Seconds(wait.seconds()) + absl::Nanoseconds(wait.nanos());
    }
  }
  out.facts.insert(detail.facts().begin(), detail.facts().end());
  return out;
}

}  // namespace

grpc::Status ToGrpcStatus(const absl::Status& status) {
  if (status.ok()) return grpc::Status::OK;
  // The two enumerations have the same numbers by definition.
  const auto code = static_cast<grpc::StatusCode>(status.raw_code());
  const std::string message(status.message().substr(0, kMaxMessageBytes));
  ErrorDetail detail = DetailOf(status);
  if (detail == ErrorDetail()) return grpc::Status(code, message);

  v1::StatusDetails envelope;
  envelope.set_code(status.raw_code());
  envelope.set_message(message);
  envelope.add_details()->PackFrom(ToProto(detail));
  if (envelope.ByteSizeLong() > kMaxDetailsBytes) {
    detail.facts.clear();
    envelope.mutable_details(0)->PackFrom(ToProto(detail));
  }
  return grpc::Status(code, message, envelope.SerializeAsString());
}

absl::Status FromGrpcStatus(const grpc::Status& status) {
  if (status.ok()) return absl::OkStatus();
  absl::Status out(static_cast<absl::StatusCode>(status.error_code()),
                   status.error_message());
  v1::StatusDetails envelope;
  if (status.error_details().empty() ||
      !envelope.ParseFromString(status.error_details())) {
    return out;
  }
  for (const auto& any : envelope.details()) {
    v1::ErrorDetail detail;
    if (any.UnpackTo(&detail)) return WithDetail(out, FromProto(detail));
  }
  return out;
}

}  // namespace mdrl
