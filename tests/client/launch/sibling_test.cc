#include "client/launch/sibling.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

namespace mdrl {
namespace {

TEST(SiblingTest, ItsExitCodeBecomesOurs) {
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    (void)BecomeSibling("/bin", "sh", {"-c", "exit $((3 + $1))", "sh", "4"});
    _exit(99);
  }
  int status = 0;
  ASSERT_EQ(waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 7);
}

TEST(SiblingTest, OneThatIsNotThereIsNamed) {
  const absl::Status status = BecomeSibling("/bin", "mdrl-nobody", {});
  EXPECT_TRUE(absl::IsNotFound(status));
  EXPECT_THAT(std::string(status.message()),
              ::testing::HasSubstr("/bin/mdrl-nobody does not exist"));
}

}  // namespace
}  // namespace mdrl
