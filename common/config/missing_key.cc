#include "common/config/missing_key.h"

#include <google/protobuf/descriptor.h>

#include "absl/strings/str_cat.h"
#include "common/config/key_spec.h"

namespace mdrl {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

std::string MissingKey(const Message& message, const std::string& key) {
  const Descriptor& type = *message.GetDescriptor();
  const Reflection& reflection = *message.GetReflection();
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor& field = *type.field(i);
    const std::string below = KeyBelow(key, field.name());
    if (KeySpec(field).required() && !reflection.HasField(message, &field)) {
      return below;
    }
    std::string missing;
    if (field.is_map()) {
      const FieldDescriptor& value = *field.message_type()->map_value();
      const FieldDescriptor& name = *field.message_type()->map_key();
      for (int j = 0; IsSection(value) && missing.empty() &&
                      j < reflection.FieldSize(message, &field);
           ++j) {
        const Message& entry =
            reflection.GetRepeatedMessage(message, &field, j);
        const Reflection& inside = *entry.GetReflection();
        missing = MissingKey(inside.GetMessage(entry, &value),
                             KeyBelow(below, inside.GetString(entry, &name)));
      }
    } else if (IsSection(field) && field.is_repeated()) {
      for (int j = 0;
           missing.empty() && j < reflection.FieldSize(message, &field); ++j) {
        missing = MissingKey(reflection.GetRepeatedMessage(message, &field, j),
                             absl::StrCat(below, "[", j, "]"));
      }
    } else if (IsSection(field) && reflection.HasField(message, &field)) {
      missing = MissingKey(reflection.GetMessage(message, &field), below);
    }
    if (!missing.empty()) return missing;
  }
  return "";
}

}  // namespace mdrl
