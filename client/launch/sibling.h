// Commands that need the model or the verifiers, which this program, without
// Torch, leaves to the service that has them: `mdrlctl generate` becomes
// `mdrl-rollout generate`.
#ifndef MDRL_CLIENT_LAUNCH_SIBLING_H_
#define MDRL_CLIENT_LAUNCH_SIBLING_H_

#include <filesystem>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace mdrl {

// Becomes `program` of `binaries` (OwnFolder()) with `arguments`; its output
// and exit code are this program's. Returns only on an error. NotFound: it does
// not lie there. REQUIRES: no other thread exists.
absl::Status BecomeSibling(const std::filesystem::path& binaries,
                           const std::string& program,
                           const std::vector<std::string>& arguments);

// Runs it to its end, as one step of a command: its exit code, or 128 + the
// number of the signal that ended it. It has this process's standard error and
// no standard output, and ends if this process does. NotFound as above;
// Unavailable: the system has no room. REQUIRES: called on the main thread, to
// which the kernel ties the program's life.
absl::StatusOr<int> RunSibling(const std::filesystem::path& binaries,
                               const std::string& program,
                               const std::vector<std::string>& arguments);

}  // namespace mdrl

#endif  // MDRL_CLIENT_LAUNCH_SIBLING_H_
