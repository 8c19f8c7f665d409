#include "services/reward/sandbox/launcher.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <iostream>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/base/parent_guard.h"
#include "services/reward/sandbox/run_program.h"

extern char** environ;

namespace mdrl {
namespace {

constexpr int kSocket = 3;
constexpr int kFiles = 4;

// One order with its files; false: the other end is closed.
bool ReceiveOrder(RunOrder& order, int (&files)[kFiles]) {
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(files))];
  iovec part = {&order, sizeof(order)};
  for (;;) {
    msghdr message = {};
    message.msg_iov = &part;
    message.msg_iovlen = 1;
    message.msg_control = control;
    message.msg_controllen = sizeof(control);
    const ssize_t size = recvmsg(kSocket, &message, MSG_CMSG_CLOEXEC);
    if (size < 0 && errno == EINTR) continue;
    if (size != sizeof(order)) return false;
    const cmsghdr* head = CMSG_FIRSTHDR(&message);
    if (head == nullptr || head->cmsg_len != CMSG_LEN(sizeof(files))) {
      return false;
    }
    std::memcpy(files, CMSG_DATA(head), sizeof(files));
    return true;
  }
}

[[noreturn]] void ServeOrder(const RunOrder& order, const int (&files)[kFiles],
                             pid_t launcher) {
  close(kSocket);
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  if (getppid() != launcher) _exit(1);
  signal(SIGCHLD, SIG_DFL);
  const RunReply reply =
      RunProgram(order, files[1], files[2], files[3], files[0]);
  // Fails where nobody waits any more, which is well.
  (void)send(files[0], &reply, sizeof(reply), MSG_NOSIGNAL);
  _exit(0);
}

}  // namespace

int RunLauncher(int argc, char** argv) {
  int parent = 0;
  if (argc != 3 || !absl::SimpleAtoi(argv[2], &parent)) return 2;
  if (const absl::Status tied = DieWithParent(parent); !tied.ok()) return 143;
  const pid_t launcher = getpid();
  signal(SIGCHLD, SIG_IGN);  // the runs' processes need no waiting for
  RunOrder order;
  int files[kFiles];
  while (ReceiveOrder(order, files)) {
    const pid_t child = fork();
    if (child == 0) ServeOrder(order, files, launcher);
    if (child < 0) {
      RunReply reply;
      reply.service_error = true;
      absl::StrCat("no process for the run: ", std::strerror(errno))
          .copy(reply.message, sizeof(reply.message) - 1);
      (void)send(files[0], &reply, sizeof(reply), MSG_NOSIGNAL);
    }
    for (const int file : files) close(file);
  }
  return 0;
}

absl::StatusOr<LauncherProcess> StartLauncher() {
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) != 0) {
    return absl::UnavailableError("no socket for the launcher");
  }
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  // Out of the way first: dup2 to itself would leave close-on-exec set.
  const int there = fcntl(ends[1], F_DUPFD_CLOEXEC, kSocket + 1);
  posix_spawn_file_actions_adddup2(&actions, there, kSocket);
  posix_spawnattr_t attributes;
  posix_spawnattr_init(&attributes);
  // A group of its own: a terminal's Ctrl-C is for the service, which drains.
  posix_spawnattr_setflags(&attributes,
                           POSIX_SPAWN_SETPGROUP | POSIX_SPAWN_SETSIGMASK);
  sigset_t none;
  sigemptyset(&none);
  posix_spawnattr_setsigmask(&attributes, &none);
  posix_spawnattr_setpgroup(&attributes, 0);
  std::string program = "/proc/self/exe";
  std::string word = kRunLauncher;
  std::string parent = absl::StrCat(getpid());
  char* argv[] = {program.data(), word.data(), parent.data(), nullptr};
  LauncherProcess out;
  const int failed = posix_spawn(&out.id, program.c_str(), &actions,
                                 &attributes, argv, environ);
  posix_spawn_file_actions_destroy(&actions);
  posix_spawnattr_destroy(&attributes);
  close(there);
  close(ends[1]);
  out.socket = ends[0];
  if (failed == 0) return out;
  close(ends[0]);
  return absl::UnavailableError(
      absl::StrCat("the launcher cannot be started: ", std::strerror(failed)));
}

}  // namespace mdrl
