// A method by its name in the run configuration. The only place that lists
// them.
#ifndef MDRL_SERVICES_LEARNER_ALGORITHM_REGISTRY_H_
#define MDRL_SERVICES_LEARNER_ALGORITHM_REGISTRY_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "services/learner/algorithm/algorithm.h"
#include "services/learner/algorithm/settings.h"

namespace mdrl {

// Every name, in the order of the table.
std::vector<std::string> AlgorithmNames();

// InvalidArgument names the key and what would be right.
absl::StatusOr<std::unique_ptr<Algorithm>> MakeAlgorithm(
    const AlgorithmSettings& settings);

}  // namespace mdrl

#endif  // MDRL_SERVICES_LEARNER_ALGORITHM_REGISTRY_H_
