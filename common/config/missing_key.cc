#include "common/config/missing_key.h"

#include <google/protobuf/descriptor.h>

#include "absl/strings/str_cat.h"
#include "common/config/key_spec.h"

namespace mdrl {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

void Collect(const Message& message, const std::string& key,
             std::vector<std::string>* missing) {
  const Descriptor& type = *message.GetDescriptor();
  const Reflection& reflection = *message.GetReflection();
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor& field = *type.field(i);
    const std::string below = KeyBelow(key, field.name());
    if (KeySpec(field).required() && !reflection.HasField(message, &field)) {
      missing->push_back(below);
      continue;
    }
    if (field.is_map()) {
      const FieldDescriptor& value = *field.message_type()->map_value();
      const FieldDescriptor& name = *field.message_type()->map_key();
      for (int j = 0;
           IsSection(value) && j < reflection.FieldSize(message, &field); ++j) {
        const Message& entry =
            reflection.GetRepeatedMessage(message, &field, j);
        const Reflection& inside = *entry.GetReflection();
        Collect(inside.GetMessage(entry, &value),
                KeyBelow(below, inside.GetString(entry, &name)), missing);
      }
    } else if (IsSection(field) && field.is_repeated()) {
      for (int j = 0; j < reflection.FieldSize(message, &field); ++j) {
        Collect(reflection.GetRepeatedMessage(message, &field, j),
                absl::StrCat(below, "[", j, "]"), missing);
      }
    } else if (IsSection(field) && reflection.HasField(message, &field)) {
      Collect(reflection.GetMessage(message, &field), below, missing);
    }
  }
}

}  // namespace

std::vector<std::string> MissingKeys(const Message& message,
                                     const std::string& key) {
  std::vector<std::string> missing;
  Collect(message, key, &missing);
  return missing;
}

}  // namespace mdrl
