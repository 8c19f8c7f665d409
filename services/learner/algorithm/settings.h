// Section `algorithm` of the run configuration as plain values; no Torch.
#ifndef MDRL_SERVICES_LEARNER_ALGORITHM_SETTINGS_H_
#define MDRL_SERVICES_LEARNER_ALGORITHM_SETTINGS_H_

#include <string>

#include "services/learner/corruption/registry.h"

namespace mdrl {

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

}  // namespace mdrl

#endif  // MDRL_SERVICES_LEARNER_ALGORITHM_SETTINGS_H_
