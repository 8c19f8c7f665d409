// Environment variables that a library reads before main begins.
//
//   int main(int argc, char** argv) {
//     if (const absl::Status s = EnsureEnvironment("OMP_WAIT_POLICY",
//     "passive",
//                                                  argv); !s.ok()) ...
//
// REQUIRES: called first in main, before other threads exist.
#ifndef MDRL_COMMON_BASE_REEXEC_H_
#define MDRL_COMMON_BASE_REEXEC_H_

#include <string>

#include "absl/status/status.h"

namespace mdrl {

// Returns at once if the variable has this value. Otherwise sets it and
// executes this program again with the same arguments: process id, parent and
// open files stay. Internal, if the system refuses: it then only runs slower.
absl::Status EnsureEnvironment(const std::string& name,
                               const std::string& value, char** argv);

}  // namespace mdrl

#endif  // MDRL_COMMON_BASE_REEXEC_H_
