#include "common/base/reexec.h"

#include <unistd.h>

#include <cerrno>
#include <cstdlib>
#include <cstring>

#include "absl/strings/str_cat.h"

namespace mdrl {

absl::Status EnsureEnvironment(const std::string& name,
                               const std::string& value, char** argv) {
  const char* present = std::getenv(name.c_str());
  if (present != nullptr && present == value) return absl::OkStatus();
  if (setenv(name.c_str(), value.c_str(), /*overwrite=*/1) == 0) {
    execv("/proc/self/exe", argv);
  }
  return absl::InternalError(absl::StrCat("could not start again with ", name,
                                          "=", value, ": ",
                                          std::strerror(errno)));
}

}  // namespace mdrl
