// The words around a question: instructions that a task's prompts share.
//
// Immutable value; safe from any thread.
#ifndef MDRL_COMMON_TASKS_PROMPT_TEMPLATE_H_
#define MDRL_COMMON_TASKS_PROMPT_TEMPLATE_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "common/record/prompt.h"

namespace mdrl {

class PromptTemplate {
 public:
  // `text`: the word "tagged" for our own instruction of the task, which asks
  // for <reasoning> and <answer> sections (countdown, gsm8k, math, sudoku4,
  // sudoku9); or the words themselves, with {prompt} where the question goes,
  // or the names of fields of the truth, such as {numbers} and {target}; {{ and
  // }} are braces. InvalidArgument: no such instruction, no placeholder at all,
  // or a brace that does not close.
  static absl::StatusOr<PromptTemplate> Create(std::string_view task,
                                               std::string_view text);

  // The turns with the last user turn's text put into the words.
  // InvalidArgument: the prompt has no user turn, or its truth no such field.
  absl::StatusOr<std::vector<Turn>> Apply(const Prompt& prompt) const;

 private:
  struct Piece {
    bool placeholder = false;
    std::string text;  // its name, or the words
  };
  std::vector<Piece> pieces_;
};

}  // namespace mdrl

#endif  // MDRL_COMMON_TASKS_PROMPT_TEMPLATE_H_
