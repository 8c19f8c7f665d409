#include "services/reward/verify/sudoku.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <nlohmann/json.hpp>
#include <random>

namespace mdrl {
namespace {

using ::testing::ElementsAre;

constexpr char kTruth[] =
    R"({"puzzle":"0310200404001043","solution":"4312213434211243"})";

Verdict Judge(std::string_view rubric, std::string_view text,
              std::string_view truth = kTruth) {
  for (const RubricEntry& entry : Sudoku4Task().rubrics) {
    if (entry.name != rubric) continue;
    auto verdict = entry.verify(truth, text);
    EXPECT_TRUE(verdict.ok()) << verdict.status();
    return *std::move(verdict);
  }
  ADD_FAILURE() << rubric;
  return {};
}

TEST(SudokuVerifierTest, BareReadsTheDigitsOfTheWholeText) {
  // cells, empty_cells, correct_cells, solved
  EXPECT_THAT(Judge("bare", "4312213434211243").values,
              ElementsAre(1, 8, 8, 1));
  EXPECT_EQ(Judge("bare", "4312213434211243").correct, true);
  EXPECT_THAT(Judge("bare", "4312 2134=3421 1243").values,
              ElementsAre(1, 8, 8, 1));
  // All empty cells right, one given overwritten.
  EXPECT_THAT(Judge("bare", "4412213434211243").values,
              ElementsAre(1, 8, 8, 0));
  EXPECT_EQ(Judge("bare", "4412213434211243").correct, false);
  EXPECT_THAT(Judge("bare", "4").values, ElementsAre(0.125, 8, 1, 0));
  EXPECT_EQ(Judge("bare", "4").extracted, "4000000000000000");
  EXPECT_EQ(Judge("bare", "43122134342112439").values[0], 1.0);
}

TEST(SudokuVerifierTest, NothingToReadIsUnparsableAndEarnsNothing) {
  for (const char* rubric : {"bare", "spg.train", "eval"}) {
    const Verdict verdict = Judge(rubric, "no digits");
    EXPECT_EQ(verdict.outcome, Outcome::kUnparsable) << rubric;
    EXPECT_THAT(verdict.values, ElementsAre(0, 8, 0, 0));
    EXPECT_EQ(verdict.extracted, "");
  }
  EXPECT_EQ(Judge("spg.train", "4312213434211243").outcome,
            Outcome::kUnparsable);
}

TEST(SudokuVerifierTest, APuzzleWithoutEmptyCellsEarnsNothing) {
  EXPECT_THAT(
      Judge("bare", "4312213434211243",
            R"({"puzzle":"4312213434211243","solution":"4312213434211243"})")
          .values,
      ElementsAre(0, 0, 0, 1));
}

TEST(SudokuVerifierTest, RandomBytesAreScoredNotRefused) {
  std::mt19937 random(6);
  for (int round = 0; round < 3000; ++round) {
    std::string text;
    for (int i = random() % 64; i > 0; --i) {
      text += random() % 4 == 0 ? "</answer><answer>"
                                : std::string(1, static_cast<char>(random()));
    }
    for (const char* rubric : {"bare", "spg.train", "eval"}) {
      const Verdict verdict = Judge(rubric, text);
      EXPECT_GE(verdict.values[0], 0.0);
      EXPECT_LE(verdict.values[0], 1.0);
    }
  }
}

std::vector<nlohmann::json> Lines(const std::filesystem::path& file) {
  std::vector<nlohmann::json> out;
  std::ifstream in(file);
  for (std::string line; std::getline(in, line);) {
    out.push_back(nlohmann::json::parse(line));
  }
  return out;
}

// What LLaDA-8B-Instruct wrote, judged as SPG's code judged it, line by line.
class PublishedSudokuTest : public ::testing::TestWithParam<const char*> {};

TEST_P(PublishedSudokuTest, EveryLineGetsThePublishedVerdict) {
  const std::filesystem::path folder = GetParam();
  if (!std::filesystem::exists(folder / "llada8b_sudoku_gen256.jsonl")) {
    GTEST_SKIP() << folder << "/llada8b_sudoku_gen256.jsonl is absent";
  }
  const auto texts = Lines(folder / "llada8b_sudoku_gen256.jsonl");
  const auto expected = Lines(folder / "llada8b_sudoku_gen256.expected.jsonl");
  ASSERT_EQ(texts.size(), expected.size());
  ASSERT_GE(texts.size(), 20u);
  for (size_t i = 0; i < texts.size(); ++i) {
    SCOPED_TRACE(i + 1);
    const std::string question = texts[i]["question"];
    const nlohmann::json truth = {
        {"puzzle", question.substr(question.find(": ") + 2, 16)},
        {"solution", texts[i]["ground_truth"]}};
    const std::string text = texts[i]["generation"];
    const Verdict train = Judge("spg.train", text, truth.dump());
    EXPECT_DOUBLE_EQ(train.values[0],
                     expected[i]["rewards"]["sudoku"].get<double>());
    const Verdict eval = Judge("eval", text, truth.dump());
    EXPECT_EQ(eval.extracted, expected[i]["extracted"].get<std::string>());
    EXPECT_EQ(eval.values[1], expected[i]["empty_cells"].get<double>());
    EXPECT_EQ(eval.values[2], expected[i]["correct_cells"].get<double>());
    EXPECT_EQ(eval.correct, std::nullopt);
  }
}

INSTANTIATE_TEST_SUITE_P(Folders, PublishedSudokuTest,
                         ::testing::Values("tests/golden/data",
                                           "../shared/data"),
                         [](const auto& info) {
                           return info.index == 0 ? "TwentyLines" : "AllLines";
                         });

}  // namespace
}  // namespace mdrl
