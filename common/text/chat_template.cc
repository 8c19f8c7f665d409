#include "common/text/chat_template.h"

#include <nlohmann/json.hpp>
#include <optional>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/format/file.h"
#include "common/text/template_parser.h"
#include "common/text/template_render.h"

namespace mdrl {
namespace {

using nlohmann::json;

constexpr uint64_t kMaxTemplateBytes = 1 << 20;
constexpr char kConfig[] = "tokenizer_config.json";

absl::Status Refuse(const std::filesystem::path& file, std::string_view why) {
  return absl::InvalidArgumentError(
      absl::StrCat(file.string(), ": ", std::string(why)));
}

// The object in `file`; an empty one if there is no such file.
absl::StatusOr<json> ReadObject(const std::filesystem::path& file) {
  std::error_code error;
  if (!std::filesystem::exists(file, error)) return json::object();
  MDRL_ASSIGN_OR_RETURN(const std::string text, ReadFile(file));
  json parsed = json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!parsed.is_object()) return Refuse(file, "not a JSON object");
  return parsed;
}

// A list holds several templates by name; the one called "default" is meant.
absl::StatusOr<std::string> TemplateOf(const json& object,
                                       const std::filesystem::path& file) {
  const auto found = object.find("chat_template");
  if (found == object.end() || found->is_null()) return std::string();
  if (found->is_string()) return found->get<std::string>();
  if (found->is_array()) {
    for (const json& entry : *found) {
      if (entry.is_object() && entry.contains("name") &&
          entry["name"] == "default" && entry.contains("template") &&
          entry["template"].is_string()) {
        return entry["template"].get<std::string>();
      }
    }
  }
  return Refuse(file,
                "chat_template is neither a text nor a list with a "
                "template named default");
}

// "bos_token" and the like: a text, or an object with its content.
ChatTemplate::SpecialTokens SpecialTokensOf(const json& config) {
  ChatTemplate::SpecialTokens out;
  for (const char* name : {"bos_token", "eos_token", "unk_token", "pad_token",
                           "sep_token", "cls_token", "mask_token"}) {
    const auto found = config.find(name);
    if (found == config.end()) continue;
    if (found->is_string()) {
      out.emplace_back(name, found->get<std::string>());
    } else if (found->is_object() && found->contains("content") &&
               (*found)["content"].is_string()) {
      out.emplace_back(name, (*found)["content"].get<std::string>());
    }
  }
  return out;
}

}  // namespace

absl::StatusOr<ChatTemplate> ChatTemplate::Parse(std::string_view text,
                                                 SpecialTokens special) {
  MDRL_ASSIGN_OR_RETURN(std::vector<TemplateNode> nodes, ParseTemplate(text));
  ChatTemplate out;
  out.text_ = std::string(text);
  out.special_ = std::move(special);
  out.nodes_ =
      std::make_shared<const std::vector<TemplateNode>>(std::move(nodes));
  return out;
}

absl::StatusOr<ChatTemplate> ChatTemplate::Read(
    const std::filesystem::path& folder) {
  MDRL_ASSIGN_OR_RETURN(const json config, ReadObject(folder / kConfig));
  std::filesystem::path file = folder / "chat_template.jinja";
  std::string text;
  std::error_code error;
  if (std::filesystem::exists(file, error)) {
    MDRL_ASSIGN_OR_RETURN(text, ReadFile(file, kMaxTemplateBytes));
  } else {
    file = folder / "chat_template.json";
    MDRL_ASSIGN_OR_RETURN(const json beside, ReadObject(file));
    MDRL_ASSIGN_OR_RETURN(text, TemplateOf(beside, file));
    if (text.empty()) {
      file = folder / kConfig;
      MDRL_ASSIGN_OR_RETURN(text, TemplateOf(config, file));
    }
  }
  if (text.empty()) return ChatTemplate();
  absl::StatusOr<ChatTemplate> out = Parse(text, SpecialTokensOf(config));
  if (!out.ok()) {
    return WithContext(out.status(), file.string() + ": chat template");
  }
  return out;
}

absl::StatusOr<std::string> ChatTemplate::Render(
    std::span<const Turn> turns, std::string_view prefill,
    bool add_generation_prompt) const {
  std::string out;
  if (nodes_ == nullptr) {
    for (const Turn& turn : turns) out += turn.text;
  } else {
    TemplateValue::List messages;
    for (const Turn& turn : turns) {
      messages.emplace_back(
          TemplateValue::Object{{"role", TemplateValue(turn.role)},
                                {"content", TemplateValue(turn.text)}});
    }
    TemplateValue::Object names = {
        {"messages", TemplateValue(std::move(messages))},
        {"add_generation_prompt", TemplateValue(add_generation_prompt)},
        {"tools", TemplateValue(TemplateValue::None{})},
        {"documents", TemplateValue(TemplateValue::None{})}};
    for (const auto& [name, text] : special_) {
      names.emplace_back(name, TemplateValue(text));
    }
    absl::StatusOr<std::string> text = RenderTemplate(*nodes_, names);
    if (!text.ok()) return WithContext(text.status(), "chat template");
    out = *std::move(text);
  }
  out += prefill;
  return out;
}

}  // namespace mdrl
