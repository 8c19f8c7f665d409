#include "client/command/evaluation_table.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "client/command/answer_rows.h"
#include "client/report/confidence.h"
#include "common/tasks/prompt_maker.h"

namespace mdrl {
namespace {

using testing::HasSubstr;
using testing::Not;

v1::Evaluation WithVerdicts() {
  v1::Evaluation evaluation;
  evaluation.mutable_policy()->set_version(12);
  v1::Evaluation::Row& row = *evaluation.add_rows();
  row.set_task("gsm8k");
  row.mutable_decode()->set_canvas_tokens(256);
  row.mutable_decode()->set_decode_steps(128);
  row.set_done(1319);
  row.set_total(1319);
  row.set_verdicts(1319);
  row.set_correct(1116);
  row.set_reward_mean(0.846);
  row.set_reward_stddev(0.361);
  row.set_effective_tokens_mean(171.4);
  return evaluation;
}

v1::Evaluation OfPuzzles() {
  v1::Evaluation evaluation;
  v1::Evaluation::Row& row = *evaluation.add_rows();
  row.set_task("sudoku4");
  row.mutable_decode()->set_canvas_tokens(128);
  row.mutable_decode()->set_decode_steps(64);
  row.set_done(200);
  row.set_total(256);
  (*row.mutable_extra())["empty_cells"] = 2000;
  (*row.mutable_extra())["correct_cells"] = 500;
  (*row.mutable_extra())["solved"] = 20;
  return evaluation;
}

TEST(ConfidenceTest, WilsonsIntervalIsThatOfTheBooks) {
  // Newcombe 1998, table I.
  const Interval interval = WilsonInterval(81, 263);
  EXPECT_NEAR(interval.low, 0.2553, 5e-5);
  EXPECT_NEAR(interval.high, 0.3662, 5e-5);
  EXPECT_EQ(WilsonInterval(0, 20).low, 0.0);
  EXPECT_NEAR(WilsonInterval(0, 20).high, 0.1611, 5e-5);
  EXPECT_EQ(WilsonInterval(29, 29).high, 1.0);
  EXPECT_EQ(WilsonInterval(0, 0).high, 1.0);
  EXPECT_NEAR(MeanHalfWidth(2.0, 400), 0.196, 1e-4);
  EXPECT_EQ(MeanHalfWidth(2.0, 0), 0.0);
}

TEST(EvaluationTableTest, AccuracyHasItsSamplesAndInterval) {
  const std::string table = EvaluationTable(WithVerdicts());
  EXPECT_THAT(table, HasSubstr("0.846 [0.826, 0.865]"));
  EXPECT_THAT(table, HasSubstr("0.846 +- 0.019"));
  EXPECT_THAT(table, HasSubstr(" 1319 "));
  EXPECT_THAT(table, HasSubstr("171"));
  EXPECT_THAT(table, Not(HasSubstr("cells")));
}

TEST(EvaluationTableTest, PuzzlesHaveBothMetricsAndNoAccuracyWithoutAVerdict) {
  const std::string table = EvaluationTable(OfPuzzles());
  EXPECT_THAT(table, HasSubstr("200 of 256"));
  EXPECT_THAT(table, HasSubstr("0.250 (500 of 2000)"));
  EXPECT_THAT(table, HasSubstr("0.100 [0.066, 0.149]"));
  EXPECT_THAT(table, HasSubstr("  -  "));
}

TEST(EvaluationTableTest, CsvHasARowPerWayToDecode) {
  EXPECT_THAT(EvaluationCsv(WithVerdicts()),
              HasSubstr("\n12,gsm8k,256,128,1319,1319,1319,1116,"));
  EXPECT_THAT(EvaluationCsv(OfPuzzles()), HasSubstr(",2000,500,20,0\n"));
}

std::vector<Prompt> TwoPrompts() {
  std::vector<Prompt> prompts = {SortPrompt("3141", "a"),
                                 SortPrompt("2718", "b")};
  prompts[1].prefill = "So: ";
  return prompts;
}

TEST(AnswerRowsTest, AnswersAreJoinedWithTheirTruthsByPlace) {
  const auto prompts = TwoPrompts();
  EXPECT_THAT(QuestionLines(prompts), HasSubstr(R"("prefill":"So: ")"));
  const auto read = ReadDecoded(R"({"id":"1","text":"So: 1278","tokens":4})"
                                "\n"
                                R"({"id":"0","text":"1134","tokens":8})"
                                "\n",
                                "decoded", prompts);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->effective_tokens_mean, 6.0);
  EXPECT_THAT(read->answers, HasSubstr(R"("text":"1278")"));
  EXPECT_THAT(read->answers, HasSubstr("2718"));
}

TEST(AnswerRowsTest, AnAnswerTooFewOrTooStrangeIsDataLoss) {
  const auto prompts = TwoPrompts();
  const auto few =
      ReadDecoded(R"({"id":"0","text":"","tokens":1})", "decoded", prompts);
  EXPECT_TRUE(absl::IsDataLoss(few.status()));
  const auto strange =
      ReadDecoded(R"({"id":"7","text":"","tokens":1})", "decoded", prompts);
  EXPECT_THAT(std::string(strange.status().message()), HasSubstr("decoded:1"));
}

TEST(AnswerRowsTest, ScoresAreCountedAndAServiceErrorIsNoReward) {
  v1::Evaluation::Row row;
  row.set_total(3);
  ASSERT_TRUE(
      AddScores(
          R"({"outcome":"scored","reward":1.0,"correct":true,"components":{"cells":1.0}})"
          "\n"
          R"({"outcome":"unparsable","reward":0.0,"correct":false,"components":{"cells":0.5}})"
          "\n"
          R"({"outcome":"service_error"})"
          "\n",
          "scores", row)
          .ok());
  EXPECT_EQ(row.done(), 3u);
  EXPECT_EQ(row.verdicts(), 2u);
  EXPECT_EQ(row.correct(), 1u);
  EXPECT_EQ(row.service_errors(), 1u);
  EXPECT_EQ(row.reward_mean(), 0.5);
  EXPECT_EQ(row.reward_stddev(), 0.5);
  EXPECT_EQ(row.extra().at("cells"), 1.5);
  v1::Evaluation::Row other;
  other.set_total(2);
  EXPECT_TRUE(absl::IsDataLoss(
      AddScores(R"({"outcome":"scored","reward":1.0})", "scores", other)));
}

}  // namespace
}  // namespace mdrl
