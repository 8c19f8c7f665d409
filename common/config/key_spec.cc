#include "common/config/key_spec.h"

#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace mdrl {

using google::protobuf::EnumValueDescriptor;
using google::protobuf::FieldDescriptor;

const config::v1::Key& KeySpec(const FieldDescriptor& field) {
  return field.options().GetExtension(config::v1::spec);
}

bool IsDuration(const FieldDescriptor& field) {
  return field.message_type() != nullptr &&
         field.message_type()->full_name() == "google.protobuf.Duration";
}

bool IsSection(const FieldDescriptor& field) {
  return field.message_type() != nullptr && !field.is_map() &&
         !IsDuration(field);
}

std::string EnumWord(const EnumValueDescriptor& value) {
  if (value.number() == 0) return "";
  // The prefix is the type's name: LEVEL_ of Level.
  std::string prefix;
  for (const char c : value.type()->name()) {
    if (absl::ascii_isupper(c) && !prefix.empty()) prefix += '_';
    prefix += absl::ascii_toupper(c);
  }
  prefix += '_';
  std::string word = value.name();
  if (word.starts_with(prefix)) word.erase(0, prefix.size());
  return absl::AsciiStrToLower(word);
}

std::string ExpectedText(const FieldDescriptor& field) {
  if (field.is_map() || IsSection(field)) return "a section of keys";
  if (IsDuration(field)) return "a duration such as 5ms or 30s";
  if (KeySpec(field).unit() == config::v1::BYTES) {
    return "a size such as 512MiB";
  }
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_BOOL:
      return "true or false";
    case FieldDescriptor::CPPTYPE_DOUBLE:
      return "a number";
    case FieldDescriptor::CPPTYPE_STRING:
      return "a text";
    case FieldDescriptor::CPPTYPE_ENUM: {
      std::vector<std::string> words;
      for (int i = 1; i < field.enum_type()->value_count(); ++i) {
        words.push_back(EnumWord(*field.enum_type()->value(i)));
      }
      return absl::StrCat(words.size() > 1 ? "one of " : "",
                          absl::StrJoin(words, ", "));
    }
    default:
      return "a whole number";
  }
}

std::string KeyBelow(const std::string& key, const std::string& name) {
  return key.empty() ? name : absl::StrCat(key, ".", name);
}

}  // namespace mdrl
