#include "common/wire/fields.h"

#include <cmath>

#include "common/base/error.h"
#include "common/base/status_macros.h"

namespace mdrl {

absl::Status BadField(std::string_view field, std::string_view why) {
  return ErrorWith(absl::StatusCode::kInvalidArgument, kInvalidField, field,
                   absl::StrCat(std::string(field), ": ", std::string(why)));
}

absl::Status InField(const absl::Status& status, std::string_view outer) {
  if (status.ok()) return status;
  ErrorDetail detail = DetailOf(status);
  const std::string prefix = absl::StrCat(std::string(outer), ".");
  detail.field = prefix + detail.field;
  // The message begins with the path so far.
  return WithDetail(
      absl::Status(status.code(), absl::StrCat(prefix, status.message())),
      detail);
}

absl::Status CheckText(std::string_view text, size_t most_bytes,
                       std::string_view field) {
  if (text.size() <= most_bytes) return absl::OkStatus();
  return BadField(field, absl::StrCat("has ", text.size(), " bytes, at most ",
                                      most_bytes, " are allowed"));
}

absl::Status CheckFinite(double value, std::string_view field) {
  if (std::isfinite(value)) return absl::OkStatus();
  return BadField(field, "is not finite");
}

absl::Status CheckCount(size_t count, size_t most, std::string_view field) {
  if (count <= most) return absl::OkStatus();
  return BadField(field, absl::StrCat("has ", count, " entries, at most ", most,
                                      " are allowed"));
}

absl::StatusOr<absl::Duration> ReadDuration(
    const google::protobuf::Duration& wire, std::string_view field) {
  constexpr int64_t kMostSeconds = 315'576'000'000;  // 10,000 years
  if (wire.seconds() < 0 || wire.seconds() > kMostSeconds || wire.nanos() < 0 ||
      wire.nanos() >= 1'000'000'000) {
    return BadField(field, absl::StrCat(wire.seconds(), " s and ", wire.nanos(),
                                        " ns are no duration from zero on"));
  }
  return absl::Seconds(wire.seconds()) + absl::Nanoseconds(wire.nanos());
}

google::protobuf::Duration WriteDuration(absl::Duration duration) {
  google::protobuf::Duration wire;
  absl::Duration rest = duration;
  wire.set_seconds(absl::IDivDuration(rest, absl::Seconds(1), &rest));
  wire.set_nanos(static_cast<int32_t>(absl::ToInt64Nanoseconds(rest)));
  return wire;
}

absl::StatusOr<std::map<std::string, double>> ReadWeights(
    const google::protobuf::Map<std::string, double>& wire,
    std::string_view field) {
  MDRL_RETURN_IF_ERROR(CheckCount(wire.size(), kMaxItems, field));
  for (const auto& [name, weight] : wire) {
    if (name.empty()) return BadField(field, "a component has no name");
    MDRL_RETURN_IF_ERROR(CheckText(name, kMaxNameBytes, field));
    // Not the name in the path: it is the sender's, and of any length.
    MDRL_RETURN_IF_ERROR(CheckFinite(weight, field));
  }
  return std::map<std::string, double>(wire.begin(), wire.end());
}

}  // namespace mdrl
