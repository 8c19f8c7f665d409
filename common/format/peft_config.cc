// adapter_config.json, both ways; peft.h has the contract.
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/format/peft.h"

namespace mdrl {
namespace {

// Keeps the order of keys: PEFT takes the first pattern that matches.
using json = nlohmann::ordered_json;

constexpr int64_t kMaxRank = 1 << 20;

std::string Spell(const json& value) {
  std::string text = value.dump(-1, ' ', true, json::error_handler_t::replace);
  if (text.size() > 60) text = text.substr(0, 57) + "...";
  return text;
}

absl::Status Wrong(const std::string& key, const json& value,
                   const std::string& rule) {
  return absl::InvalidArgumentError(
      absl::StrCat(key, " is ", Spell(value), "; it must ", rule));
}

const json* Get(const json& object, const char* key) {
  const auto found = object.find(key);
  return found == object.end() || found->is_null() ? nullptr : &*found;
}

absl::StatusOr<int64_t> Rank(const std::string& key, const json& value) {
  if (!value.is_number_unsigned() || value.get<uint64_t>() < 1 ||
      value.get<uint64_t>() > static_cast<uint64_t>(kMaxRank)) {
    return Wrong(key, value,
                 absl::StrCat("be an integer from 1 to ", kMaxRank));
  }
  return static_cast<int64_t>(value.get<uint64_t>());
}

absl::StatusOr<double> Number(const std::string& key, const json& value) {
  if (!value.is_number()) return Wrong(key, value, "be a number");
  return value.get<double>();
}

// Settings of other kinds of adapter: absent, null, false or empty is fine.
absl::Status CheckSupported(const json& object) {
  for (const char* key :
       {"use_dora", "fan_in_fan_out", "lora_bias", "modules_to_save",
        "layer_replication", "trainable_token_indices", "exclude_modules",
        "layers_to_transform", "layers_pattern", "target_parameters",
        "use_qalora", "alora_invocation_tokens", "arrow_config"}) {
    const json* value = Get(object, key);
    if (value == nullptr || *value == false ||
        (value->is_structured() && value->empty())) {
      continue;
    }
    return Wrong(key, *value, "be absent: it is not supported");
  }
  const json* type = Get(object, "peft_type");
  if (type == nullptr || *type != "LORA") {
    return Wrong("peft_type", type == nullptr ? json() : *type, "be \"LORA\"");
  }
  const json* bias = Get(object, "bias");
  if (bias != nullptr && *bias != "none") {
    return Wrong("bias", *bias, "be \"none\": nothing else is supported");
  }
  return absl::OkStatus();
}

absl::Status ReadTargets(const json& object, LoraSettings* out) {
  const json* targets = Get(object, "target_modules");
  if (targets == nullptr) {
    return absl::InvalidArgumentError(
        "target_modules is missing; it must name the adapted linear maps");
  }
  if (targets->is_string()) {
    out->targets = {targets->get<std::string>()};
    out->targets_are_regex = true;
    return absl::OkStatus();
  }
  if (!targets->is_array() || targets->empty()) {
    return Wrong("target_modules", *targets,
                 "be a list of names or one regular expression");
  }
  for (const json& name : *targets) {
    if (!name.is_string()) {
      return Wrong("target_modules", *targets, "hold names alone");
    }
    out->targets.push_back(name.get<std::string>());
  }
  return absl::OkStatus();
}

absl::Status ReadPatterns(const json& object, LoraSettings* out) {
  for (const char* key : {"rank_pattern", "alpha_pattern"}) {
    const json* pattern = Get(object, key);
    if (pattern == nullptr) continue;
    if (!pattern->is_object()) {
      return Wrong(key, *pattern, "be an object from name to number");
    }
    for (const auto& [name, value] : pattern->items()) {
      const std::string where = absl::StrCat(key, "[\"", name, "\"]");
      if (std::string(key) == "rank_pattern") {
        MDRL_ASSIGN_OR_RETURN(const int64_t rank, Rank(where, value));
        out->rank_pattern.emplace_back(name, rank);
      } else {
        MDRL_ASSIGN_OR_RETURN(const double alpha, Number(where, value));
        out->alpha_pattern.emplace_back(name, alpha);
      }
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<LoraSettings> FromObject(const json& object) {
  MDRL_RETURN_IF_ERROR(CheckSupported(object));
  LoraSettings out;
  // PEFT's own defaults, for files that lack the keys.
  const json* rank = Get(object, "r");
  MDRL_ASSIGN_OR_RETURN(out.rank, Rank("r", rank == nullptr ? json(8) : *rank));
  const json* alpha = Get(object, "lora_alpha");
  MDRL_ASSIGN_OR_RETURN(
      out.alpha, Number("lora_alpha", alpha == nullptr ? json(8) : *alpha));
  if (const json* dropout = Get(object, "lora_dropout")) {
    MDRL_ASSIGN_OR_RETURN(out.dropout, Number("lora_dropout", *dropout));
    if (!(out.dropout >= 0 && out.dropout < 1)) {
      return Wrong("lora_dropout", *dropout, "be at least 0 and below 1");
    }
  }
  if (const json* rslora = Get(object, "use_rslora")) {
    if (!rslora->is_boolean()) {
      return Wrong("use_rslora", *rslora, "be true or false");
    }
    out.rslora = rslora->get<bool>();
  }
  const json* base = Get(object, "base_model_name_or_path");
  if (base != nullptr && base->is_string()) {
    out.base_model = base->get<std::string>();
  }
  MDRL_RETURN_IF_ERROR(ReadTargets(object, &out));
  MDRL_RETURN_IF_ERROR(ReadPatterns(object, &out));
  return out;
}

template <typename T>
json PatternJson(const std::vector<std::pair<std::string, T>>& pattern) {
  json out = json::object();
  for (const auto& [name, value] : pattern) out[name] = value;
  return out;
}

// A whole number is written as one: older readers expect an int.
json NumberJson(double value) {
  const auto whole = static_cast<int64_t>(value);
  return static_cast<double>(whole) == value ? json(whole) : json(value);
}

}  // namespace

absl::StatusOr<LoraSettings> ParseLoraSettings(std::string_view text,
                                               std::string_view where) {
  const json object = json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!object.is_object()) {
    return absl::InvalidArgumentError(
        absl::StrCat(std::string(where), ": not a JSON object"));
  }
  absl::StatusOr<LoraSettings> out = FromObject(object);
  if (!out.ok()) return WithContext(out.status(), where);
  out->source_text = std::string(text);
  return out;
}

std::string LoraConfigJson(const LoraSettings& settings) {
  json out = json::parse(settings.source_text, nullptr, false);
  if (!out.is_object()) {
    out = {{"bias", "none"},         {"fan_in_fan_out", false},
           {"inference_mode", true}, {"init_lora_weights", true},
           {"peft_type", "LORA"},    {"task_type", "CAUSAL_LM"},
           {"use_dora", false}};
    out["modules_to_save"] = nullptr;
  }
  out["base_model_name_or_path"] =
      settings.base_model.empty() ? json() : json(settings.base_model);
  out["r"] = settings.rank;
  out["lora_alpha"] = NumberJson(settings.alpha);
  out["lora_dropout"] = settings.dropout;
  out["use_rslora"] = settings.rslora;
  out["target_modules"] = settings.targets_are_regex
                              ? json(settings.targets.at(0))
                              : json(settings.targets);
  out["rank_pattern"] = PatternJson(settings.rank_pattern);
  json alphas = json::object();
  for (const auto& [name, value] : settings.alpha_pattern) {
    alphas[name] = NumberJson(value);
  }
  out["alpha_pattern"] = std::move(alphas);
  return out.dump(2, ' ', false, json::error_handler_t::replace) + "\n";
}

}  // namespace mdrl
