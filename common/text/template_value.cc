#include "common/text/template_value.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/text/utf8.h"

namespace mdrl {
namespace {

std::string JsonText(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    switch (c) {
      case '"':
        out += "\\\"";
        break;
      case '\\':
        out += "\\\\";
        break;
      case '\n':
        out += "\\n";
        break;
      case '\r':
        out += "\\r";
        break;
      case '\t':
        out += "\\t";
        break;
      case '\b':
        out += "\\b";
        break;
      case '\f':
        out += "\\f";
        break;
      default:
        if (static_cast<unsigned char>(c) < 0x20) {
          absl::StrAppendFormat(&out, "\\u%04x", static_cast<int>(c));
        } else {
          out += c;
        }
    }
  }
  return out + "\"";
}

}  // namespace

std::optional<int64_t> TemplateValue::number() const {
  if (const bool* truth = std::get_if<bool>(&value_)) return *truth ? 1 : 0;
  if (const int64_t* value = std::get_if<int64_t>(&value_)) return *value;
  return std::nullopt;
}

bool TemplateValue::Truth() const {
  if (const auto value = number()) return *value != 0;
  if (const std::string* value = text()) return !value->empty();
  if (const List* value = list()) return !value->empty();
  if (const Object* value = object()) return !value->empty();
  return false;
}

TemplateValue TemplateValue::Member(std::string_view key) const {
  if (const Object* members = object()) {
    for (const auto& [name, value] : *members) {
      if (name == key) return value;
    }
  }
  return {};
}

std::optional<int64_t> TemplateValue::Length() const {
  if (const std::string* value = text()) {
    return static_cast<int64_t>(ToCodePoints(*value).size());
  }
  if (const List* value = list()) return static_cast<int64_t>(value->size());
  if (const Object* value = object()) {
    return static_cast<int64_t>(value->size());
  }
  return std::nullopt;
}

std::optional<std::string> TemplateValue::ToText() const {
  if (!defined()) return "";
  if (none()) return "None";
  if (const bool* value = std::get_if<bool>(&value_)) {
    return *value ? "True" : "False";
  }
  if (const auto value = number()) return absl::StrCat(*value);
  if (const std::string* value = text()) return *value;
  return std::nullopt;
}

std::optional<std::string> TemplateValue::ToJson() const {
  if (!defined()) return std::nullopt;
  if (none()) return "null";
  if (const bool* value = std::get_if<bool>(&value_)) {
    return *value ? "true" : "false";
  }
  if (const auto value = number()) return absl::StrCat(*value);
  if (const std::string* value = text()) return JsonText(*value);
  std::string out;
  if (const List* elements = list()) {
    for (const TemplateValue& element : *elements) {
      const std::optional<std::string> json = element.ToJson();
      if (!json) return std::nullopt;
      absl::StrAppend(&out, out.empty() ? "" : ", ", *json);
    }
    return "[" + out + "]";
  }
  for (const auto& [name, value] : *object()) {
    const std::optional<std::string> json = value.ToJson();
    if (!json) return std::nullopt;
    absl::StrAppend(&out, out.empty() ? "" : ", ", JsonText(name), ": ", *json);
  }
  return "{" + out + "}";
}

const char* TemplateValue::TypeName() const {
  if (!defined()) return "an undefined value";
  if (none()) return "None";
  if (std::holds_alternative<bool>(value_)) return "a truth value";
  if (number()) return "a number";
  if (text() != nullptr) return "a text";
  return list() != nullptr ? "a list" : "an object";
}

bool operator==(const TemplateValue& a, const TemplateValue& b) {
  if (a.number() && b.number()) return *a.number() == *b.number();
  if (a.text() != nullptr && b.text() != nullptr) return *a.text() == *b.text();
  if (a.list() != nullptr && b.list() != nullptr) return *a.list() == *b.list();
  if (a.object() != nullptr && b.object() != nullptr) {
    return *a.object() == *b.object();
  }
  return (a.none() && b.none()) || (!a.defined() && !b.defined());
}

}  // namespace mdrl
