#include "common/config/scalar.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/duration.pb.h>

#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/time.h"
#include "common/base/log.h"
#include "common/config/key_spec.h"
#include "common/config/value_text.h"

namespace mdrl {
namespace {

using google::protobuf::EnumValueDescriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

std::string LimitsText(const config::v1::Key& spec,
                       std::string (*print)(double)) {
  std::vector<std::string> parts;
  if (spec.has_at_least()) {
    parts.push_back(absl::StrCat("at least ", print(spec.at_least())));
  }
  if (spec.has_above()) {
    parts.push_back(absl::StrCat("above ", print(spec.above())));
  }
  if (spec.has_at_most()) {
    parts.push_back(absl::StrCat("at most ", print(spec.at_most())));
  }
  if (spec.has_below()) {
    parts.push_back(absl::StrCat("below ", print(spec.below())));
  }
  return absl::StrJoin(parts, " and ");
}

bool WithinLimits(const config::v1::Key& spec, double value) {
  return !(spec.has_at_least() && value < spec.at_least()) &&
         !(spec.has_above() && value <= spec.above()) &&
         !(spec.has_at_most() && value > spec.at_most()) &&
         !(spec.has_below() && value >= spec.below());
}

std::string PrintWhole(double value) {
  return absl::StrCat(static_cast<int64_t>(value));
}
std::string PrintBytes(double value) {
  return BytesText(static_cast<uint64_t>(value));
}
std::string PrintSeconds(double value) {
  return DurationText(absl::Seconds(value));
}

absl::Status Wrong(const std::string& text, const FieldDescriptor& field,
                   std::string_view hint) {
  return absl::InvalidArgumentError(absl::StrCat(
      QuotedText(text), " is not ", ExpectedText(field), std::string(hint)));
}

absl::Status OutOfRange(const std::string& text, const std::string& limits) {
  return absl::InvalidArgumentError(
      absl::StrCat(text, " is out of range: must be ", limits));
}

template <typename T>
absl::Status Put(Message* message, const FieldDescriptor& field, T value,
                 void (Reflection::*set)(Message*, const FieldDescriptor*, T)
                     const,
                 void (Reflection::*add)(Message*, const FieldDescriptor*, T)
                     const) {
  const Reflection& reflection = *message->GetReflection();
  (reflection.*(field.is_repeated() ? add : set))(message, &field,
                                                  std::move(value));
  return absl::OkStatus();
}

absl::Status PutWord(const std::string& text, const FieldDescriptor& field,
                     Message* message) {
  for (int i = 1; i < field.enum_type()->value_count(); ++i) {
    const EnumValueDescriptor* value = field.enum_type()->value(i);
    if (EnumWord(*value) != text) continue;
    return Put<const EnumValueDescriptor*>(
        message, field, value, &Reflection::SetEnum, &Reflection::AddEnum);
  }
  return Wrong(text, field, "");
}

absl::Status PutDuration(const std::string& text, const FieldDescriptor& field,
                         Message* message) {
  const auto value = ParseDuration(text);
  if (!value) {
    return Wrong(text, field, ParseNumber(text) ? "; its unit is missing" : "");
  }
  const config::v1::Key& spec = KeySpec(field);
  if (!WithinLimits(spec, absl::ToDoubleSeconds(*value))) {
    return OutOfRange(text, LimitsText(spec, PrintSeconds));
  }
  auto* duration =
      google::protobuf::DynamicCastToGenerated<google::protobuf::Duration>(
          message->GetReflection()->MutableMessage(message, &field));
  const int64_t total = absl::ToInt64Nanoseconds(*value);
  duration->set_seconds(total / 1'000'000'000);
  duration->set_nanos(static_cast<int32_t>(total % 1'000'000'000));
  return absl::OkStatus();
}

absl::Status PutNumber(const std::string& text, const FieldDescriptor& field,
                       Message* message) {
  const auto value = ParseNumber(text);
  if (!value) return Wrong(text, field, "");
  const config::v1::Key& spec = KeySpec(field);
  if (!WithinLimits(spec, *value)) {
    return OutOfRange(text, LimitsText(spec, NumberText));
  }
  return Put<double>(message, field, *value, &Reflection::SetDouble,
                     &Reflection::AddDouble);
}

absl::Status PutWhole(const std::string& text, const FieldDescriptor& field,
                      Message* message) {
  const config::v1::Key& spec = KeySpec(field);
  const bool is_bytes = spec.unit() == config::v1::BYTES;
  const bool is_32 = field.cpp_type() == FieldDescriptor::CPPTYPE_UINT32;
  MDRL_CHECK(is_32 || field.cpp_type() == FieldDescriptor::CPPTYPE_UINT64)
      << field.full_name() << " has a type that the walk does not know";
  const auto value = is_bytes ? ParseBytes(text) : ParseUnsigned(text);
  if (!value) {
    if (is_bytes) {
      return Wrong(text, field,
                   ParseNumber(text) ? "; its unit is missing" : "");
    }
    const auto negative = ParseWholeNumber(text);
    if (!negative || *negative >= 0) return Wrong(text, field, "");
    const std::string limits = LimitsText(spec, PrintWhole);
    return OutOfRange(text, limits.empty() ? "at least 0" : limits);
  }
  if (!WithinLimits(spec, static_cast<double>(*value))) {
    return OutOfRange(text,
                      LimitsText(spec, is_bytes ? PrintBytes : PrintWhole));
  }
  if (!is_32) {
    return Put<uint64_t>(message, field, *value, &Reflection::SetUInt64,
                         &Reflection::AddUInt64);
  }
  constexpr uint32_t kMost = std::numeric_limits<uint32_t>::max();
  if (*value > kMost) return OutOfRange(text, absl::StrCat("at most ", kMost));
  return Put<uint32_t>(message, field, static_cast<uint32_t>(*value),
                       &Reflection::SetUInt32, &Reflection::AddUInt32);
}

}  // namespace

std::string QuotedText(const std::string& text) {
  constexpr size_t kShown = 60;
  return absl::StrCat("\"", text.substr(0, kShown),
                      text.size() > kShown ? "..." : "", "\"");
}

absl::Status PutScalarText(const std::string& text, bool quoted,
                           const FieldDescriptor& field, Message* message) {
  if (field.cpp_type() == FieldDescriptor::CPPTYPE_STRING) {
    return Put<std::string>(message, field, text, &Reflection::SetString,
                            &Reflection::AddString);
  }
  if (field.cpp_type() == FieldDescriptor::CPPTYPE_ENUM) {
    return PutWord(text, field, message);
  }
  if (quoted) return Wrong(text, field, "; quotes make it a text");
  if (IsDuration(field)) return PutDuration(text, field, message);
  if (field.cpp_type() == FieldDescriptor::CPPTYPE_DOUBLE) {
    return PutNumber(text, field, message);
  }
  if (field.cpp_type() == FieldDescriptor::CPPTYPE_BOOL) {
    if (text != "true" && text != "false") return Wrong(text, field, "");
    return Put<bool>(message, field, text == "true", &Reflection::SetBool,
                     &Reflection::AddBool);
  }
  return PutWhole(text, field, message);
}

}  // namespace mdrl
