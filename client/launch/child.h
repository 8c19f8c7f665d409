// One process started by this one: its standard output through a pipe, its
// standard error in a log file.
//
// Children live in process groups of their own, so that Ctrl-C on the terminal
// reaches only this process, which passes on one SIGTERM; they are tied to it
// by whoever composes `argv` (guarded_exec.h).
// Spawn from the main thread only: the kernel ties a child's life to the
// thread that started it. Not thread-safe.
#ifndef MDRL_CLIENT_LAUNCH_CHILD_H_
#define MDRL_CLIENT_LAUNCH_CHILD_H_

#include <sys/types.h>

#include <filesystem>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace mdrl {

struct ChildOptions {
  std::string name;               // "rollout-0", for people and log files
  std::vector<std::string> argv;  // argv[0]: path of the program
  std::map<std::string, std::string> environment;  // all of it
  std::filesystem::path log;                       // appended to
};

class Child {
 public:
  // NotFound if the program is not there; Internal with the system's word.
  static absl::StatusOr<std::unique_ptr<Child>> Spawn(ChildOptions options);
  // Kills what still runs, and waits for it.
  ~Child();
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;

  const std::string& name() const { return options_.name; }
  const ChildOptions& options() const { return options_; }
  pid_t pid() const { return pid_; }

  // Readable when there is output, or when the child closed it; -1 after its
  // end.
  int output_fd() const { return output_fd_; }
  // Readable when the child has ended; valid until it is reaped.
  int exit_fd() const { return exit_fd_; }

  // The next whole line of output without its newline; nullopt if there is
  // none yet. Never blocks; a line longer than 64 KiB is cut there.
  std::optional<std::string> ReadLine();

  // How it ended, if it has: its exit code, or 128 + the signal's number.
  // Never blocks; the same answer ever after.
  std::optional<int> Reap();

  // Nothing once it has ended.
  void Signal(int signal_number) const;

 private:
  Child(ChildOptions options, pid_t pid, int output_fd, int exit_fd);

  const ChildOptions options_;
  const pid_t pid_;
  int output_fd_;
  int exit_fd_;
  std::string buffer_;
  std::optional<int> exit_code_;
};

// The last lines of a log file, for a person: at most `lines`, at most 4 KiB.
std::string TailOf(const std::filesystem::path& file, int lines);

}  // namespace mdrl

#endif  // MDRL_CLIENT_LAUNCH_CHILD_H_
