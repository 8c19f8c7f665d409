// Reading single fields of a message that came from outside: sizes, ranges,
// known numbers.
//
// Every error is InvalidArgument with the reason INVALID_FIELD, the field's
// path
// ("group.completions[2].tokens_i32") in its detail and at the message's
// beginning. Pure functions.
#ifndef MDRL_COMMON_WIRE_FIELDS_H_
#define MDRL_COMMON_WIRE_FIELDS_H_

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <type_traits>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "common/base/status_macros.h"
#include "google/protobuf/duration.pb.h"
#include "google/protobuf/map.h"
#include "google/protobuf/repeated_field.h"

namespace mdrl {

inline constexpr std::string_view kInvalidField = "INVALID_FIELD";

// Caps on what one field may hold, far above any honest use.
inline constexpr size_t kMaxNameBytes = 512;  // names, words, versions
inline constexpr size_t kMaxTextBytes = 4u
                                        << 20;  // what a model reads or wrote
inline constexpr size_t kMaxCanvasTokens = 0xFFFF;  // reveal steps are u16
inline constexpr size_t kMaxPromptTokens = 1u << 20;
inline constexpr size_t kMaxGroupSize = 1024;
inline constexpr size_t kMaxScoreTexts = 64;
inline constexpr size_t kMaxItems = 4096;  // any other list

absl::Status BadField(std::string_view field, std::string_view why);

// `status` with `outer` put before the field's path: for messages in messages.
absl::Status InField(const absl::Status& status, std::string_view outer);
inline std::string At(std::string_view list, size_t index) {
  return absl::StrCat(std::string(list), "[", index, "]");
}

absl::Status CheckText(std::string_view text, size_t most_bytes,
                       std::string_view field);
absl::Status CheckFinite(double value, std::string_view field);
absl::Status CheckCount(size_t count, size_t most, std::string_view field);

template <typename Id>
absl::StatusOr<Id> ReadId(std::string_view bytes, std::string_view field) {
  const auto id = Id::FromBytes(bytes);
  if (!id.has_value()) {
    return BadField(field, absl::StrCat("has ", bytes.size(), " bytes, not ",
                                        Id{}.bytes.size()));
  }
  return *id;
}

// No bytes stand for the zero id, and the other way round.
template <typename Id>
absl::StatusOr<Id> ReadOptionalId(std::string_view bytes,
                                  std::string_view field) {
  if (bytes.empty()) return Id{};
  return ReadId<Id>(bytes, field);
}
template <typename Id>
std::string WriteOptionalId(const Id& id) {
  return id.IsZero() ? std::string() : id.ToBytes();
}

// Zero means that the sender did not set it, or set what we do not know.
enum class Zero { kRefused, kAllowed };

// `is_known`: the generated X_IsValid.
template <typename Record, typename Wire>
absl::StatusOr<Record> ReadEnum(Wire value, bool (*is_known)(int), Zero zero,
                                std::string_view field) {
  const int number = static_cast<int>(value);
  if (!is_known(number) || (number == 0 && zero == Zero::kRefused)) {
    return BadField(field, absl::StrCat(number, " is no known value"));
  }
  return static_cast<Record>(number);
}
template <typename Wire, typename Record>
Wire WriteEnum(Record value) {
  static_assert(std::is_enum_v<Wire> && std::is_enum_v<Record>);
  return static_cast<Wire>(value);
}

// Not negative; an absent message reads as zero.
absl::StatusOr<absl::Duration> ReadDuration(
    const google::protobuf::Duration& wire, std::string_view field);
google::protobuf::Duration WriteDuration(absl::Duration duration);

// Finite weights by component name.
absl::StatusOr<std::map<std::string, double>> ReadWeights(
    const google::protobuf::Map<std::string, double>& wire,
    std::string_view field);

// Reads each entry with `read`, usually FromProto; the first error names its
// index.
template <typename Record, typename Wire>
absl::StatusOr<std::vector<Record>> ReadList(
    const google::protobuf::RepeatedPtrField<Wire>& wire, size_t most,
    std::string_view field,
    std::type_identity_t<absl::StatusOr<Record> (*)(const Wire&)> read) {
  if (absl::Status status = CheckCount(wire.size(), most, field);
      !status.ok()) {
    return status;
  }
  std::vector<Record> out;
  out.reserve(wire.size());
  for (int i = 0; i < wire.size(); ++i) {
    absl::StatusOr<Record> record = read(wire[i]);
    if (!record.ok()) return InField(record.status(), At(field, i));
    out.push_back(*std::move(record));
  }
  return out;
}
template <typename Record, typename Wire>
void WriteList(const std::vector<Record>& records,
               std::type_identity_t<Wire (*)(const Record&)> write,
               google::protobuf::RepeatedPtrField<Wire>* wire) {
  for (const Record& record : records) *wire->Add() = write(record);
}

}  // namespace mdrl

// Assigns what FromProto makes of a message field, naming the field in errors.
#define MDRL_READ_FIELD(lhs, expr, field) \
  MDRL_READ_FIELD_INNER(MDRL_CONCAT(mdrl_field_, __LINE__), lhs, expr, field)
#define MDRL_READ_FIELD_INNER(var, lhs, expr, field)          \
  auto var = (expr);                                          \
  if (!var.ok()) return ::mdrl::InField(var.status(), field); \
  lhs = *std::move(var)

#endif  // MDRL_COMMON_WIRE_FIELDS_H_
