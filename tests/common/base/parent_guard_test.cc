#include "common/base/parent_guard.h"

#include <gtest/gtest.h>
#include <poll.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>

namespace mdrl {
namespace {

TEST(ParentGuardTest, AProcessEndsWithTheOneThatStartedIt) {
  std::array<int, 2> pipe_fds;
  ASSERT_EQ(pipe(pipe_fds.data()), 0);
  const pid_t parent = fork();
  if (parent == 0) {
    const pid_t self = getpid();
    if (fork() == 0) {
      // Holds the pipe's last writing end for as long as it lives.
      const char word = DieWithParent(self).ok() ? 'y' : 'n';
      if (write(pipe_fds[1], &word, 1) != 1) _exit(1);
      for (;;) pause();
    }
    close(pipe_fds[1]);
    for (;;) pause();
  }
  close(pipe_fds[1]);
  char word = 0;
  ASSERT_EQ(read(pipe_fds[0], &word, 1), 1);
  EXPECT_EQ(word, 'y');

  kill(parent, SIGKILL);
  waitpid(parent, nullptr, 0);
  // End of file: the grandchild is gone.
  pollfd wait = {.fd = pipe_fds[0], .events = POLLIN, .revents = 0};
  ASSERT_EQ(poll(&wait, 1, 10'000), 1);
  EXPECT_EQ(read(pipe_fds[0], &word, 1), 0);
  close(pipe_fds[0]);
}

TEST(ParentGuardTest, AParentThatWentTooEarlyIsAnError) {
  EXPECT_EQ(DieWithParent(1 << 22).code(), absl::StatusCode::kAborted);
  // The test itself must not be shot by the request above.
  EXPECT_TRUE(DieWithParent(getppid()).ok());
}

}  // namespace
}  // namespace mdrl
