#include "common/config/diff_config.h"

#include <google/protobuf/descriptor.h>

#include <map>
#include <set>

#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "common/config/key_spec.h"
#include "common/config/print_config.h"

namespace mdrl {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;

config::v1::Mark MarkOf(const std::string& key) {
  const std::vector<std::string> words =
      absl::StrSplit(absl::StrReplaceAll(key, {{"[", "."}, {"]", ""}}), '.');
  const Descriptor* section = config::v1::Run::descriptor();
  config::v1::Mark mark = config::v1::MARK_UNSPECIFIED;
  for (size_t i = 0; i < words.size() && section != nullptr; ++i) {
    const FieldDescriptor* field = section->FindFieldByName(words[i]);
    if (field == nullptr) break;
    if (KeySpec(*field).mark() != config::v1::MARK_UNSPECIFIED) {
      mark = KeySpec(*field).mark();
    }
    // A name, or a number: the schema goes on behind it.
    if (field->is_repeated()) ++i;
    section = field->is_map()
                  ? field->message_type()->map_value()->message_type()
                  : field->message_type();
  }
  return mark;
}

std::vector<ConfigChange> DiffConfig(const config::v1::Run& from,
                                     const config::v1::Run& to) {
  const std::vector<ConfigValue> before = FlatConfig(from);
  const std::vector<ConfigValue> after = FlatConfig(to);
  std::map<std::string, std::string> other;
  for (const ConfigValue& value : after) other[value.key] = value.text;
  std::vector<ConfigChange> changes;
  std::set<std::string> seen;
  for (const ConfigValue& value : before) {
    seen.insert(value.key);
    const auto found = other.find(value.key);
    const std::string text = found == other.end() ? "" : found->second;
    if (text == value.text) continue;
    changes.push_back({value.key, value.text, text, MarkOf(value.key)});
  }
  for (const ConfigValue& value : after) {
    if (seen.contains(value.key)) continue;
    changes.push_back({value.key, "", value.text, MarkOf(value.key)});
  }
  return changes;
}

}  // namespace mdrl
