#include "client/command/json_text.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/util/json_util.h>

#include <nlohmann/json.hpp>

#include "absl/strings/escaping.h"

namespace mdrl {
namespace {

using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using Json = nlohmann::ordered_json;

// Replaces base64 by hexadecimal wherever `type` has bytes.
void BytesToHex(const google::protobuf::Descriptor& type, Json* json) {
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor& field = *type.field(i);
    const auto found = json->find(field.name());
    if (found == json->end() || field.is_map()) continue;
    Json one = Json::array({*found});
    Json& items = field.is_repeated() ? *found : one;
    for (Json& item : items) {
      std::string bytes;
      if (field.type() == FieldDescriptor::TYPE_BYTES && item.is_string() &&
          absl::Base64Unescape(item.get<std::string>(), &bytes)) {
        item = absl::BytesToHexString(bytes);
      } else if (field.message_type() != nullptr && item.is_object()) {
        BytesToHex(*field.message_type(), &item);
      }
    }
    if (!field.is_repeated()) *found = one[0];
  }
}

}  // namespace

std::string JsonText(const Message& message) {
  google::protobuf::util::JsonPrintOptions options;
  options.preserve_proto_field_names = true;
  options.always_print_primitive_fields = true;
  std::string text;
  const auto status =
      google::protobuf::util::MessageToJsonString(message, &text, options);
  Json json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!status.ok() || !json.is_object()) return "{}";
  BytesToHex(*message.GetDescriptor(), &json);
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace mdrl
