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

TEST_F(RunFolderTest, MakeBecomesFiles) {
  ASSERT_TRUE(ClaimRunFolder(folder_, false).ok());
  config::v1::Run run = Config(
      "submit: {make: {count: 5, seed: 1}, task: sudoku4}\n"
      "sft: [{data: own.jsonl}, {make: {task: sort, count: 7}}]\n");
  ASSERT_TRUE(ExpandPrompts(folder_, std::nullopt, &run).ok());
  const auto prompts = ReadPromptFile(run.submit(0).file(), "sudoku4");
  ASSERT_TRUE(prompts.ok()) << prompts.status();
  EXPECT_EQ(prompts->prompts.size(), 5u);
  EXPECT_EQ(run.sft(0).data(), "own.jsonl");
  EXPECT_EQ(ReadDemonstrations(run.sft(1).data())->size(), 7u);
}

TEST_F(RunFolderTest, ATestSetTakesThePlaceOfTheHeldOutSet) {
  ASSERT_TRUE(ClaimRunFolder(folder_, false).ok());
  Write("own.csv", "Puzzle,Solution\n0310200404001043,4312213434211243\n");
  config::v1::Run run = Config(
      "submit:\n- {file: train.jsonl, task: sudoku4, name: train}\n"
      "- {make: {count: 9}, task: sudoku4, name: test, held_out: true}\n");
  const absl::Status status = ExpandPrompts(folder_, folder_ / "own.csv", &run);
  ASSERT_TRUE(status.ok()) << status;
  EXPECT_EQ(run.submit(0).file(), "train.jsonl");
  EXPECT_EQ(run.submit(1).name(), "test");
  EXPECT_EQ(ReadPromptFile(run.submit(1).file(), "sudoku4")->prompts.size(),
            1u);
}

TEST_F(RunFolderTest, ABadTestSetIsRefusedWithItsLine) {
  ASSERT_TRUE(ClaimRunFolder(folder_, false).ok());
  Write("own.csv", "Puzzle,Solution\n03102004,43122134\n");
  config::v1::Run run =
      Config("submit: {make: {count: 9}, task: sudoku4, held_out: true}\n");
  EXPECT_THAT(
      std::string(ExpandPrompts(folder_, folder_ / "own.csv", &run).message()),
      HasSubstr("own.csv:2"));
  run.clear_submit();
  EXPECT_EQ(DetailOf(ExpandPrompts(folder_, folder_ / "own.csv", &run)).reason,
            reason::kConfiguration);
}

}  // namespace
}  // namespace mdrl
