// Puzzles of the user's own, as prompts: what --test-set FILE reads.
//
// sudoku4: CSV with the header "Puzzle,Solution", or JSON lines
// {"puzzle","solution"}; a solution left out is filled in where it is the only
// one. sort: JSON lines {"digits"}. Any other task: a prompt file. Functions
// without state.
#ifndef MDRL_COMMON_TASKS_TEST_SET_H_
#define MDRL_COMMON_TASKS_TEST_SET_H_

#include <filesystem>
#include <string_view>

#include "absl/status/statusor.h"
#include "common/tasks/prompt_file.h"

namespace mdrl {

// Prompts with the ids "1", "2", ... (the row, not counting a header). Errors
// as for prompt files: FILE:LINE and what is wrong.
absl::StatusOr<PromptFile> ParseTestSet(std::string_view text,
                                        std::string_view task,
                                        std::string_view where);
absl::StatusOr<PromptFile> ReadTestSet(const std::filesystem::path& file,
                                       std::string_view task);

}  // namespace mdrl

#endif  // MDRL_COMMON_TASKS_TEST_SET_H_
