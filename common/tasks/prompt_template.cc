#include "common/tasks/prompt_template.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"

namespace mdrl {
namespace {

// The layout that the rubrics of these tasks read.
#define MDRL_LAYOUT                                                       \
  "Write down your reasoning first and the answer after it, each between" \
  " its tags and the tags on lines of their own:\n"                       \
  "<reasoning>\n(your reasoning)\n</reasoning>\n<answer>\n"

struct Instruction {
  std::string_view task;
  std::string_view text;
};

constexpr Instruction kTagged[] = {
    {"countdown",
     "Make an arithmetic expression whose value is exactly {target}. Use each"
     " of the numbers {numbers} exactly once, and no other number; you may use"
     " +, -, *, / and brackets.\n" MDRL_LAYOUT
     "(the expression alone, without an equals sign)\n</answer>\n\nFor the"
     " numbers [2, 3, 4] and the value 5 a right answer is 2*4-3."},
    {"gsm8k", MDRL_LAYOUT "(the number alone)\n</answer>\n\n{prompt}"},
    {"math", MDRL_LAYOUT
     "\\boxed{{(the result)}}\n</answer>\n\nSolve this problem step by"
     " step.\n\n{prompt}"},
    {"sudoku4",
     "Complete a 4x4 Sudoku: every row, every column and every 2x2 box must"
     " hold each of the digits 1 to 4 once. The grid is given as 16 characters,"
     " row after row; 0 is an empty cell. The given digits stay as they"
     " are.\n" MDRL_LAYOUT
     "(the 16 digits of the complete grid, nothing between"
     " them)\n</answer>\n\nThe grid: {puzzle}"},
    {"sudoku9",
     "Complete a Sudoku: every row, every column and every 3x3 box must hold"
     " each of the digits 1 to 9 once. The grid is given as 81 characters, row"
     " after row; 0 is an empty cell. The given digits stay as they"
     " are.\n" MDRL_LAYOUT
     "(the 81 digits of the complete grid, nothing between"
     " them)\n</answer>\n\nThe grid: {puzzle}"}};
#undef MDRL_LAYOUT

absl::StatusOr<std::string_view> TextOf(std::string_view task,
                                        std::string_view text) {
  if (text != "tagged") return text;
  for (const Instruction& instruction : kTagged) {
    if (instruction.task == task) return instruction.text;
  }
  return absl::InvalidArgumentError(
      absl::StrCat("there is no instruction \"tagged\" of ours for ",
                   std::string(task), "; give the words themselves"));
}

// [30, 100, 93]; texts as they are.
std::string Shown(const nlohmann::json& value) {
  if (value.is_string()) return value.get<std::string>();
  if (!value.is_array()) return value.dump();
  std::string out;
  for (const nlohmann::json& entry : value) {
    absl::StrAppend(&out, out.empty() ? "[" : ", ", Shown(entry));
  }
  return out.empty() ? "[]" : out + "]";
}

}  // namespace

absl::StatusOr<PromptTemplate> PromptTemplate::Create(std::string_view task,
                                                      std::string_view text) {
  MDRL_ASSIGN_OR_RETURN(std::string_view rest, TextOf(task, text));
  PromptTemplate out;
  std::string words;
  bool any = false;
  while (!rest.empty()) {
    if (rest.substr(0, 2) == "{{" || rest.substr(0, 2) == "}}") {
      words += rest[0];
      rest.remove_prefix(2);
    } else if (rest[0] == '{') {
      const size_t end = rest.find('}');
      if (end == std::string_view::npos || end == 1) {
        return absl::InvalidArgumentError(
            "a { opens no placeholder such as {prompt}; {{ is the brace");
      }
      out.pieces_.push_back({false, std::exchange(words, "")});
      out.pieces_.push_back({true, std::string(rest.substr(1, end - 1))});
      rest.remove_prefix(end + 1);
      any = true;
    } else {
      words += rest[0];
      rest.remove_prefix(1);
    }
  }
  out.pieces_.push_back({false, std::move(words)});
  if (any) return out;
  return absl::InvalidArgumentError(
      "has no placeholder: {prompt} is where the question goes");
}

absl::StatusOr<std::vector<Turn>> PromptTemplate::Apply(
    const Prompt& prompt) const {
  std::vector<Turn> turns = prompt.turns;
  const auto user =
      std::find_if(turns.rbegin(), turns.rend(),
                   [](const Turn& turn) { return turn.role == "user"; });
  if (user == turns.rend()) {
    return absl::InvalidArgumentError("it has no user turn for the template");
  }
  const auto truth = nlohmann::json::parse(prompt.truth, nullptr, false);
  std::string text;
  for (const Piece& piece : pieces_) {
    if (!piece.placeholder) {
      text += piece.text;
    } else if (piece.text == "prompt") {
      text += user->text;
    } else if (truth.is_object() && truth.contains(piece.text)) {
      text += Shown(truth[piece.text]);
    } else {
      return absl::InvalidArgumentError(absl::StrCat(
          "its truth has no \"", piece.text, "\", which the template puts in"));
    }
  }
  user->text = std::move(text);
  return turns;
}

}  // namespace mdrl
