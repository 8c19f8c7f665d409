// Prompts from the public data sets as they are, so that nobody has to convert
// them.
//
// Functions without state; safe from any thread.
#ifndef MDRL_COMMON_TASKS_DATASET_LINES_H_
#define MDRL_COMMON_TASKS_DATASET_LINES_H_

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "common/record/prompt.h"

namespace mdrl {

// What an entry of a data set is as a prompt; its turn is the bare question.
// - gsm8k: {"question", "answer"}, the gold answer behind "####";
// - math: {"question", "ground_truth_answer"} or {"problem", "solution"}, the
//   answer in the solution's last box;
// - humaneval, mbpp: {"question", "test_list", "prefix"}, the prefix being what
//   the answer begins with; the last line's check(NAME) names the function;
// - countdown: {"input": "30,100,93", "output": "23"}.
// nullopt: the entry has none of these shapes, or the task none. An error: it
// has, and something is wrong with it.
std::optional<absl::StatusOr<Prompt>> PromptOfDataset(
    const nlohmann::ordered_json& entry, std::string_view task);

}  // namespace mdrl

#endif  // MDRL_COMMON_TASKS_DATASET_LINES_H_
