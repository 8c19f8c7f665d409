// Kills a process that writes checkpoints at every operation on files.
#include <gtest/gtest.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "tests/services/learner/policy/checkpoint_builder.h"

namespace mdrl {
namespace {

namespace fs = std::filesystem;
using CheckpointCrashTest = ::mdrl::testing::CheckpointTest;
using ::mdrl::testing::ContentsOf;

int WriteAndDie(const std::string& root, int die_at) {
  int places = 0;
  CheckpointFolder folder({.root = root, .fail_point = [&](auto) {
                             if (++places == die_at) kill(getpid(), SIGKILL);
                           }});
  for (const uint64_t step : {6, 8}) {
    const auto written = folder.Write(ContentsOf(step));
    if (!written.ok() || !folder.MarkLatest(written->name).ok()) return 3;
    if (!folder.Prune({}).ok()) return 4;
  }
  return 0;
}

int RunChild(const std::string& root, int die_at) {
  const std::string die_text = absl::StrCat(die_at);
  char* const argv[] = {const_cast<char*>("checkpoint_crash_test"),
                        const_cast<char*>("write-and-die"),
                        const_cast<char*>(root.c_str()),
                        const_cast<char*>(die_text.c_str()), nullptr};
  pid_t pid = 0;
  EXPECT_EQ(
      posix_spawn(&pid, "/proc/self/exe", nullptr, nullptr, argv, environ), 0);
  int status = 0;
  EXPECT_EQ(waitpid(pid, &status, 0), pid);
  return WIFSIGNALED(status) ? -WTERMSIG(status) : WEXITSTATUS(status);
}

TEST_F(CheckpointCrashTest, AKillAtAnyFileOperationLeavesOneThatRestores) {
  int die_at = 1;
  for (;; ++die_at) {
    SCOPED_TRACE(die_at);
    fs::remove_all(root());
    CheckpointFolder folder = Folder();
    Put(folder, 2);
    Put(folder, 4);
    const int outcome = RunChild(root(), die_at);
    const auto found = Folder().FindNewest();
    ASSERT_TRUE(found.ok()) << found.status();
    EXPECT_GE(found->state.step, 4u);
    if (outcome == 0) break;
    ASSERT_EQ(outcome, -SIGKILL);
    // The next process writes it again and leaves nothing behind.
    if (die_at % 4 != 0) continue;
    ASSERT_EQ(RunChild(root(), 0), 0);
    EXPECT_EQ(Folder().FindNewest()->name, "step-000008");
    for (const auto& entry : fs::directory_iterator(root())) {
      EXPECT_NE(entry.path().filename().string().substr(0, 5), ".tmp-");
    }
  }
  EXPECT_GT(die_at, 40);
}

}  // namespace

int WriteAndDieMain(char** argv) {
  int die_at = 0;
  return absl::SimpleAtoi(argv[3], &die_at) ? WriteAndDie(argv[2], die_at) : 2;
}

}  // namespace mdrl

int main(int argc, char** argv) {
  if (argc == 4 && strcmp(argv[1], "write-and-die") == 0) {
    return mdrl::WriteAndDieMain(argv);
  }
  ::testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
