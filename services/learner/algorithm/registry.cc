#include "services/learner/algorithm/registry.h"

#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "services/learner/algorithm/advantage.h"
#include "services/learner/algorithm/spg.h"

namespace mdrl {
namespace {

using AlgorithmOr = absl::StatusOr<std::unique_ptr<Algorithm>>;

absl::StatusOr<SpgOptions::Negative> NegativeByName(const std::string& name) {
  using Negative = SpgOptions::Negative;
  if (name == "mix") return Negative::kMix;
  if (name == "eubo") return Negative::kEubo;
  if (name == "elbo") return Negative::kElbo;
  if (name == "drop") return Negative::kDrop;
  return absl::InvalidArgumentError(
      absl::StrCat("algorithm.spg.negative \"", name,
                   "\" is unknown; there are mix, eubo, elbo, drop"));
}

AlgorithmOr MakeSpg(const AlgorithmSettings& settings) {
  SpgOptions options;
  options.beta = settings.spg.beta;
  options.omega = settings.spg.omega;
  options.negative_weight = settings.spg.negative_weight;
  options.negative_cap = settings.spg.negative_cap;
  MDRL_ASSIGN_OR_RETURN(options.negative,
                        NegativeByName(settings.spg.negative));
  MDRL_ASSIGN_OR_RETURN(options.advantage, AdvantageByName(settings.advantage));
  if (!(options.beta >= 1.0)) {
    return absl::InvalidArgumentError(
        "algorithm.spg.beta must be at least 1: below, the EUBO bounds "
        "nothing");
  }
  if (!(options.omega >= 0.0 && options.omega <= 1.0)) {
    return absl::InvalidArgumentError("algorithm.spg.omega must lie in 0..1");
  }
  if (!(options.negative_weight >= 0.0)) {
    return absl::InvalidArgumentError(
        "algorithm.spg.negative_weight must not be negative");
  }
  if (!(options.negative_cap >= 0.0 && options.negative_cap < 1.0)) {
    return absl::InvalidArgumentError(
        "algorithm.spg.negative_cap is a probability below 1, 0 for none");
  }
  MDRL_ASSIGN_OR_RETURN(std::unique_ptr<CorruptionLaw> law,
                        MakeCorruptionLaw(settings.corruption));
  return std::make_unique<Spg>(options, std::move(law));
}

struct Entry {
  std::string_view name;
  AlgorithmOr (*make)(const AlgorithmSettings&);
};

constexpr Entry kAlgorithms[] = {
    {"spg", MakeSpg},
};

}  // namespace

AlgorithmOr MakeAlgorithm(const AlgorithmSettings& settings) {
  std::string known;
  for (const Entry& entry : kAlgorithms) {
    if (entry.name == settings.name) return entry.make(settings);
    absl::StrAppend(&known, known.empty() ? "" : ", ", std::string(entry.name));
  }
  return absl::InvalidArgumentError(absl::StrCat(
      "algorithm.name \"", settings.name, "\" is unknown; there are ", known));
}

}  // namespace mdrl
