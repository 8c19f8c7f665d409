#include "client/launch/sibling.h"

#include <fcntl.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <csignal>
#include <cstring>

#include "absl/strings/str_cat.h"

namespace mdrl {
namespace {

constexpr int kNotExecuted = 127;

// What execv takes; holds the words.
class Command {
 public:
  Command(const std::filesystem::path& path,
          const std::vector<std::string>& arguments)
      : words_({path.string()}) {
    words_.insert(words_.end(), arguments.begin(), arguments.end());
    for (std::string& word : words_) argv_.push_back(word.data());
    argv_.push_back(nullptr);
  }
  const char* path() const { return words_[0].c_str(); }
  char* const* argv() const { return argv_.data(); }

 private:
  std::vector<std::string> words_;
  std::vector<char*> argv_;
};

absl::Status NotStarted(const Command& command, int why) {
  if (why == ENOENT) {
    return absl::NotFoundError(absl::StrCat(
        command.path(), " does not exist: the services lie beside mdrlctl"));
  }
  return absl::InternalError(
      absl::StrCat(command.path(), ": ", std::strerror(why)));
}

// In the child: only calls that are allowed between fork and exec.
[[noreturn]] void RunAsChild(const Command& command, pid_t parent,
                             int nowhere) {
  prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (getppid() != parent) _exit(kNotExecuted);
  dup2(nowhere, STDOUT_FILENO);
  execv(command.path(), command.argv());
  _exit(kNotExecuted);
}

}  // namespace

absl::Status BecomeSibling(const std::filesystem::path& binaries,
                           const std::string& program,
                           const std::vector<std::string>& arguments) {
  const Command command(binaries / program, arguments);
  execv(command.path(), command.argv());
  return NotStarted(command, errno);
}

absl::StatusOr<int> RunSibling(const std::filesystem::path& binaries,
                               const std::string& program,
                               const std::vector<std::string>& arguments) {
  const Command command(binaries / program, arguments);
  if (access(command.path(), X_OK) != 0) return NotStarted(command, errno);
  const int nowhere = open("/dev/null", O_WRONLY | O_CLOEXEC);
  const pid_t parent = getpid();
  const pid_t child = nowhere < 0 ? -1 : fork();
  if (child == 0) RunAsChild(command, parent, nowhere);
  const int why = errno;
  if (nowhere >= 0) close(nowhere);
  if (child < 0) {
    return absl::UnavailableError(absl::StrCat(
        command.path(), " cannot be started: ", std::strerror(why)));
  }
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

}  // namespace mdrl
