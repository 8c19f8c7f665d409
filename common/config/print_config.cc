#include "common/config/print_config.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/duration.pb.h>
#include <google/protobuf/message.h>

#include <cstdint>
#include <map>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/time/time.h"
#include "common/config/key_spec.h"
#include "common/config/value_text.h"

namespace mdrl {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

// Plain where that cannot be misread, in double quotes otherwise.
std::string StringText(const std::string& value) {
  bool plain = !value.empty() && absl::ascii_isalpha(value[0]) &&
               value != "auto" && value != "null" && value != "Null" &&
               value != "NULL";
  for (const char c : value) {
    plain = plain && (absl::ascii_isalnum(c) || c == '_' || c == '-' ||
                      c == '.' || c == '/');
  }
  if (plain) return value;
  std::string out = "\"";
  for (const char c : value) {
    if (c == '"' || c == '\\') {
      absl::StrAppend(&out, "\\", std::string(1, c));
    } else if (c == '\n') {
      out += "\\n";
    } else if (c == '\t') {
      out += "\\t";
    } else if (c == '\r') {
      out += "\\r";
    } else {
      out += c;
    }
  }
  return out + "\"";
}

// Element `i` of a repeated field, or the value of a singular one (i < 0).
std::string ScalarText(const Message& message, const FieldDescriptor& field,
                       int i) {
  const Reflection& r = *message.GetReflection();
  const bool one = i < 0;
  if (IsDuration(field)) {
    const auto& duration =
        *google::protobuf::DynamicCastToGenerated<google::protobuf::Duration>(
            &(one ? r.GetMessage(message, &field)
                  : r.GetRepeatedMessage(message, &field, i)));
    return DurationText(absl::Seconds(duration.seconds()) +
                        absl::Nanoseconds(duration.nanos()));
  }
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_BOOL:
      return r.GetBool(message, &field) ? "true" : "false";
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return NumberText(one ? r.GetDouble(message, &field)
                            : r.GetRepeatedDouble(message, &field, i));
    case FieldDescriptor::CPPTYPE_ENUM:
      return EnumWord(*(one ? r.GetEnum(message, &field)
                            : r.GetRepeatedEnum(message, &field, i)));
    case FieldDescriptor::CPPTYPE_STRING:
      return StringText(one ? r.GetString(message, &field)
                            : r.GetRepeatedString(message, &field, i));
    default:
      break;
  }
  uint64_t value = 0;
  if (field.cpp_type() == FieldDescriptor::CPPTYPE_UINT32) {
    value = one ? r.GetUInt32(message, &field)
                : r.GetRepeatedUInt32(message, &field, i);
  } else {
    value = one ? r.GetUInt64(message, &field)
                : r.GetRepeatedUInt64(message, &field, i);
  }
  return KeySpec(field).unit() == config::v1::BYTES ? BytesText(value)
                                                    : absl::StrCat(value);
}

std::string ListText(const Message& message, const FieldDescriptor& field) {
  std::vector<std::string> items;
  const int size = message.GetReflection()->FieldSize(message, &field);
  for (int i = 0; i < size; ++i) {
    items.push_back(ScalarText(message, field, i));
  }
  return absl::StrCat("[", absl::StrJoin(items, ", "), "]");
}

// By name: the map itself has no order that lasts.
std::map<std::string, const Message*> EntriesOf(const Message& message,
                                                const FieldDescriptor& field) {
  const Reflection& r = *message.GetReflection();
  const FieldDescriptor& key = *field.message_type()->map_key();
  std::map<std::string, const Message*> entries;
  for (int i = 0; i < r.FieldSize(message, &field); ++i) {
    const Message& entry = r.GetRepeatedMessage(message, &field, i);
    entries[entry.GetReflection()->GetString(entry, &key)] = &entry;
  }
  return entries;
}

void PrintSection(const Message& message, int indent, std::string* out);

// Elements of a list of sections: the first key stands behind the dash.
void PrintSections(const Message& message, const FieldDescriptor& field,
                   int indent, std::string* out) {
  const Reflection& r = *message.GetReflection();
  for (int i = 0; i < r.FieldSize(message, &field); ++i) {
    std::string text;
    PrintSection(r.GetRepeatedMessage(message, &field, i), indent + 2, &text);
    text[indent] = '-';
    *out += text;
  }
}

void PrintMap(const Message& message, const FieldDescriptor& field, int indent,
              std::string* out) {
  const FieldDescriptor& value = *field.message_type()->map_value();
  for (const auto& [name, entry] : EntriesOf(message, field)) {
    absl::StrAppend(out, std::string(indent, ' '), StringText(name), ":");
    if (IsSection(value)) {
      *out += "\n";
      PrintSection(entry->GetReflection()->GetMessage(*entry, &value),
                   indent + 2, out);
    } else {
      absl::StrAppend(out, " ", ScalarText(*entry, value, -1), "\n");
    }
  }
}

void PrintSection(const Message& message, int indent, std::string* out) {
  const Reflection& r = *message.GetReflection();
  for (int f = 0; f < message.GetDescriptor()->field_count(); ++f) {
    const FieldDescriptor& field = *message.GetDescriptor()->field(f);
    const bool unset = field.has_presence() && !r.HasField(message, &field);
    // The other half of an either-or is not there, not `auto`.
    if (unset && field.real_containing_oneof() != nullptr) continue;
    absl::StrAppend(out, std::string(indent, ' '), field.name(), ":");
    const int size = field.is_repeated() ? r.FieldSize(message, &field) : 0;
    if (field.is_repeated() && size == 0) {
      *out += field.is_map() ? " {}\n" : " []\n";
    } else if (field.is_map()) {
      *out += "\n";
      PrintMap(message, field, indent + 2, out);
    } else if (field.is_repeated() && IsSection(field)) {
      *out += "\n";
      PrintSections(message, field, indent + 2, out);
    } else if (field.is_repeated()) {
      absl::StrAppend(out, " ", ListText(message, field), "\n");
    } else if (IsSection(field)) {
      *out += "\n";
      PrintSection(r.GetMessage(message, &field), indent + 2, out);
    } else if (unset && field.has_optional_keyword()) {
      *out += " auto\n";
    } else {
      absl::StrAppend(out, " ", ScalarText(message, field, -1), "\n");
    }
  }
}

void Flatten(const Message& message, const std::string& key,
             std::vector<ConfigValue>* out);

// The values of one map or list of sections, by name or number.
void FlattenMany(const Message& message, const FieldDescriptor& field,
                 const std::string& key, std::vector<ConfigValue>* out) {
  const Reflection& r = *message.GetReflection();
  if (field.is_map()) {
    const FieldDescriptor& value = *field.message_type()->map_value();
    for (const auto& [name, entry] : EntriesOf(message, field)) {
      const std::string below = KeyBelow(key, name);
      if (IsSection(value)) {
        Flatten(entry->GetReflection()->GetMessage(*entry, &value), below, out);
      } else {
        out->push_back({below, ScalarText(*entry, value, -1)});
      }
    }
    return;
  }
  for (int i = 0; i < r.FieldSize(message, &field); ++i) {
    Flatten(r.GetRepeatedMessage(message, &field, i),
            absl::StrCat(key, "[", i, "]"), out);
  }
}

void Flatten(const Message& message, const std::string& key,
             std::vector<ConfigValue>* out) {
  const Reflection& r = *message.GetReflection();
  for (int f = 0; f < message.GetDescriptor()->field_count(); ++f) {
    const FieldDescriptor& field = *message.GetDescriptor()->field(f);
    const std::string below = KeyBelow(key, field.name());
    const bool unset = field.has_presence() && !r.HasField(message, &field);
    if (unset && field.real_containing_oneof() != nullptr) continue;
    if (field.is_repeated() && r.FieldSize(message, &field) == 0) {
      out->push_back({below, field.is_map() ? "{}" : "[]"});
    } else if (field.is_map() || (field.is_repeated() && IsSection(field))) {
      FlattenMany(message, field, below, out);
    } else if (field.is_repeated()) {
      out->push_back({below, ListText(message, field)});
    } else if (IsSection(field)) {
      Flatten(r.GetMessage(message, &field), below, out);
    } else {
      out->push_back({below, unset && field.has_optional_keyword()
                                 ? "auto"
                                 : ScalarText(message, field, -1)});
    }
  }
}

}  // namespace

std::vector<ConfigValue> FlatConfig(const config::v1::Run& run) {
  std::vector<ConfigValue> out;
  Flatten(run, "", &out);
  return out;
}

std::string PrintConfig(const config::v1::Run& run) {
  std::string out;
  PrintSection(run, 0, &out);
  return out;
}

}  // namespace mdrl
