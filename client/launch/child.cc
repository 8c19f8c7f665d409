#include "client/launch/child.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <fstream>
#include <utility>

#include "absl/strings/str_cat.h"

namespace mdrl {
namespace {

constexpr size_t kMaxLine = 64 << 10;

// Exit status of waitpid as a shell would say it.
int CodeOf(int status) {
  return WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

// C's form of a list of strings; valid as long as `strings` is.
std::vector<char*> Pointers(std::vector<std::string>& strings) {
  std::vector<char*> out;
  for (std::string& text : strings) out.push_back(text.data());
  out.push_back(nullptr);
  return out;
}

// posix_spawn's two option objects, released together.
class SpawnSettings {
 public:
  SpawnSettings() {
    posix_spawn_file_actions_init(&actions_);
    posix_spawnattr_init(&attributes_);
  }
  ~SpawnSettings() {
    posix_spawn_file_actions_destroy(&actions_);
    posix_spawnattr_destroy(&attributes_);
  }
  SpawnSettings(const SpawnSettings&) = delete;
  SpawnSettings& operator=(const SpawnSettings&) = delete;

  void Prepare(int output_fd, const std::string& log) {
    posix_spawn_file_actions_addopen(&actions_, STDIN_FILENO, "/dev/null",
                                     O_RDONLY, 0);
    posix_spawn_file_actions_adddup2(&actions_, output_fd, STDOUT_FILENO);
    posix_spawn_file_actions_addopen(&actions_, STDERR_FILENO, log.c_str(),
                                     O_WRONLY | O_CREAT | O_APPEND, 0644);
    // Sockets and pipes of this process are nobody else's business.
    posix_spawn_file_actions_addclosefrom_np(&actions_, STDERR_FILENO + 1);
    sigset_t none;
    sigemptyset(&none);
    sigset_t all;
    sigfillset(&all);
    posix_spawnattr_setsigmask(&attributes_, &none);
    posix_spawnattr_setsigdefault(&attributes_, &all);
    posix_spawnattr_setpgroup(&attributes_, 0);
    posix_spawnattr_setflags(&attributes_, POSIX_SPAWN_SETPGROUP |
                                               POSIX_SPAWN_SETSIGMASK |
                                               POSIX_SPAWN_SETSIGDEF);
  }
  const posix_spawn_file_actions_t* actions() const { return &actions_; }
  const posix_spawnattr_t* attributes() const { return &attributes_; }

 private:
  posix_spawn_file_actions_t actions_;
  posix_spawnattr_t attributes_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Child>> Child::Spawn(ChildOptions options) {
  std::array<int, 2> output;
  if (pipe2(output.data(), O_CLOEXEC) != 0) {
    return absl::ErrnoToStatus(errno, "pipe2");
  }
  SpawnSettings settings;
  settings.Prepare(output[1], options.log.string());
  std::vector<std::string> arguments = options.argv;
  std::vector<std::string> variables;
  for (const auto& [name, value] : options.environment) {
    variables.push_back(absl::StrCat(name, "=", value));
  }
  pid_t pid = -1;
  const int error = posix_spawn(
      &pid, options.argv[0].c_str(), settings.actions(), settings.attributes(),
      Pointers(arguments).data(), Pointers(variables).data());
  close(output[1]);
  if (error != 0) {
    close(output[0]);
    return absl::ErrnoToStatus(
        error, absl::StrCat("cannot start ", options.argv[0], " (log ",
                            options.log.string(), ")"));
  }
  fcntl(output[0], F_SETFL, O_NONBLOCK);
  // The C library's declaration lacks its extern "C" in glibc 2.36.
  const int exit_fd = static_cast<int>(syscall(SYS_pidfd_open, pid, 0));
  return std::unique_ptr<Child>(
      new Child(std::move(options), pid, output[0], exit_fd));
}

Child::Child(ChildOptions options, pid_t pid, int output_fd, int exit_fd)
    : options_(std::move(options)),
      pid_(pid),
      output_fd_(output_fd),
      exit_fd_(exit_fd) {}

Child::~Child() {
  if (!Reap()) {
    Signal(SIGKILL);
    waitpid(pid_, nullptr, 0);
    close(exit_fd_);
  }
  if (output_fd_ >= 0) close(output_fd_);
}

std::optional<std::string> Child::ReadLine() {
  size_t end = buffer_.find('\n');
  while (end == std::string::npos && output_fd_ >= 0 &&
         buffer_.size() < kMaxLine) {
    std::array<char, 4096> chunk;
    const ssize_t got = read(output_fd_, chunk.data(), chunk.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0 && errno == EAGAIN) return std::nullopt;
    if (got <= 0) {
      close(output_fd_);
      output_fd_ = -1;
      break;
    }
    buffer_.append(chunk.data(), static_cast<size_t>(got));
    end = buffer_.find('\n');
  }
  if (buffer_.empty()) return std::nullopt;
  std::string line = buffer_.substr(0, end);
  buffer_.erase(0, end == std::string::npos ? end : end + 1);
  return line;
}

std::optional<int> Child::Reap() {
  if (exit_code_) return exit_code_;
  int status = 0;
  pid_t got = -1;
  do {
    got = waitpid(pid_, &status, WNOHANG);
  } while (got < 0 && errno == EINTR);
  if (got == 0) return std::nullopt;
  // An error means that somebody else reaped it: how it ended is not known.
  exit_code_ = got == pid_ ? CodeOf(status) : 1;
  close(exit_fd_);
  exit_fd_ = -1;
  return exit_code_;
}

void Child::Signal(int signal_number) const {
  if (!exit_code_) kill(pid_, signal_number);
}

std::string TailOf(const std::filesystem::path& file, int lines) {
  constexpr std::streamoff kMost = 4096;
  std::ifstream in(file, std::ios::binary | std::ios::ate);
  if (!in) return "";
  const std::streamoff size = in.tellg();
  in.seekg(std::max<std::streamoff>(0, size - kMost));
  std::string text(static_cast<size_t>(std::min(size, kMost)), '\0');
  in.read(text.data(), static_cast<std::streamsize>(text.size()));
  while (!text.empty() && text.back() == '\n') text.pop_back();
  size_t from = text.size();
  for (int i = 0; i < lines && from != std::string::npos && from > 0; ++i) {
    from = text.rfind('\n', from - 1);
  }
  return from == std::string::npos || from == 0 ? text : text.substr(from + 1);
}

}  // namespace mdrl
