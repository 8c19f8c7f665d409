#include "common/format/lora_targets.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/regex.h"
#include "common/base/status_macros.h"

namespace mdrl {
namespace {

constexpr std::array<const char*, 7> kInBlock = {
    "q_proj", "k_proj", "v_proj", "attn_out", "ff_proj", "up_proj", "ff_out"};
constexpr std::array<const char*, 4> kPublished = {"q_proj", "k_proj", "v_proj",
                                                   "up_proj"};

bool Means(const std::string& target, const LinearMap& linear) {
  return linear.module == target || absl::EndsWith(linear.module, "." + target);
}

bool IsName(const std::string& target) {
  return !target.empty() &&
         std::all_of(target.begin(), target.end(), [](unsigned char c) {
           return absl::ascii_isalnum(c) || c == '_' || c == '-' || c == '.';
         });
}

absl::Status NothingMatched(const std::string& what) {
  return absl::InvalidArgumentError(
      absl::StrCat(what, "; the linear maps of a block are ",
                   absl::StrJoin(kInBlock, ", ")));
}

}  // namespace

std::vector<LinearMap> LladaLinears(const LladaConfig& config) {
  const int64_t d = config.d_model;
  const int64_t kv = config.n_kv_heads * config.head_dim();
  const int64_t mlp = config.mlp_hidden;
  std::vector<LinearMap> out;
  const auto add = [&out](const std::string& where, const char* name,
                          int64_t layer, int64_t in, int64_t rows) {
    out.push_back({absl::StrCat(where, ".", name), name, layer, in, rows});
  };
  for (int64_t layer = 0; layer < config.n_layers; ++layer) {
    const std::string block = absl::StrCat("model.transformer.blocks.", layer);
    add(block, "q_proj", layer, d, d);
    add(block, "k_proj", layer, d, kv);
    add(block, "v_proj", layer, d, kv);
    add(block, "attn_out", layer, d, d);
    add(block, "ff_proj", layer, d, mlp);
    add(block, "up_proj", layer, d, mlp);
    add(block, "ff_out", layer, mlp, d);
  }
  if (!config.weight_tying) {
    add("model.transformer", "ff_out", kHeadLayer, d, config.vocab);
  }
  return out;
}

absl::StatusOr<std::vector<LinearMap>> ResolveTargetNames(
    const LladaConfig& config, std::span<const std::string> names,
    const TargetRules& rules) {
  std::vector<LinearMap> out;
  std::vector<bool> matched(names.size(), false);
  for (const LinearMap& linear : LladaLinears(config)) {
    bool adapted = false;
    for (size_t i = 0; i < names.size(); ++i) {
      // The head's full name is no accident.
      if (linear.layer == kHeadLayer && !rules.head_by_suffix &&
          linear.module != names[i]) {
        continue;
      }
      if (!Means(names[i], linear)) continue;
      matched[i] = adapted = true;
    }
    if (adapted) out.push_back(linear);
  }
  std::vector<std::string> unmatched;
  for (size_t i = 0; i < names.size(); ++i) {
    if (!matched[i]) unmatched.push_back(absl::StrCat("\"", names[i], "\""));
  }
  if (out.empty() || (!unmatched.empty() && !rules.ignore_unmatched)) {
    return NothingMatched(absl::StrCat(
        "adapter targets that match no linear map: ",
        unmatched.empty() ? "none was given" : absl::StrJoin(unmatched, ", ")));
  }
  return out;
}

absl::StatusOr<std::vector<LinearMap>> ResolveTargetRegex(
    const LladaConfig& config, const std::string& regex) {
  MDRL_ASSIGN_OR_RETURN(const Regex compiled, Regex::Compile(regex));
  std::vector<LinearMap> out;
  for (const LinearMap& linear : LladaLinears(config)) {
    MDRL_ASSIGN_OR_RETURN(const bool matches,
                          compiled.FullMatch(linear.module));
    if (matches) out.push_back(linear);
  }
  if (out.empty()) {
    return NothingMatched(absl::StrCat("the adapter target ", regex,
                                       " matches no module's whole name, such "
                                       "as model.transformer.blocks.0.q_proj"));
  }
  return out;
}

absl::StatusOr<std::vector<LinearMap>> ResolveTargets(
    const LladaConfig& config, std::span<const std::string> targets,
    const TargetRules& rules) {
  std::vector<std::string> names(targets.begin(), targets.end());
  if (targets.size() == 1) {
    const std::string& target = targets[0];
    if (target == "block" || target == "all-linear") {
      names.assign(kInBlock.begin(), kInBlock.end());
      return ResolveTargetNames(config, names, {});
    }
    if (target == "published") {
      names.assign(kPublished.begin(), kPublished.end());
    } else if (!IsName(target)) {
      return ResolveTargetRegex(config, target);
    }
  }
  return ResolveTargetNames(config, names, rules);
}

}  // namespace mdrl
