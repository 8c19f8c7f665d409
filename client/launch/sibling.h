// Commands that need the model, which this program, without Torch, leaves to
// the service that has it: `mdrlctl generate` becomes `mdrl-rollout generate`.
#ifndef MDRL_CLIENT_LAUNCH_SIBLING_H_
#define MDRL_CLIENT_LAUNCH_SIBLING_H_

#include <filesystem>
#include <string>
#include <vector>

#include "absl/status/status.h"

namespace mdrl {

// Becomes `program` of `binaries` (OwnFolder()) with `arguments`; its output
// and exit code are this program's. Returns only on an error. NotFound: it does
// not lie there. REQUIRES: no other thread exists.
absl::Status BecomeSibling(const std::filesystem::path& binaries,
                           const std::string& program,
                           const std::vector<std::string>& arguments);

}  // namespace mdrl

#endif  // MDRL_CLIENT_LAUNCH_SIBLING_H_
