#include "common/tasks/dataset_lines.h"

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/tasks/answer_truth.h"
#include "common/tasks/code_truth.h"
#include "common/tasks/countdown.h"
#include "common/tasks/prompt_maker.h"

namespace mdrl {
namespace {

using Json = nlohmann::ordered_json;

// Both keys hold texts.
bool HasTexts(const Json& entry, const char* first, const char* second) {
  for (const char* key : {first, second}) {
    const auto found = entry.find(key);
    if (found == entry.end() || !found->is_string()) return false;
  }
  return true;
}

Prompt Asking(std::string_view task, const Json& question, std::string truth) {
  Prompt out;
  out.task = std::string(task);
  out.turns = {{"user", question.get<std::string>()}};
  out.truth = std::move(truth);
  return out;
}

absl::StatusOr<Prompt> FromGsm8k(const Json& entry) {
  const std::string answer = entry["answer"];
  const size_t mark = answer.rfind("####");
  if (mark == std::string::npos) {
    return absl::InvalidArgumentError("\"answer\" has no \"####\"");
  }
  const size_t begin = answer.find_first_not_of(' ', mark + 4);
  const size_t end = answer.find_last_not_of(" \n");
  if (begin == std::string::npos || begin > end) {
    return absl::InvalidArgumentError("nothing stands behind \"####\"");
  }
  return Asking("gsm8k", entry["question"],
                AnswerTruthJson(answer.substr(begin, end + 1 - begin)));
}

absl::StatusOr<Prompt> FromSolution(const Json& entry) {
  constexpr std::string_view kBox = "\\boxed{";
  const std::string solution = entry["solution"];
  const size_t box = solution.rfind(kBox);
  if (box == std::string::npos) {
    return absl::InvalidArgumentError("\"solution\" has no \\boxed{...}");
  }
  const size_t begin = box + kBox.size();
  int open = 1;
  size_t end = begin;
  for (; end < solution.size(); ++end) {
    open += solution[end] == '{' ? 1 : solution[end] == '}' ? -1 : 0;
    if (open == 0) break;
  }
  if (open != 0) {
    return absl::InvalidArgumentError("the last \\boxed{ does not close");
  }
  return Asking("math", entry["problem"],
                AnswerTruthJson(solution.substr(begin, end - begin)));
}

absl::StatusOr<Prompt> FromCountdown(const Json& entry) {
  const auto parsed = nlohmann::json::parse(
      absl::StrCat("{\"numbers\":[", entry["input"].get<std::string>(),
                   "],\"target\":", entry["output"].get<std::string>(), "}"),
      nullptr, /*allow_exceptions=*/false);
  if (parsed.is_discarded()) {
    return absl::InvalidArgumentError(
        "\"input\" must be numbers with commas between them and \"output\" a "
        "number");
  }
  MDRL_ASSIGN_OR_RETURN(const CountdownTruth truth,
                        ParseCountdownTruth(parsed.dump()));
  return CountdownPrompt(truth, "");
}

// The answer begins with what the data set says of it, up to the function's
// body.
absl::StatusOr<Prompt> FromFunctionTests(std::string_view task,
                                         const Json& entry) {
  FunctionTruth truth;
  for (const Json& part : entry["test_list"]) {
    if (!part.is_string()) {
      return absl::InvalidArgumentError("\"test_list\" holds what is no text");
    }
    absl::StrAppend(&truth.tests, part.get<std::string>(), "\n");
  }
  truth.entry = CheckedFunction(truth.tests);
  if (truth.entry.empty()) {
    return absl::InvalidArgumentError(
        "\"test_list\" has no last line check(NAME)");
  }
  const std::string prefix = entry["prefix"];
  truth.prefix = CodeBehindFence(prefix);
  Prompt out = Asking(task, entry["question"], ToJson(truth));
  out.prefill = prefix;
  return out;
}

}  // namespace

std::optional<absl::StatusOr<Prompt>> PromptOfDataset(const Json& entry,
                                                      std::string_view task) {
  if (task == "gsm8k" && HasTexts(entry, "question", "answer")) {
    return FromGsm8k(entry);
  }
  if (task == "math" && HasTexts(entry, "question", "ground_truth_answer")) {
    return Asking(
        "math", entry["question"],
        AnswerTruthJson(entry["ground_truth_answer"].get<std::string>()));
  }
  if (task == "math" && HasTexts(entry, "problem", "solution")) {
    return FromSolution(entry);
  }
  if ((task == "humaneval" || task == "mbpp") &&
      HasTexts(entry, "question", "prefix") && entry.contains("test_list") &&
      entry["test_list"].is_array()) {
    return FromFunctionTests(task, entry);
  }
  if (task == "countdown" && HasTexts(entry, "input", "output")) {
    return FromCountdown(entry);
  }
  return std::nullopt;
}

}  // namespace mdrl
