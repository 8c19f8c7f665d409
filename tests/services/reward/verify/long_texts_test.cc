// No text makes a verifier slow: a megabyte of anything costs about as much as
// a megabyte of anything else.
#include <gtest/gtest.h>

#include <ctime>
#include <functional>
#include <string>
#include <vector>

#include "services/reward/verify/registry.h"

namespace mdrl {
namespace {

std::string Repeated(std::string_view piece, size_t bytes) {
  std::string out;
  while (out.size() < bytes) out += piece;
  return out;
}

const char* TruthOf(std::string_view task) {
  if (task == "countdown") return R"({"numbers":[1,2,3],"target":6})";
  if (task == "sort") return R"({"digits":"3141"})";
  if (task == "sudoku4") {
    return R"({"puzzle":"0310200404001043","solution":"4312213434211243"})";
  }
  if (task == "humaneval" || task == "mbpp") {
    return R"-({"tests":"assert x()","entry":"x","prefix":"def x():\n"})-";
  }
  if (task == "python_tests") return R"-({"tests":"def test_x(): x()"})-";
  return R"({"answer":"1"})";
}

using Read = std::function<void(const std::string& text)>;

// A verdict, or what of the text would be run.
Read ReadingOf(const TaskEntry& task, const RubricEntry& rubric) {
  if (task.runs_programs) {
    const auto program = rubric.prepare_program(TruthOf(task.name));
    EXPECT_TRUE(program.ok()) << program.status();
    return [job = program->job](const std::string& text) { job(text); };
  }
  const auto verify = rubric.prepare(TruthOf(task.name));
  EXPECT_TRUE(verify.ok()) << verify.status();
  return [verify = *verify](const std::string& text) { verify(text); };
}

double Seconds(const Read& read, const std::string& text) {
  // Of processor time, so that company on the machine does not count.
  const std::clock_t start = std::clock();
  read(text);
  return static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
}

// No rubric takes longer than `seconds` with any of `texts`.
void ExpectBelow(double seconds, const std::vector<std::string>& texts) {
  for (const TaskEntry* task : AllTasks()) {
    if (task->name == "sudoku9") continue;  // sudoku4's code
    for (const RubricEntry& rubric : task->rubrics) {
      const Read read = ReadingOf(*task, rubric);
      for (const std::string& text : texts) {
        EXPECT_LT(Seconds(read, text), seconds)
            << std::string(task->name) << " " << std::string(rubric.name) << " "
            << text.substr(0, 40);
      }
    }
  }
}

constexpr const char* kPieces[] = {"x",
                                   "<",
                                   "<answer>",
                                   "</answer>",
                                   "<answer></answer>",
                                   "<reasoning>",
                                   "</reasoning>",
                                   "<reasoning></reasoning><answer>",
                                   "</reasoning> ",
                                   "\\boxed{",
                                   "\\boxed ",
                                   "\\boxed{}",
                                   "{",
                                   "}",
                                   "\\",
                                   "\\frac",
                                   "\\frac1",
                                   "\\sqrt",
                                   "\\text{ ",
                                   "```",
                                   "```1",
                                   "```\n",
                                   "```\ndef x",
                                   "def x",
                                   "1",
                                   "1 ",
                                   "-",
                                   "(",
                                   "1+",
                                   "=",
                                   "1=",
                                   "=1",
                                   "1/",
                                   "/",
                                   ".",
                                   " ",
                                   "\n",
                                   "\n<answer>\n",
                                   "\n</answer>\n",
                                   "²",
                                   "\xE3\x80\x80",
                                   "\xFF",
                                   "<|endoftext|>",
                                   "_1",
                                   "1e"};

// Linear costs are below a millisecond; quadratic ones would be many seconds.
TEST(LongTextsTest, NoPatternMakesAVerifierQuadratic) {
  std::vector<std::string> texts;
  for (const char* piece : kPieces) {
    const std::string text = Repeated(piece, 96 << 10);
    texts.push_back("<reasoning>" + text);
    texts.push_back("<answer>" + text + "</answer>");
    texts.push_back("\\boxed{" + text + "}");
  }
  ExpectBelow(0.5, texts);
}

TEST(LongTextsTest, AMegabyteIsReadInNoTime) {
  std::vector<std::string> texts;
  for (const char* piece :
       {"x", "<answer>", "\\boxed{", "1+", "\xE3\x80\x80"}) {
    texts.push_back(Repeated(piece, 1 << 20));
  }
  ExpectBelow(1.0, texts);
}

}  // namespace
}  // namespace mdrl
