// Small shell scripts stand for the services.
#include "client/launch/supervisor.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/time/time.h"

namespace mdrl {
namespace {

using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr char kReady[] = R"(echo '{"ready":{"rpc":"127.0.0.1:4711"}}')";

class SupervisorTest : public testing::Test {
 protected:
  void SetUp() override {
    folder_ = std::filesystem::temp_directory_path() /
              ("supervisor_test_" + std::to_string(getpid()));
    std::filesystem::create_directories(folder_);
    supervisor_ = *Supervisor::Create(
        {.grace = absl::Seconds(10),
         .tick_every = absl::Milliseconds(10),
         .restart_after = absl::Milliseconds(1),
         .tell = [this](const std::string& line) { told_.push_back(line); },
         .on_tick =
             [this] {
               if (on_tick_) on_tick_();
             }},
        stop_, Clock::Real());
  }
  void TearDown() override {
    supervisor_.reset();
    std::filesystem::remove_all(folder_);
  }

  Service Script(const std::string& name, const std::string& text) const {
    Service service;
    service.child = {.name = name,
                     .argv = {"/bin/sh", "-c", text},
                     .environment = {{"HERE", folder_.string()}},
                     .log = folder_ / (name + ".log")};
    return service;
  }
  Service Main(const std::string& text) const {
    Service service = Script("learner", text);
    service.role = Service::Role::kMain;
    return service;
  }
  bool Exists(const std::string& name) const {
    return std::filesystem::exists(folder_ / name);
  }
  std::string Contents(const std::string& name) const {
    std::ifstream file(folder_ / name);
    return {std::istreambuf_iterator<char>(file), {}};
  }

  std::filesystem::path folder_;
  StopSignal stop_;
  std::vector<std::string> told_;
  std::function<void()> on_tick_;
  std::unique_ptr<Supervisor> supervisor_;
};

TEST_F(SupervisorTest, AProcessWithoutAReadyLineIsAskedWhetherItIsReady) {
  Service service = Script("prometheus", "echo >$HERE/up; exec sleep 100");
  int asked = 0;
  service.answers = [this, &asked] { return ++asked > 1 && Exists("up"); };
  EXPECT_TRUE(supervisor_->Start(service).ok());
  EXPECT_GT(asked, 1);
}

TEST_F(SupervisorTest, AProcessThatEndsBeforeItAnswersIsToldWithItsLog) {
  Service service = Script("prometheus", "echo port taken >&2; exit 1");
  service.answers = [] { return false; };
  const auto started = supervisor_->Start(service);
  EXPECT_TRUE(absl::IsAborted(started.status())) << started.status();
  EXPECT_THAT(std::string(started.status().message()), HasSubstr("port taken"));
}

TEST_F(SupervisorTest, StartGivesTheReadyLinesAddress) {
  Service service = Main(std::string(kReady) + "; exec sleep 100");
  service.serves = true;
  const auto ready = supervisor_->Start(service);
  ASSERT_TRUE(ready.ok()) << ready.status();
  EXPECT_EQ(ready->rpc, "127.0.0.1:4711");
}

TEST_F(SupervisorTest, AProcessThatEndsBeforeItIsReadyShowsItsLog) {
  Service service = Main("echo 'line 3: run.seed: wrong' >&2; exit 78");
  service.serves = true;
  const auto ready = supervisor_->Start(service);
  EXPECT_EQ(ready.status().code(), absl::StatusCode::kAborted);
  EXPECT_THAT(std::string(ready.status().message()),
              HasSubstr("learner ended with 78"));
  EXPECT_THAT(std::string(ready.status().message()),
              HasSubstr("line 3: run.seed: wrong"));
  EXPECT_EQ(supervisor_->EndCode(), 78);
}

TEST_F(SupervisorTest, AMissingProgramIsNamed) {
  Service service = Main("");
  service.child.argv = {"/no/such/program"};
  EXPECT_THAT(std::string(supervisor_->Start(service).status().message()),
              HasSubstr("cannot start /no/such/program"));
}

TEST_F(SupervisorTest, TheMainProcessEndsAllWithItsCode) {
  ASSERT_TRUE(supervisor_
                  ->Start(Script("worker",
                                 "trap 'touch $HERE/asked; exit 0' "
                                 "TERM; touch $HERE/up; while :; do "
                                 "sleep 0.01; done"))
                  .ok());
  ASSERT_TRUE(supervisor_
                  ->Start(Main("until [ -e $HERE/up ]; do sleep 0.01; done; "
                               "exit 65"))
                  .ok());
  EXPECT_EQ(supervisor_->Run(), 65);
  EXPECT_TRUE(Exists("asked"));
}

TEST_F(SupervisorTest, AFallenWorkerIsStartedAgainAtItsOldAddress) {
  Service worker =
      Script("worker",
             "echo \"$LISTEN\" >> $HERE/addresses\n"
             "echo '{\"ready\":{\"rpc\":\"127.0.0.1:4711\"}}'\n"
             "if [ -e $HERE/fell ]; then touch $HERE/back; exec sleep 100; fi\n"
             "touch $HERE/fell; kill -SEGV $$");
  worker.serves = true;
  worker.listen_variable = "LISTEN";
  ASSERT_TRUE(supervisor_->Start(worker).ok());
  ASSERT_TRUE(
      supervisor_->Start(Main("until [ -e $HERE/back ]; do sleep 0.01; done"))
          .ok());
  EXPECT_EQ(supervisor_->Run(), 0);
  EXPECT_EQ(Contents("addresses"), "\n\"127.0.0.1:4711\"\n");
  EXPECT_THAT(told_, Contains(HasSubstr("worker fell (139)")));
}

TEST_F(SupervisorTest, AWorkerThatCannotBeMendedEndsTheRun) {
  ASSERT_TRUE(supervisor_->Start(Main("exec sleep 100")).ok());
  ASSERT_TRUE(
      supervisor_->Start(Script("worker", "echo why >&2; exit 76")).ok());
  EXPECT_EQ(supervisor_->Run(), 76);
  ASSERT_FALSE(told_.empty());
  EXPECT_THAT(told_.front(), HasSubstr("worker ended with 76"));
  EXPECT_THAT(told_.front(), HasSubstr("why"));
}

TEST_F(SupervisorTest, ADrainedWorkerStaysAway) {
  ASSERT_TRUE(
      supervisor_->Start(Script("worker", "touch $HERE/done; exit 0")).ok());
  ASSERT_TRUE(supervisor_
                  ->Start(Main("until [ -e $HERE/done ]; do sleep 0.01; done; "
                               "sleep 0.1"))
                  .ok());
  EXPECT_EQ(supervisor_->Run(), 0);
  EXPECT_THAT(told_, ElementsAre("worker was drained"));
}

TEST_F(SupervisorTest, AStopIsPassedOnAndDecidesTheExitCode) {
  Service learner =
      Main("trap 'touch $HERE/asked; exit 143' TERM\n" + std::string(kReady) +
           "\nwhile :; do sleep 0.01; done");
  learner.serves = true;
  ASSERT_TRUE(supervisor_->Start(learner).ok());
  on_tick_ = [this] { stop_.Request(SIGINT); };
  EXPECT_EQ(supervisor_->Run(), 130);
  EXPECT_TRUE(Exists("asked"));
}

TEST_F(SupervisorTest, AStopEndsTheWaitForAReadyLine) {
  Service learner = Main("exec sleep 100");
  learner.serves = true;
  on_tick_ = [this] { stop_.Request(SIGTERM); };
  EXPECT_EQ(supervisor_->Start(learner).status().code(),
            absl::StatusCode::kCancelled);
  EXPECT_EQ(supervisor_->EndCode(), 143);
}

TEST_F(SupervisorTest, WhatHangsIsKilledAfterTheGrace) {
  StopSignal stop;
  std::vector<std::string> told;
  auto supervisor = *Supervisor::Create(
      {.grace = absl::Milliseconds(50),
       .tell = [&](const std::string& line) { told.push_back(line); }},
      stop, Clock::Real());
  Service deaf = Script("deaf", "trap '' TERM; " + std::string(kReady) +
                                    "; while :; do sleep 0.01; done");
  deaf.serves = true;
  ASSERT_TRUE(supervisor->Start(deaf).ok());
  supervisor->StopAll();
  EXPECT_THAT(told, ElementsAre("deaf did not end in time and was killed"));
}

}  // namespace
}  // namespace mdrl
