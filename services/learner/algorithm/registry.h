// A method by its name in the run configuration. The only place that lists
// them.
#ifndef MDRL_SERVICES_LEARNER_ALGORITHM_REGISTRY_H_
#define MDRL_SERVICES_LEARNER_ALGORITHM_REGISTRY_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "services/learner/algorithm/algorithm.h"
#include "services/learner/corruption/registry.h"

namespace mdrl {

// Section `algorithm` of the configuration as plain values.
struct AlgorithmSettings {
  std::string name = "spg";
  std::string advantage = "mean";  // mean | mean_std | leave_one_out
  CorruptionSettings corruption;   // with `samples`, K
  struct Spg {
    double beta = 1.5;
    double omega = 0.5;
    std::string negative = "mix";  // mix | eubo | elbo | drop
    double negative_weight = 1.0;
    double negative_cap = 0.0;
  } spg;
};

// InvalidArgument names the key and what would be right.
absl::StatusOr<std::unique_ptr<Algorithm>> MakeAlgorithm(
    const AlgorithmSettings& settings);

}  // namespace mdrl

#endif  // MDRL_SERVICES_LEARNER_ALGORITHM_REGISTRY_H_
