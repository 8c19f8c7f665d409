// The tasks that run programs, through the scoring that the service calls.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>
#include <sstream>

#include "common/tasks/code_truth.h"
#include "common/tasks/prompt_file.h"
#include "services/reward/scoring.h"

namespace mdrl {
namespace {

using testing::HasSubstr;

const Sandbox& TheSandbox() {
  static const std::unique_ptr<Sandbox> sandbox = [] {
    Sandbox::Options options;
    options.limits.wall = absl::Seconds(30);
    auto made = Sandbox::Create(options);
    EXPECT_TRUE(made.ok()) << made.status();
    return *std::move(made);
  }();
  return *sandbox;
}

ScoreRequest Request(const char* task, std::string truth,
                     std::vector<std::string> texts) {
  ScoreRequest request;
  request.prompt.task = task;
  request.prompt.truth = std::move(truth);
  request.rubric = "train";
  uint32_t index = 0;
  for (std::string& text : texts) {
    request.texts.push_back({index++, std::move(text)});
  }
  return request;
}

TEST(ProgramScoringTest, OneRequestsProgramsAreScoredInOrderWithTypedOutcomes) {
  const std::string truth =
      ToJson(FunctionTruth{"assert add(1, 2) == 3", "add", ""});
  const auto reply = ScoreTextsWith(
      {&TheSandbox(), 2},
      Request("mbpp", truth,
              {"```python\ndef add(a, b): return a + b\n```",
               "```python\ndef add(a, b): return a - b\n```", "no idea",
               "```python\nimport os\nos._exit(0)\ndef add(a, b): 0\n```",
               "```python\nx = bytearray(10 << 30)\ndef add(a, b): 0\n```"}));
  ASSERT_TRUE(reply.ok()) << reply.status();
  EXPECT_EQ(reply->sandbox, "bubblewrap");
  ASSERT_EQ(reply->items.size(), 5u);
  const std::pair<Outcome, double> wanted[] = {{Outcome::kScored, 1.0},
                                               {Outcome::kScored, 0.0},
                                               {Outcome::kUnparsable, 0.0},
                                               {Outcome::kProgramCrash, 0.0},
                                               {Outcome::kProgramMemory, 0.0}};
  for (uint32_t i = 0; i < 5; ++i) {
    SCOPED_TRACE(i);
    EXPECT_EQ(reply->items[i].index, i);
    EXPECT_EQ(reply->items[i].score.outcome, wanted[i].first);
    EXPECT_EQ(reply->items[i].score.reward, wanted[i].second);
  }
}

TEST(ProgramScoringTest, WithoutASandboxProgramsAreRefusedAndNotListed) {
  const std::string truth =
      ToJson(FunctionTruth{"assert add(1, 2) == 3", "add", ""});
  const auto reply = ScoreTexts(Request("mbpp", truth, {"def add(): 0"}));
  EXPECT_EQ(reply.status().code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_THAT(std::string(reply.status().message()), HasSubstr("mbpp"));
  EXPECT_EQ(ListTasks().sandbox, "none");
  for (const TaskListing::Task& task : ListTasks().tasks) {
    EXPECT_FALSE(task.runs_programs) << task.name;
  }
  size_t programs = 0;
  for (const auto& task : ListTasksWith({&TheSandbox()}).tasks) {
    programs += task.runs_programs ? 1 : 0;
  }
  EXPECT_EQ(programs, 3u);
}

// Bodies of our own, by function, as a model would write them behind the data
// set's prefix.
const std::map<std::string, std::string>& Bodies() {
  static const std::map<std::string, std::string> kBodies = {
      {"has_close_elements",
       "    s = sorted(numbers)\n    return any(b - a < threshold for a, b in "
       "zip(s, s[1:]))"},
      {"truncate_number", "    return number % 1.0"},
      {"below_zero",
       "    total = 0\n    for x in operations:\n        total += x\n        "
       "if "
       "total < 0: return True\n    return False"},
      {"intersperse",
       "    out = []\n    for n in numbers: out += [n, delimeter]\n    return "
       "out[:-1]"},
      {"filter_by_substring",
       "    return [s for s in strings if substring in s]"},
      {"rolling_max",
       "    out = []\n    for n in numbers: out.append(max([n] + out[-1:]))\n"
       "    return out"},
      {"string_xor",
       "    return ''.join('0' if x == y else '1' for x, y in zip(a, b))"},
      {"longest", "    return max(strings, key=len) if strings else None"},
      {"greatest_common_divisor", "    while b: a, b = b, a % b\n    return a"},
      {"string_sequence", "    return ' '.join(map(str, range(n + 1)))"},
      {"count_distinct_characters", "    return len(set(string.lower()))"},
      {"find_zero",
       "    lo, hi = -1.0, 1.0\n    while poly(xs, lo) * poly(xs, hi) > 0:\n"
       "        lo, hi = lo * 2, hi * 2\n    for _ in range(200):\n        mid "
       "= (lo + hi) / 2\n        if poly(xs, lo) * poly(xs, mid) <= 0: hi = "
       "mid\n        else: lo = mid\n    return lo"},
      {"decode_cyclic", "    return encode_cyclic(encode_cyclic(s))"},
      {"decode_shift",
       "    return ''.join(chr((ord(c) - 5 - ord('a')) % 26 + ord('a')) for c "
       "in s)"},
      {"filter_integers",
       "    return [v for v in values if isinstance(v, int)]"},
      {"strlen", "    return len(string)"},
      {"flip_case", "    return string.swapcase()"},
      {"concatenate", "    return ''.join(strings)"},
      {"unique", "    return sorted(set(l))"},
      {"fib",
       "    a, b = 0, 1\n    for _ in range(n): a, b = b, a + b\n    return a"},
      {"sum_to_n", "    return n * (n + 1) // 2"},
      {"remove_Occ",
       "    if ch in s: s = s.replace(ch, '', 1)\n    i = s.rfind(ch)\n    "
       "return s if i < 0 else s[:i] + s[i + 1:]"},
      {"min_cost",
       "    best = [[0] * (n + 1) for _ in range(m + 1)]\n    for i in range(m "
       "+ 1):\n        for j in range(n + 1):\n            before = "
       "[best[a][b] "
       "for a, b in ((i-1, j), (i, j-1), (i-1, j-1)) if a >= 0 and b >= 0]\n"
       "            best[i][j] = cost[i][j] + (min(before) if before else 0)\n"
       "    return best[m][n]"},
      {"similar_elements",
       "    return tuple(sorted(set(test_tup1) & set(test_tup2)))"}};
  return kBodies;
}

TEST(ProgramScoringTest, CorrectAnswersToThePublicSetsPass) {
  const std::pair<const char*, const char*> sets[] = {
      {"humaneval", "../shared/data/humaneval.json"},
      {"mbpp", "../shared/data/mbpp_train.json"},
      {"mbpp", "../shared/data/mbpp_test.json"}};
  if (!std::filesystem::exists(sets[0].second)) {
    GTEST_SKIP() << "no ../shared/data here: the public sets are not covered";
  }
  std::set<std::string> answered;
  for (const auto& [task, file] : sets) {
    const auto prompts = ReadPromptFile(file, task);
    ASSERT_TRUE(prompts.ok()) << prompts.status();
    for (const Prompt& prompt : prompts->prompts) {
      const std::string entry = ParseFunctionTruth(prompt.truth)->entry;
      const auto body = Bodies().find(entry);
      if (body == Bodies().end() || !answered.insert(entry).second) continue;
      ScoreRequest request =
          Request(task, prompt.truth,
                  {body->second + "\n```\nDone.", "    return None\n```"});
      const auto reply = ScoreTextsWith({&TheSandbox(), 2}, request);
      ASSERT_TRUE(reply.ok()) << reply.status();
      EXPECT_EQ(reply->items[0].score.correct, true) << entry;
      EXPECT_EQ(reply->items[1].score.correct, false) << entry;
    }
  }
  EXPECT_GE(answered.size(), 20u);
}

}  // namespace
}  // namespace mdrl
