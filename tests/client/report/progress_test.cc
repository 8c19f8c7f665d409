#include "client/report/progress.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "absl/time/time.h"

namespace mdrl {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr char kStep[] =
    R"({"step":1,"round":0,"inner":1,"groups":12,"reward":{"sudoku4":{"mean":0.25}},"gap":0.311,"staleness":{"0":6,"1":6}})";

class ProgressTest : public testing::Test {
 protected:
  ProgressTest()
      : folder_(std::filesystem::temp_directory_path() /
                ("progress_test_" + std::to_string(getpid()))) {
    std::filesystem::create_directories(folder_);
  }
  ~ProgressTest() override { std::filesystem::remove_all(folder_); }

  void Append(const std::string& name, const std::string& text) const {
    std::ofstream(folder_ / name, std::ios::app) << text;
  }

  const std::filesystem::path folder_;
  const absl::Time start_ = absl::FromUnixSeconds(1000);
};

TEST(StepLineTextTest, TellsWhatTheLineHas) {
  EXPECT_EQ(StepLineText(kStep, 18.44),
            "round 1  step 2  reward 0.250  gap 0.31  lag 0.5  18.4 groups/s");
  EXPECT_EQ(StepLineText(R"({"step":0,"round":3})", 0), "round 4  step 1");
  EXPECT_EQ(StepLineText("{\"step\":", 0), "");
}

TEST_F(ProgressTest, NothingThereIsNoNews) {
  EXPECT_THAT(Progress(folder_, absl::Seconds(1)).News(start_), IsEmpty());
}

TEST_F(ProgressTest, OnlyTheNewestStepOfAnIntervalIsTold) {
  Append("steps.jsonl", "{\"step\":0,\"round\":0}\n");  // an earlier life
  Progress progress(folder_, absl::Seconds(2));
  Append("steps.jsonl",
         "{\"step\":1,\"round\":1,\"groups\":12}\n"
         "{\"step\":2,\"round\":2,\"groups\":12}\n{\"step\":3,");
  EXPECT_THAT(progress.News(start_), ElementsAre("round 3  step 3"));
  Append("steps.jsonl", "\"round\":3,\"inner\":0,\"groups\":12}\n");
  EXPECT_THAT(progress.News(start_ + absl::Seconds(1)), IsEmpty());
  EXPECT_THAT(progress.News(start_ + absl::Seconds(2)),
              ElementsAre("round 4  step 4  6.0 groups/s"));
  EXPECT_THAT(progress.News(start_ + absl::Seconds(9)), IsEmpty());
}

TEST_F(ProgressTest, EachEvaluationIsToldOnce) {
  Progress progress(folder_, absl::Seconds(1));
  Append(
      "summary.json",
      R"({"evals":[{"round":10,"n":256,"solved":0.5,"cells":0.875,"seconds":1.5}]})");
  EXPECT_THAT(
      progress.News(start_),
      ElementsAre(
          "test   round 10  solved 50.0 %  cells 87.5 %  (256 puzzles, 1.5 "
          "s)"));
  EXPECT_THAT(progress.News(start_), IsEmpty());
}

}  // namespace
}  // namespace mdrl
