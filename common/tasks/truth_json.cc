#include "common/tasks/truth_json.h"

#include "absl/strings/str_cat.h"

namespace mdrl {

absl::StatusOr<nlohmann::json> ParseTruthObject(std::string_view truth) {
  nlohmann::json object =
      nlohmann::json::parse(truth, nullptr, /*allow_exceptions=*/false);
  if (!object.is_object()) {
    return absl::InvalidArgumentError("truth is not a JSON object");
  }
  return object;
}

absl::StatusOr<std::string> TruthString(const nlohmann::json& object,
                                        const char* key) {
  const auto found = object.find(key);
  if (found == object.end() || !found->is_string()) {
    return absl::InvalidArgumentError(
        absl::StrCat("truth must hold the string \"", key, "\""));
  }
  return found->get<std::string>();
}

}  // namespace mdrl
