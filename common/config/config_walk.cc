#include "common/config/config_walk.h"

#include <google/protobuf/descriptor.h>

#include <cstdint>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"
#include "absl/strings/str_split.h"
#include "common/base/log.h"
#include "common/base/status_macros.h"
#include "common/config/key_spec.h"
#include "common/config/missing_key.h"
#include "common/config/nearest_key.h"
#include "common/config/scalar.h"
#include "common/config/value_text.h"

namespace mdrl {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;
using google::protobuf::Message;
using google::protobuf::Reflection;

std::string KindText(const YamlNode& node) {
  switch (node.kind) {
    case YamlNode::Kind::kNull:
      return "nothing";
    case YamlNode::Kind::kList:
      return "a list";
    case YamlNode::Kind::kMap:
      return "a section of keys";
    case YamlNode::Kind::kScalar:
      break;
  }
  return QuotedText(node.text);
}

bool MayBeAuto(const FieldDescriptor& field) {
  // An empty list is the `auto` of a list that has no default.
  return field.has_presence() ? field.has_optional_keyword()
                              : field.is_repeated() && !field.is_map() &&
                                    !KeySpec(field).has_by_default();
}

// The entry of a map with this key, made if absent; `made` says which.
Message* MapEntry(Message* message, const FieldDescriptor& field,
                  const std::string& key, bool* made) {
  const Reflection& reflection = *message->GetReflection();
  const FieldDescriptor* key_field = field.message_type()->map_key();
  *made = false;
  for (int i = 0; i < reflection.FieldSize(*message, &field); ++i) {
    Message* entry = reflection.MutableRepeatedMessage(message, &field, i);
    if (entry->GetReflection()->GetString(*entry, key_field) == key) {
      return entry;
    }
  }
  *made = true;
  Message* entry = reflection.AddMessage(message, &field);
  entry->GetReflection()->SetString(entry, key_field, key);
  return entry;
}

}  // namespace

ConfigWalk::ConfigWalk(Message* root, const Environment& environment)
    : root_(root), environment_(environment) {
  root_->Clear();
  PutDefaults(root_);
}

absl::Status ConfigWalk::ApplyFile(const YamlNode& tree) {
  ++layer_;
  source_.clear();
  if (tree.kind == YamlNode::Kind::kNull) return absl::OkStatus();
  return PutMessage(tree, "", root_);
}

absl::Status ConfigWalk::ApplyAt(std::string_view path, const YamlNode& value,
                                 std::string_view source) {
  ++layer_;
  source_ = std::string(source);
  // sft[0].steps is sft.0.steps.
  const std::vector<std::string> segments = absl::StrSplit(
      absl::StrReplaceAll(std::string(path), {{"[", "."}, {"]", ""}}), '.');
  return Keep(PutAt(segments, 0, value, "", root_));
}

std::map<std::string, std::string> ConfigWalk::Sources() const {
  std::map<std::string, std::string> sources;
  for (const auto& [key, origin] : origins_) sources[key] = origin.source;
  return sources;
}

std::string ConfigWalk::Where(const YamlNode& node) const {
  return source_.empty() ? absl::StrCat("line ", node.line) : source_;
}

absl::Status ConfigWalk::Fail(const YamlNode& node, std::string_view key,
                              std::string_view what) const {
  return absl::InvalidArgumentError(
      absl::StrCat(Where(node), ": ",
                   key.empty() ? "" : absl::StrCat(std::string(key), ": "),
                   std::string(what)));
}

absl::Status ConfigWalk::Keep(absl::Status status) {
  if (status.ok() || errors_ == nullptr) return status;
  errors_->push_back(std::string(status.message()));
  return absl::OkStatus();
}

void ConfigWalk::PutDefaults(Message* message) {
  const Descriptor& type = *message->GetDescriptor();
  for (int i = 0; i < type.field_count(); ++i) {
    const FieldDescriptor& field = *type.field(i);
    const config::v1::Key& spec = KeySpec(field);
    if (spec.has_by_default()) {
      const absl::StatusOr<YamlNode> node = ParseYaml(spec.by_default());
      MDRL_CHECK(node.ok()) << field.full_name() << ": " << node.status();
      const absl::Status put = PutField(*node, field.name(), field, message);
      MDRL_CHECK(put.ok()) << field.full_name() << ": " << put;
    } else if (IsSection(field) && !field.is_repeated() &&
               field.real_containing_oneof() == nullptr) {
      PutDefaults(message->GetReflection()->MutableMessage(message, &field));
    }
  }
}

void ConfigWalk::Remember(const YamlNode& node, const std::string& key,
                          const FieldDescriptor& field, Message* message) {
  if (layer_ == 0) return;
  origins_[key] = {Where(node), layer_};
  const std::string& neighbour = KeySpec(field).clears();
  if (neighbour.empty()) return;
  const std::string stem = key.substr(0, key.size() - field.name().size());
  const auto set = origins_.find(stem + neighbour);
  // Set together they stay together: whether that makes sense is for
  // check_config to say.
  if (set != origins_.end() && set->second.layer == layer_) return;
  message->GetReflection()->ClearField(
      message, message->GetDescriptor()->FindFieldByName(neighbour));
  origins_.erase(stem + neighbour);
}

absl::Status ConfigWalk::PutMessage(const YamlNode& node,
                                    const std::string& key, Message* message) {
  // A section whose keys are all commented out.
  if (node.kind == YamlNode::Kind::kNull) return absl::OkStatus();
  if (node.kind != YamlNode::Kind::kMap) {
    return Fail(node, key,
                absl::StrCat(KindText(node),
                             " stands where a section of keys "
                             "is expected"));
  }
  std::map<std::string, int> seen;
  const FieldDescriptor* chosen = nullptr;  // of a oneof
  for (const auto& [name, value] : node.entries) {
    MDRL_RETURN_IF_ERROR(
        Keep(PutEntry(name, value, key, message, &seen, &chosen)));
  }
  return absl::OkStatus();
}

absl::Status ConfigWalk::PutEntry(const YamlNode& name, const YamlNode& value,
                                  const std::string& key, Message* message,
                                  std::map<std::string, int>* seen,
                                  const FieldDescriptor** chosen) {
  const Descriptor& type = *message->GetDescriptor();
  if (name.kind != YamlNode::Kind::kScalar) {
    return Fail(
        name, key,
        absl::StrCat(KindText(name), " stands where a key is expected"));
  }
  const std::string full = KeyBelow(key, name.text);
  const FieldDescriptor* field = type.FindFieldByName(name.text);
  if (field == nullptr) {
    return Fail(name, full,
                UnknownKey(*root_->GetDescriptor(), type, key, name.text));
  }
  const auto [first, is_new] = seen->emplace(name.text, name.line);
  if (!is_new) {
    return Fail(name, full,
                absl::StrCat("stands here a second time; first in line ",
                             first->second));
  }
  if (field->real_containing_oneof() != nullptr) {
    if (*chosen != nullptr) {
      return Fail(
          name, full,
          absl::StrCat("excludes ", (*chosen)->name(), "; give one of them"));
    }
    *chosen = field;
  }
  return PutField(value, full, *field, message);
}

absl::Status ConfigWalk::PutField(const YamlNode& node, const std::string& key,
                                  const FieldDescriptor& field,
                                  Message* message) {
  const Reflection& reflection = *message->GetReflection();
  const bool is_auto = node.kind == YamlNode::Kind::kScalar && !node.quoted &&
                       node.text == "auto" && MayBeAuto(field);
  if (is_auto) {
    reflection.ClearField(message, &field);
  } else if (field.is_map()) {
    MDRL_RETURN_IF_ERROR(PutMap(node, key, field, message));
  } else if (field.is_repeated()) {
    MDRL_RETURN_IF_ERROR(PutList(node, key, field, message));
  } else if (IsSection(field)) {
    const bool fresh = !reflection.HasField(*message, &field);
    Message* section = reflection.MutableMessage(message, &field);
    if (fresh) PutDefaults(section);
    MDRL_RETURN_IF_ERROR(PutMessage(node, key, section));
  } else {
    MDRL_RETURN_IF_ERROR(PutScalar(node, key, field, message));
  }
  Remember(node, key, field, message);
  return absl::OkStatus();
}

absl::Status ConfigWalk::PutList(const YamlNode& node, const std::string& key,
                                 const FieldDescriptor& field,
                                 Message* message) {
  if (node.kind == YamlNode::Kind::kNull) {
    return Fail(node, key, "is empty; write [] for an empty list");
  }
  const Reflection& reflection = *message->GetReflection();
  reflection.ClearField(message, &field);
  const std::vector<YamlNode> one = {node};
  const std::vector<YamlNode>& items =
      node.kind == YamlNode::Kind::kList ? node.items : one;
  if (const uint32_t count = KeySpec(field).count();
      count != 0 && items.size() != count) {
    return Fail(node, key,
                absl::StrCat("has ", items.size(), " values; exactly ", count,
                             " are expected"));
  }
  for (size_t i = 0; i < items.size(); ++i) {
    const std::string item_key = absl::StrCat(key, "[", i, "]");
    if (IsSection(field)) {
      if (items[i].kind != YamlNode::Kind::kMap) {
        return Fail(items[i], item_key,
                    absl::StrCat(KindText(items[i]),
                                 " stands where a section "
                                 "of keys is expected"));
      }
      Message* element = reflection.AddMessage(message, &field);
      PutDefaults(element);
      MDRL_RETURN_IF_ERROR(PutMessage(items[i], item_key, element));
    } else {
      MDRL_RETURN_IF_ERROR(PutScalar(items[i], item_key, field, message));
    }
    if (layer_ > 0) origins_[item_key] = {Where(items[i]), layer_};
  }
  return absl::OkStatus();
}

absl::Status ConfigWalk::PutMap(const YamlNode& node, const std::string& key,
                                const FieldDescriptor& field,
                                Message* message) {
  if (node.kind != YamlNode::Kind::kMap) {
    return Fail(node, key,
                absl::StrCat(KindText(node),
                             " stands where a section of keys "
                             "is expected; write {} for none"));
  }
  message->GetReflection()->ClearField(message, &field);
  const FieldDescriptor& value_field = *field.message_type()->map_value();
  std::map<std::string, int> seen;
  for (const auto& [name, value] : node.entries) {
    if (name.kind != YamlNode::Kind::kScalar || name.text.empty()) {
      return Fail(name, key,
                  absl::StrCat(KindText(name),
                               " stands where a name is "
                               "expected"));
    }
    const std::string item_key = KeyBelow(key, name.text);
    const auto [first, is_new] = seen.emplace(name.text, name.line);
    if (!is_new) {
      return Fail(name, item_key,
                  absl::StrCat("stands here a second time; first in line ",
                               first->second));
    }
    bool made = false;
    Message* entry = MapEntry(message, field, name.text, &made);
    MDRL_RETURN_IF_ERROR(PutField(value, item_key, value_field, entry));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::string> ConfigWalk::Expand(const YamlNode& node,
                                               std::string_view key) const {
  constexpr std::string_view kOpen = "${env:";
  std::string out;
  std::string_view rest = node.text;
  for (size_t at = rest.find(kOpen); at != std::string_view::npos;
       at = rest.find(kOpen)) {
    const size_t end = rest.find('}', at);
    if (end == std::string_view::npos) {
      return Fail(node, key, "${env: without its closing brace");
    }
    const std::string name(
        rest.substr(at + kOpen.size(), end - at - kOpen.size()));
    const auto found = environment_.find(name);
    if (found == environment_.end()) {
      return Fail(node, key,
                  absl::StrCat("the environment variable ", QuotedText(name),
                               " is not set"));
    }
    // A resolved configuration is read again: its text must mean the same.
    if (found->second.find(kOpen) != std::string::npos) {
      return Fail(node, key,
                  absl::StrCat("the environment variable ", QuotedText(name),
                               " itself contains ${env:"));
    }
    absl::StrAppend(&out, std::string(rest.substr(0, at)), found->second);
    rest.remove_prefix(end + 1);
  }
  out += rest;
  return out;
}

absl::Status ConfigWalk::PutScalar(const YamlNode& node, const std::string& key,
                                   const FieldDescriptor& field,
                                   Message* message) {
  if (node.kind == YamlNode::Kind::kNull) {
    return Fail(node, key,
                absl::StrCat("is empty; expected ", ExpectedText(field),
                             field.cpp_type() == FieldDescriptor::CPPTYPE_STRING
                                 ? " (\"\" for an empty one)"
                                 : ""));
  }
  if (node.kind != YamlNode::Kind::kScalar) {
    return Fail(node, key,
                absl::StrCat(KindText(node), " stands where ",
                             ExpectedText(field), " is expected"));
  }
  MDRL_ASSIGN_OR_RETURN(const std::string text, Expand(node, key));
  // "${env:N}" needs its quotes inside braces; what comes in may be a number.
  const bool quoted = node.quoted && text == node.text;
  const absl::Status put = PutScalarText(text, quoted, field, message);
  return put.ok() ? put : Fail(node, key, std::string(put.message()));
}

absl::Status ConfigWalk::PutAt(const std::vector<std::string>& path,
                               size_t depth, const YamlNode& value,
                               const std::string& key, Message* message) {
  const Descriptor& type = *message->GetDescriptor();
  const std::string full = KeyBelow(key, path[depth]);
  const FieldDescriptor* field = type.FindFieldByName(path[depth]);
  if (field == nullptr) {
    return Fail(value, full,
                UnknownKey(*root_->GetDescriptor(), type, key, path[depth]));
  }
  const size_t left = path.size() - depth - 1;
  if (left == 0) return PutField(value, full, *field, message);
  const Reflection& reflection = *message->GetReflection();
  if (field->is_map()) {
    bool made = false;
    Message* entry = MapEntry(message, *field, path[depth + 1], &made);
    const FieldDescriptor& inner = *field->message_type()->map_value();
    const std::string inner_key = KeyBelow(full, path[depth + 1]);
    if (left == 1) return PutField(value, inner_key, inner, entry);
    if (IsSection(inner)) {
      Message* section = entry->GetReflection()->MutableMessage(entry, &inner);
      if (made) PutDefaults(section);
      return PutAt(path, depth + 2, value, inner_key, section);
    }
  } else if (IsSection(*field) && field->is_repeated()) {
    const auto index = ParseUnsigned(path[depth + 1]);
    const int size = reflection.FieldSize(*message, field);
    if (!index || *index >= static_cast<uint64_t>(size)) {
      return Fail(value, full,
                  absl::StrCat("has ", size, " elements; there is no element ",
                               QuotedText(path[depth + 1])));
    }
    if (left > 1) {
      return PutAt(path, depth + 2, value, absl::StrCat(full, "[", *index, "]"),
                   reflection.MutableRepeatedMessage(message, field,
                                                     static_cast<int>(*index)));
    }
  } else if (IsSection(*field)) {
    const bool fresh = !reflection.HasField(*message, field);
    Message* section = reflection.MutableMessage(message, field);
    if (fresh) PutDefaults(section);
    return PutAt(path, depth + 1, value, full, section);
  }
  return Fail(value, full,
              absl::StrCat("has no keys below it; set it as a whole to ",
                           ExpectedText(*field)));
}

absl::Status ConfigWalk::CheckRequired() {
  for (const std::string& key : MissingKeys(*root_, "")) {
    MDRL_RETURN_IF_ERROR(Keep(Missing(key)));
  }
  return absl::OkStatus();
}

absl::Status ConfigWalk::Missing(const std::string& key) const {
  // The nearest enclosing key that somebody wrote tells the line.
  std::string around = key;
  std::string where;
  while (!around.empty() && where.empty()) {
    const size_t cut = around.find_last_of(".[");
    around = cut == std::string::npos ? "" : around.substr(0, cut);
    const auto found = origins_.find(around);
    if (found != origins_.end()) where = found->second.source + ": ";
  }
  return absl::InvalidArgumentError(
      absl::StrCat(where, key, ": is missing; it has no default"));
}

}  // namespace mdrl
