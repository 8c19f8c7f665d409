#include "client/launch/sibling.h"

#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "absl/strings/str_cat.h"

namespace mdrl {

absl::Status BecomeSibling(const std::filesystem::path& binaries,
                           const std::string& program,
                           const std::vector<std::string>& arguments) {
  std::string path = (binaries / program).string();
  std::vector<std::string> copy = arguments;
  std::vector<char*> argv = {path.data()};
  for (std::string& argument : copy) argv.push_back(argument.data());
  argv.push_back(nullptr);
  execv(path.c_str(), argv.data());
  if (errno == ENOENT) {
    return absl::NotFoundError(
        absl::StrCat(path, " does not exist: the services lie beside mdrlctl"));
  }
  return absl::InternalError(absl::StrCat(path, ": ", std::strerror(errno)));
}

}  // namespace mdrl
