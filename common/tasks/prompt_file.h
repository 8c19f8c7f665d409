// Prompt sets and demonstrations as JSON lines.
//
// A prompt: {"prompt": TEXT, "truth": {...}, "id": TEXT}; instead of "prompt",
// "turns": [{"role","text"}, ...] or "messages": [{"role","content"}, ...];
// "id" and "prefill" are optional. The public data sets of gsm8k, math and
// countdown are read as they are (dataset_lines.h), also as one JSON list. A
// demonstration: {"prompt": TEXT, "answer": TEXT}. Blank lines are skipped.
// Every error starts with FILE:LINE, or FILE: entry N in a list.
//
// Functions without state; safe from any thread.
#ifndef MDRL_COMMON_TASKS_PROMPT_FILE_H_
#define MDRL_COMMON_TASKS_PROMPT_FILE_H_

#include <cstdint>
#include <filesystem>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "common/record/prompt.h"
#include "common/tasks/prompt_maker.h"

namespace mdrl {

struct PromptFile {
  std::vector<Prompt> prompts;  // index set; set_sha256 left zero
  uint64_t several_solutions =
      0;  // puzzles with more than one: said, not refused
};

// `where` is the file's name in messages. InvalidArgument: no prompt at all, a
// line that is no such object, a truth that CheckTruth refuses.
absl::StatusOr<PromptFile> ParsePromptFile(std::string_view text,
                                           std::string_view task,
                                           std::string_view where);
absl::StatusOr<PromptFile> ReadPromptFile(const std::filesystem::path& file,
                                          std::string_view task);

absl::StatusOr<std::vector<Demonstration>> ReadDemonstrations(
    const std::filesystem::path& file);

// The lines that the readers above read; each ends in a newline.
std::string ToJsonLines(std::span<const Prompt> prompts);
std::string ToJsonLines(std::span<const Demonstration> demonstrations);

}  // namespace mdrl

#endif  // MDRL_COMMON_TASKS_PROMPT_FILE_H_
