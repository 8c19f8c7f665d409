// What a method takes where the run configuration leaves it the choice.
#ifndef MDRL_SERVICES_LEARNER_ALGORITHM_OWN_H_
#define MDRL_SERVICES_LEARNER_ALGORITHM_OWN_H_

#include <initializer_list>
#include <memory>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "services/learner/algorithm/advantage.h"
#include "services/learner/algorithm/algorithm.h"
#include "services/learner/algorithm/settings.h"
#include "services/learner/corruption/registry.h"

namespace mdrl {

using AlgorithmOr = absl::StatusOr<std::unique_ptr<Algorithm>>;
using LawOr = absl::StatusOr<std::unique_ptr<CorruptionLaw>>;

struct OwnCorruption {
  std::initializer_list<std::string_view> kinds;  // allowed; its own first
  int samples = 1;
  double mask_prompt = 0.0;
};

// `settings` with the method's own where it says nothing. InvalidArgument: a
// kind that the method is not defined for.
absl::StatusOr<CorruptionSettings> Resolve(const AlgorithmSettings& settings,
                                           const OwnCorruption& own);
// The law of that.
LawOr LawOf(const AlgorithmSettings& settings, const OwnCorruption& own);

absl::StatusOr<AdvantageFn> AdvantageOf(const AlgorithmSettings& settings,
                                        std::string_view own);

// InvalidArgument "`key` must be ..." unless so.
absl::Status RequireNotNegative(double value, std::string_view key);
absl::Status RequireAbove0(double value, std::string_view key);

}  // namespace mdrl

#endif  // MDRL_SERVICES_LEARNER_ALGORITHM_OWN_H_
