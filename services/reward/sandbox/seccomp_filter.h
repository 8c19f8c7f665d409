// The system calls that a program in the sandbox is refused.
//
// A list of what is dangerous, not of what is needed: interpreters use many
// calls, and the walls are the namespaces. Refused with EPERM: tracing and
// reading other processes, mounts, new namespaces (clone3 with ENOSYS, so that
// libraries take clone, whose flags can be looked at), keys, BPF, performance
// counters, io_uring, kernel modules and kexec, clocks, memory that no limit
// counts (memfd, System V), and every socket but those of AF_UNIX.
#ifndef MDRL_SERVICES_REWARD_SANDBOX_SECCOMP_FILTER_H_
#define MDRL_SERVICES_REWARD_SANDBOX_SECCOMP_FILTER_H_

#include <linux/filter.h>

#include <vector>

#include "absl/status/statusor.h"

namespace mdrl {

// The filter as the kernel takes it. Internal: libseccomp cannot make it.
absl::StatusOr<std::vector<sock_filter>> MakeSeccompFilter();

}  // namespace mdrl

#endif  // MDRL_SERVICES_REWARD_SANDBOX_SECCOMP_FILTER_H_
