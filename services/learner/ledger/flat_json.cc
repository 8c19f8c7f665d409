#include "services/learner/ledger/flat_json.h"

#include "absl/strings/str_cat.h"
#include "nlohmann/json.hpp"

namespace mdrl {
namespace {

void Flatten(const std::string& name, const nlohmann::json& value,
             nlohmann::json& flat) {
  if (value.is_structured()) {
    for (const auto& [key, inner] : value.items()) {
      Flatten(name.empty() ? key : absl::StrCat(name, ".", key), inner, flat);
    }
  } else if (!value.is_null()) {
    flat[name] = value;
  }
}

}  // namespace

nlohmann::json FlatJson(const std::string& text) {
  nlohmann::json flat = nlohmann::json::object();
  const auto all = nlohmann::json::parse(text, nullptr, false);
  if (all.is_object()) Flatten("", all, flat);
  return flat;
}

}  // namespace mdrl
