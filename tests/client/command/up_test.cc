#include "client/command/up.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <string>

#include "common/base/error.h"

namespace mdrl {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

constexpr char kReady[] = R"(echo '{"ready":{"rpc":"127.0.0.1:1"}}')";

class UpTest : public testing::Test {
 protected:
  UpTest()
      : folder_(fs::temp_directory_path() /
                ("up_test_" + std::to_string(getpid()))) {
    fs::remove_all(folder_);
    fs::create_directories(folder_ / "bin");
    fs::create_symlink(MDRLCTL_PATH, folder_ / "bin/mdrlctl");
    Script("mdrl-reward", std::string(kReady) + "; exec sleep 100");
    Script("mdrl-rollout", "exec sleep 100");
    std::ofstream(folder_ / "run.yaml")
        << "run: {name: r}\nmodel: {path: m}\nlora: {enabled: false}\n";
    session_.out = &out_;
    session_.err = &err_;
  }
  ~UpTest() override { fs::remove_all(folder_); }

  void Script(const std::string& name, const std::string& text) const {
    const fs::path path = folder_ / "bin" / name;
    std::ofstream(path) << "#!/bin/sh\n" << text << "\n";
    fs::permissions(path, fs::perms::owner_all);
  }
  // RUN is the run's folder in the learner's script.
  void Learner(const std::string& text) const {
    Script("mdrl-learner", "RUN=" + (folder_ / "run").string() + "\n" + text);
  }
  UpOptions Options() const {
    UpOptions options;
    options.file = (folder_ / "run.yaml").string();
    options.run_dir = (folder_ / "run").string();
    options.binaries = folder_ / "bin";
    return options;
  }

  const fs::path folder_;
  std::ostringstream out_;
  std::ostringstream err_;
  Session session_;
};

std::string Contents(const fs::path& path) {
  std::ifstream file(path);
  return {std::istreambuf_iterator<char>(file), {}};
}

TEST_F(UpTest, ARunEndsWithItsTableAndItsPlaces) {
  Learner(std::string(kReady) +
          "\ntouch $RUN/ledger.db\n"
          "echo '{\"step\":0,\"round\":0,\"groups\":2}' > $RUN/steps.jsonl\n"
          "echo '{\"rounds\":1,\"evals\":[{\"n\":4,\"solved\":0.25},"
          "{\"n\":4,\"solved\":0.75}]}' > $RUN/summary.json\n");
  const auto code = RunUp(session_, Options());
  ASSERT_TRUE(code.ok()) << code.status();
  EXPECT_EQ(*code, 0);
  EXPECT_THAT(out_.str(), HasSubstr("learner  127.0.0.1:1 ready"));
  EXPECT_THAT(out_.str(), HasSubstr("round 1  step 1"));
  EXPECT_THAT(out_.str(), HasSubstr("25.0 %    75.0 %    of 4 test puzzles"));
  EXPECT_THAT(out_.str(), HasSubstr((folder_ / "run/ledger.db").string()));
  EXPECT_THAT(Contents(folder_ / "run/config.resolved.yaml"),
              HasSubstr("listen: \"127.0.0.1:0\""));
}

TEST_F(UpTest, ALearnerThatRefusesLeavesNothingBehind) {
  Learner("echo 'model.path: m lacks config.json' >&2; exit 78");
  const auto code = RunUp(session_, Options());
  ASSERT_TRUE(code.ok()) << code.status();
  EXPECT_EQ(*code, 78);
  EXPECT_THAT(err_.str(), HasSubstr("model.path: m lacks config.json"));
  EXPECT_FALSE(fs::exists(folder_ / "run"));
}

TEST_F(UpTest, AFailingRunKeepsItsFolderAndSaysHowToGoOn) {
  Learner(std::string(kReady) + "\ntouch $RUN/ledger.db\nexit 81");
  EXPECT_EQ(*RunUp(session_, Options()), 81);
  EXPECT_THAT(out_.str(), HasSubstr("--resume"));
  EXPECT_TRUE(fs::exists(folder_ / "run/ledger.db"));
}

TEST_F(UpTest, AFolderThatIsNotEmptyNeedsResume) {
  Learner(std::string(kReady));
  fs::create_directories(folder_ / "run");
  std::ofstream(folder_ / "run/ledger.db") << "";
  EXPECT_EQ(DetailOf(RunUp(session_, Options()).status()).reason,
            reason::kRunDirNotEmpty);
  UpOptions options = Options();
  options.resume = true;
  EXPECT_EQ(*RunUp(session_, options), 0);
}

TEST_F(UpTest, AWrongConfigurationStartsNothing) {
  UpOptions options = Options();
  options.sets = {"schedule.group_size=1"};
  Learner("touch $RUN/../started");
  EXPECT_EQ(DetailOf(RunUp(session_, options).status()).reason,
            reason::kConfiguration);
  EXPECT_FALSE(fs::exists(folder_ / "run"));
  fs::remove(folder_ / "bin/mdrl-rollout");
  EXPECT_THAT(std::string(RunUp(session_, Options()).status().message()),
              HasSubstr("mdrl-rollout does not exist"));
}

// The real program, as a terminal would start it.
class UpProcessTest : public UpTest {
 protected:
  UpProcessTest() {
    // It looks for the services beside itself, wherever a link leads.
    fs::remove(folder_ / "bin/mdrlctl");
    fs::copy_file(MDRLCTL_PATH, folder_ / "bin/mdrlctl");
    // Services hold the pipe's writing end open as long as they live.
    const std::string pipe = (folder_ / "alive").string();
    EXPECT_EQ(mkfifo(pipe.c_str(), 0600), 0);
    const std::string hold = "exec 9>" + pipe + "\n";
    Script("mdrl-reward", hold + kReady + "\nexec sleep 100");
    Script("mdrl-rollout", hold + "echo up >&9; exec sleep 100");
    Learner(hold + kReady + "\nexec sleep 100");
    pid_ = fork();
    if (pid_ == 0) {
      execl((folder_ / "bin/mdrlctl").c_str(), "mdrlctl", "up",
            (folder_ / "run.yaml").c_str(), "--run-dir",
            (folder_ / "run").c_str(), nullptr);
      _exit(127);
    }
    alive_.open(pipe);
    std::string word;
    std::getline(alive_, word);  // the last service is there
    EXPECT_EQ(word, "up");
  }

  // Returns once no service is alive.
  void AwaitEndOfServices() {
    std::string rest;
    while (std::getline(alive_, rest)) {
    }
  }
  int ExitCode() const {
    int status = 0;
    waitpid(pid_, &status, 0);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
  }

  pid_t pid_ = -1;
  std::ifstream alive_;
};

TEST_F(UpProcessTest, CtrlCEndsEverythingWith130) {
  kill(pid_, SIGINT);
  AwaitEndOfServices();
  EXPECT_EQ(ExitCode(), 130);
}

TEST_F(UpProcessTest, SigtermEndsEverythingWith143) {
  kill(pid_, SIGTERM);
  AwaitEndOfServices();
  EXPECT_EQ(ExitCode(), 143);
}

TEST_F(UpProcessTest, NoServiceOutlivesAKilledParent) {
  kill(pid_, SIGKILL);
  AwaitEndOfServices();
  EXPECT_EQ(ExitCode(), 137);
}

}  // namespace
}  // namespace mdrl
