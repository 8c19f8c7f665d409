// The processes below one, as /proc tells. Functions without state.
#ifndef MDRL_SERVICES_REWARD_SANDBOX_PROCESS_TREE_H_
#define MDRL_SERVICES_REWARD_SANDBOX_PROCESS_TREE_H_

#include <sys/types.h>

#include <cstdint>
#include <vector>

namespace mdrl {

// Children, their children and so on, of all threads of `root`; those that
// come or go meanwhile may be missing.
std::vector<pid_t> Descendants(pid_t root);

// Memory of their own that `processes` hold together, in bytes.
uint64_t PrivateBytes(const std::vector<pid_t>& processes);

}  // namespace mdrl

#endif  // MDRL_SERVICES_REWARD_SANDBOX_PROCESS_TREE_H_
