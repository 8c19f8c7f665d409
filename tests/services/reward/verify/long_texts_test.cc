// No text makes a verifier slow: a megabyte of anything costs about as much as
// a megabyte of anything else.
#include <gtest/gtest.h>

#include <ctime>
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
  return R"({"answer":"1"})";
}

double Seconds(const Verify& verify, const std::string& text) {
  // Of processor time, so that company on the machine does not count.
  const std::clock_t start = std::clock();
  verify(text);
  return static_cast<double>(std::clock() - start) / CLOCKS_PER_SEC;
}

// No rubric takes longer than `seconds` with any of `texts`.
void ExpectBelow(double seconds, const std::vector<std::string>& texts) {
  for (const TaskEntry* task : AllTasks()) {
    if (task->name == "sudoku9") continue;  // sudoku4's code
    for (const RubricEntry& rubric : task->rubrics) {
      const auto verify = rubric.prepare(TruthOf(task->name));
      ASSERT_TRUE(verify.ok()) << verify.status();
      for (const std::string& text : texts) {
        EXPECT_LT(Seconds(*verify, text), seconds)
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
