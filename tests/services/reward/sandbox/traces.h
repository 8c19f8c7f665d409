// What programs could leave behind on this machine.
#ifndef MDRL_TESTS_SERVICES_REWARD_SANDBOX_TRACES_H_
#define MDRL_TESTS_SERVICES_REWARD_SANDBOX_TRACES_H_

#include <cstddef>
#include <set>
#include <string>

#include "services/reward/sandbox/sandbox.h"

namespace mdrl {

struct Traces {
  size_t processes = 0;  // below this one
  size_t descriptors = 0;
  std::string mounts;
  std::set<std::string> files;
  friend bool operator==(const Traces&, const Traces&) = default;
};

Traces LookForTraces();

// A run's own process may still be on its way out when its verdict is here.
void WaitForRuns(const Sandbox& sandbox);

}  // namespace mdrl

#endif  // MDRL_TESTS_SERVICES_REWARD_SANDBOX_TRACES_H_
