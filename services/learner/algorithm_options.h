// Section `algorithm` of the run configuration, and what else of it a method
// sees, as plain values.
#ifndef MDRL_SERVICES_LEARNER_ALGORITHM_OPTIONS_H_
#define MDRL_SERVICES_LEARNER_ALGORITHM_OPTIONS_H_

#include "mdrl/config/v1/run.pb.h"
#include "services/learner/algorithm/settings.h"

namespace mdrl {

// Pure. Token ids are the model's and left as they are.
AlgorithmSettings ToAlgorithm(const config::v1::Run& run);

}  // namespace mdrl

#endif  // MDRL_SERVICES_LEARNER_ALGORITHM_OPTIONS_H_
