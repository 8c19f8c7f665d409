#include "services/reward/verify/code.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "common/tasks/code_truth.h"

namespace mdrl {
namespace {

using testing::HasSubstr;
using testing::Not;

ProgramVerify PrepareTask(const TaskEntry& task, std::string_view rubric,
                          std::string_view truth) {
  for (const RubricEntry& entry : task.rubrics) {
    if (entry.name != rubric) continue;
    auto out = entry.prepare_program(truth);
    EXPECT_TRUE(out.ok()) << out.status();
    return out.value_or(ProgramVerify());
  }
  ADD_FAILURE() << "no rubric " << rubric;
  return {};
}

const FunctionTruth& Truth() {
  static const FunctionTruth kTruth = {
      "assert add(1, 2) == 3\n", "add",
      "import math\n\ndef add(a, b):\n    \"\"\"Adds.\"\"\"\n"};
  return kTruth;
}

std::string ProgramOf(std::string_view text) {
  const auto job =
      PrepareTask(HumanevalTask(), "train", ToJson(Truth())).job(text);
  return job ? job->program : "(none)";
}

TEST(CodeTest, ATextWithoutAFenceGoesOnWhereThePrefixEnds) {
  EXPECT_EQ(ProgramOf("    return a + b\n```\nThis adds."),
            Truth().prefix + "    return a + b\n");
  EXPECT_EQ(ProgramOf("    return a + b"),
            Truth().prefix + "    return a + b\n");
}

TEST(CodeTest, AFenceWithTheFunctionIsTheProgramBehindThePrefixesImports) {
  EXPECT_EQ(
      ProgramOf("Sure:\n```python\ndef add(a, b):\n    return a + b\n```\n"),
      "import math\n\n\ndef add(a, b):\n    return a + b\n");
}

TEST(CodeTest, AFenceWithoutTheFunctionIsNotTheProgram) {
  EXPECT_THAT(
      ProgramOf("    return a + b\n```\n```python\nprint(add(1, 2))\n```"),
      Not(HasSubstr("print")));
}

TEST(CodeTest, AnEmptyTextHasNoProgram) {
  EXPECT_EQ(ProgramOf(" \n"), "(none)");
  EXPECT_EQ(ProgramOf("<|endoftext|>"), "(none)");
}

TEST(CodeTest, TheLastFenceCountsAlsoWhereItIsOpen) {
  EXPECT_EQ(LastFence("```\na\n```\n```python\nb\n```"), "b\n");
  EXPECT_EQ(LastFence("```python\na"), "a");
  EXPECT_EQ(LastFence("```"), std::nullopt);
  EXPECT_EQ(LastFence("a"), std::nullopt);
}

TEST(CodeTest, ProgramsAreTakenFromTheTaggedAnswerForUnitTests) {
  const ProgramVerify verify =
      PrepareTask(PythonTestsTask(), "train",
                  R"({"tests":"def test_a(): assert a() == 1"})");
  const auto job = verify.job(
      "<reasoning>```python\nx\n```</reasoning><answer>```python\ndef a(): "
      "return 1\n```</answer>");
  ASSERT_TRUE(job.has_value());
  EXPECT_EQ(job->program, "def a(): return 1\n");
  EXPECT_TRUE(job->objects);
  EXPECT_FALSE(verify.job("I do not know.").has_value());
}

TEST(CodeTest, TheEndOfARunIsTheOutcomeAndOnlyPassingEarns) {
  const ProgramVerify verify = PrepareTask(MbppTask(), "eval", ToJson(Truth()));
  const auto job = verify.job("    return a + b");
  ASSERT_TRUE(job.has_value());
  using End = ProgramResult::End;
  const struct {
    ProgramResult result;
    Outcome outcome;
    double passed;
  } cases[] = {
      {{.end = End::kJudged, .passed = 1, .total = 1}, Outcome::kScored, 1.0},
      {{.end = End::kJudged, .passed = 0, .total = 1}, Outcome::kScored, 0.0},
      {{.end = End::kJudged}, Outcome::kScored, 0.0},
      {{.end = End::kRejected}, Outcome::kProgramCrash, 0.0},
      {{.end = End::kCrash}, Outcome::kProgramCrash, 0.0},
      {{.end = End::kTimeout}, Outcome::kProgramTimeout, 0.0},
      {{.end = End::kMemory}, Outcome::kProgramMemory, 0.0}};
  for (const auto& [result, outcome, passed] : cases) {
    const Verdict verdict = verify.verdict(&*job, result);
    EXPECT_EQ(verdict.outcome, outcome);
    EXPECT_EQ(verdict.values[0], passed);
    EXPECT_EQ(verdict.correct, passed == 1.0);
  }
  EXPECT_EQ(verify.verdict(nullptr, {}).outcome, Outcome::kUnparsable);
}

TEST(CodeTest, UnitTestsEarnThePartThatPasses) {
  const ProgramVerify verify = PrepareTask(PythonTestsTask(), "train",
                                           R"({"tests":"def test_a(): pass"})");
  const auto job = verify.job("```python\nx = 1\n```");
  ASSERT_TRUE(job.has_value());
  const Verdict verdict = verify.verdict(
      &*job, {.end = ProgramResult::End::kJudged, .passed = 1, .total = 4});
  EXPECT_THAT(verdict.values, testing::ElementsAre(0.0, 0.25, 1.0));
}

TEST(CodeTest, TruthsOfAnotherShapeAreRefusedByField) {
  EXPECT_THAT(
      std::string(ParseFunctionTruth(R"({"tests":"x"})").status().message()),
      HasSubstr("\"entry\""));
  EXPECT_THAT(std::string(ParseFunctionTruth(R"({"tests":"x","entry":"a b"})")
                              .status()
                              .message()),
              HasSubstr("a b"));
  EXPECT_FALSE(ParseFunctionTruth(R"({"tests":" ","entry":"a"})").ok());
  EXPECT_FALSE(ParsePythonTests(R"({"tests":"x = 1"})").ok());
  EXPECT_EQ(CheckedFunction("def check(c):\n  pass\n\ncheck(add)\n"), "add");
  EXPECT_EQ(CheckedFunction("assert add(1)"), "");
}

}  // namespace
}  // namespace mdrl
