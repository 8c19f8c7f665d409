#include "common/text/chat_template.h"

#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/format/file.h"

namespace mdrl {
namespace {

absl::Status Refuse(const std::filesystem::path& file) {
  return absl::UnimplementedError(absl::StrCat(
      file.string(),
      ": chat templates are not supported yet; use a model without one"));
}

}  // namespace

absl::StatusOr<ChatTemplate> ChatTemplate::Read(
    const std::filesystem::path& folder) {
  std::error_code error;
  for (const char* name : {"chat_template.jinja", "chat_template.json"}) {
    if (std::filesystem::exists(folder / name, error)) {
      return Refuse(folder / name);
    }
  }
  const std::filesystem::path config = folder / "tokenizer_config.json";
  if (!std::filesystem::exists(config, error)) return ChatTemplate();
  MDRL_ASSIGN_OR_RETURN(const std::string text, ReadFile(config));
  const auto parsed = nlohmann::json::parse(text, nullptr, false);
  if (!parsed.is_object()) {
    return absl::InvalidArgumentError(
        absl::StrCat(config.string(), ": not a JSON object"));
  }
  const auto found = parsed.find("chat_template");
  if (found != parsed.end() && !found->is_null()) return Refuse(config);
  return ChatTemplate();
}

std::string ChatTemplate::Render(std::span<const Turn> turns,
                                 std::string_view prefill) const {
  std::string out;
  for (const Turn& turn : turns) out += turn.text;
  out += prefill;
  return out;
}

}  // namespace mdrl
