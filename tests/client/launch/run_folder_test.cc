#include "client/launch/run_folder.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/file.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "common/base/error.h"
#include "common/config/load_config.h"
#include "common/tasks/prompt_file.h"

namespace mdrl {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class RunFolderTest : public testing::Test {
 protected:
  RunFolderTest()
      : folder_(fs::temp_directory_path() /
                ("run_folder_test_" + std::to_string(getpid()))) {
    fs::remove_all(folder_);
  }
  ~RunFolderTest() override { fs::remove_all(folder_); }

  void Write(const std::string& name, const std::string& text) const {
    std::ofstream(folder_ / name) << text;
  }

  const fs::path folder_;
};

config::v1::Run Config(const std::string& text) {
  return LoadConfig({.path = "test",
                     .text = "run: {name: r}\nmodel: {path: m}\n"
                             "tasks: {sudoku4: {rubric: bare}}\n" +
                             text})
      ->run;
}

TEST_F(RunFolderTest, ANewFolderIsMadeWithItsParts) {
  ASSERT_TRUE(ClaimRunFolder(folder_, false).ok());
  EXPECT_TRUE(fs::is_directory(folder_ / "data"));
  EXPECT_TRUE(fs::is_directory(folder_ / "logs"));
}

TEST_F(RunFolderTest, AFolderWithAnythingInItNeedsResume) {
  fs::create_directories(folder_);
  Write("ledger.db", "");
  const absl::Status refused = ClaimRunFolder(folder_, false);
  EXPECT_EQ(DetailOf(refused).reason, reason::kRunDirNotEmpty);
  EXPECT_THAT(std::string(refused.message()), HasSubstr("--resume"));
  EXPECT_FALSE(fs::exists(folder_ / "logs"));
  EXPECT_TRUE(ClaimRunFolder(folder_, true).ok());
}

TEST_F(RunFolderTest, AFolderWhoseLockIsHeldIsInUse) {
  fs::create_directories(folder_);
  const int fd = open((folder_ / "run.lock").c_str(), O_RDWR | O_CREAT, 0644);
  ASSERT_EQ(flock(fd, LOCK_EX), 0);
  EXPECT_EQ(DetailOf(ClaimRunFolder(folder_, true)).reason,
            reason::kRunDirInUse);
  close(fd);
  EXPECT_TRUE(ClaimRunFolder(folder_, true).ok());
}

TEST_F(RunFolderTest, ARefusedRunLeavesNothing) {
  ASSERT_TRUE(ClaimRunFolder(folder_, false).ok());
  fs::create_directories(folder_ / "checkpoints");
  Write("logs/learner.log", "refused");
  ForgetRunFolder(folder_);
  EXPECT_FALSE(fs::exists(folder_));
}

TEST_F(RunFolderTest, ARunThatBeganIsKept) {
  ASSERT_TRUE(ClaimRunFolder(folder_, false).ok());
  Write("ledger.db", "");
  ForgetRunFolder(folder_);
  EXPECT_TRUE(fs::is_directory(folder_ / "logs"));
}

TEST_F(RunFolderTest, MakeBecomesFiles) {
  ASSERT_TRUE(ClaimRunFolder(folder_, false).ok());
  config::v1::Run run = Config(
      "submit: {make: {count: 5, seed: 1}, task: sudoku4}\n"
      "sft: [{data: own.jsonl}, {make: {task: sort, count: 7}}]\n");
  const auto plan = PlanPrompts(folder_, std::nullopt, &run);
  ASSERT_TRUE(plan.ok()) << plan.status();
  EXPECT_FALSE(fs::exists(run.submit(0).file()));
  ASSERT_TRUE(WriteFiles(*plan).ok());
  const auto prompts = ReadPromptFile(run.submit(0).file(), "sudoku4");
  ASSERT_TRUE(prompts.ok()) << prompts.status();
  EXPECT_EQ(prompts->prompts, plan->sets[0].prompts.prompts);
  EXPECT_EQ(plan->sets[0].name, "sudoku4");
  EXPECT_EQ(run.sft(0).data(), "own.jsonl");
  EXPECT_EQ(ReadDemonstrations(run.sft(1).data())->size(), 7u);
}

TEST_F(RunFolderTest, ATestSetTakesThePlaceOfTheFirstHeldOutSet) {
  ASSERT_TRUE(ClaimRunFolder(folder_, false).ok());
  Write("own.csv", "Puzzle,Solution\n0310200404001043,4312213434211243\n");
  config::v1::Run run = Config(
      "submit:\n- {make: {count: 3}, task: sudoku4, name: train}\n"
      "- {make: {count: 9}, task: sudoku4, name: test, held_out: true}\n"
      "- {make: {count: 9}, task: sudoku4, name: other, held_out: true}\n");
  const auto plan = PlanPrompts(folder_, folder_ / "own.csv", &run);
  ASSERT_TRUE(plan.ok()) << plan.status();
  EXPECT_EQ(plan->sets[0].prompts.prompts.size(), 3u);
  EXPECT_EQ(plan->sets[1].prompts.prompts.size(), 1u);
  EXPECT_TRUE(plan->sets[1].held_out);
  EXPECT_EQ(plan->sets[2].prompts.prompts.size(), 9u);
  EXPECT_EQ(run.submit(1).file(), (folder_ / "data/prompts-1.jsonl").string());
}

TEST_F(RunFolderTest, ABadFileIsRefusedWithItsLine) {
  ASSERT_TRUE(ClaimRunFolder(folder_, false).ok());
  Write("own.csv", "Puzzle,Solution\n03102004,43122134\n");
  Write("prompts.jsonl", "{\"prompt\": \"x\"}\n");
  config::v1::Run run =
      Config("submit: {make: {count: 9}, task: sudoku4, held_out: true}\n");
  EXPECT_THAT(
      std::string(
          PlanPrompts(folder_, folder_ / "own.csv", &run).status().message()),
      HasSubstr("own.csv:2"));
  run = Config("submit: {file: " + (folder_ / "prompts.jsonl").string() +
               ", task: sudoku4}\n");
  EXPECT_THAT(
      std::string(PlanPrompts(folder_, std::nullopt, &run).status().message()),
      HasSubstr("prompts.jsonl:1: no \"truth\""));
}

TEST_F(RunFolderTest, ATestSetNeedsAHeldOutSet) {
  Write("own.csv", "Puzzle,Solution\n0310200404001043,4312213434211243\n");
  config::v1::Run run = Config("");
  EXPECT_EQ(
      DetailOf(PlanPrompts(folder_, folder_ / "own.csv", &run).status()).reason,
      reason::kConfiguration);
}

}  // namespace
}  // namespace mdrl
