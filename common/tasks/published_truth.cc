// The truths of the published layout; declared in score_lines.h.
#include <array>
#include <charconv>
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "common/tasks/score_lines.h"

namespace mdrl {
namespace {

using Json = nlohmann::json;

absl::Status Bad(std::string_view task, std::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat(
      "ground_truth of ", std::string(task), " must be ", std::string(what)));
}

std::string Dump(const Json& value) {
  return value.dump(-1, ' ', false, Json::error_handler_t::replace);
}

// 18.0 is "18", as the gold answers are written.
std::string PlainDecimal(double value) {
  std::array<char, 400> out;
  const auto end = std::to_chars(out.data(), out.data() + out.size(), value,
                                 std::chars_format::fixed);
  return std::string(out.data(), end.ptr);
}

bool AllAsciiDigits(std::string_view text) {
  return text.find_first_not_of("0123456789") == std::string_view::npos;
}

// The digits behind `name`; empty: none.
std::string_view DigitsBehind(std::string_view text, std::string_view name) {
  const size_t at = text.find(name);
  if (at == std::string_view::npos) return {};
  text.remove_prefix(at + name.size());
  const size_t end = text.find_first_not_of("0123456789");
  return text.substr(0, end);
}

absl::StatusOr<Json> OfGsm8k(std::string_view, const Json& given) {
  if (given.is_null()) return Json{{"answer", nullptr}};
  if (given.is_string()) return Json{{"answer", given}};
  if (given.is_number()) {
    return Json{{"answer", PlainDecimal(given.get<double>())}};
  }
  return Bad("gsm8k", "a number or null");
}

absl::StatusOr<Json> OfAnswer(std::string_view, const Json& given) {
  if (given.is_string()) return Json{{"answer", given}};
  return Bad("a task with an answer", "a string");
}

absl::StatusOr<Json> OfNumeric(std::string_view, const Json& given) {
  if (given.is_object()) return given;
  if (given.is_string() || given.is_number()) return Json{{"answer", given}};
  return Bad("numeric", "a number");
}

absl::StatusOr<Json> OfCountdown(std::string_view question, const Json& given) {
  if (given.is_array() && given.size() == 2) {
    return Json{{"numbers", given[0]}, {"target", given[1]}};
  }
  const std::string_view target = DigitsBehind(question, "Target: ");
  const size_t open = question.find("Numbers: [");
  const size_t close = question.find(']', open);
  if (target.empty() || target.size() > 9 || open == std::string_view::npos ||
      close == std::string_view::npos) {
    return Bad("countdown",
               "[[numbers], target], or the question must say both");
  }
  const std::string list =
      absl::StrCat(std::string(question.substr(open + 9, close - open - 8)));
  return Json{{"numbers", Json::parse(list, nullptr, false)},
              {"target", Json::parse(target, nullptr, false)}};
}

template <size_t cells>
absl::StatusOr<Json> OfSudoku(std::string_view question, const Json& given) {
  std::string_view puzzle = question.substr(0, cells);
  if (puzzle.size() < cells || !AllAsciiDigits(puzzle)) {
    puzzle = DigitsBehind(question, "Sudoku puzzle: ").substr(0, cells);
  }
  if (puzzle.size() != cells) {
    return absl::InvalidArgumentError(
        absl::StrCat("question has no puzzle of ", cells,
                     " digits: it begins with them, or "
                     "they stand behind \"Sudoku puzzle: \""));
  }
  return Json{{"puzzle", puzzle}, {"solution", given}};
}

struct Published {
  std::string_view task;
  absl::StatusOr<Json> (*truth)(std::string_view question, const Json& given);
};
constexpr Published kPublished[] = {
    {"countdown", OfCountdown}, {"exact_match", OfAnswer},
    {"gsm8k", OfGsm8k},         {"math", OfAnswer},
    {"numeric", OfNumeric},     {"sudoku4", OfSudoku<16>},
    {"sudoku9", OfSudoku<81>},
};

}  // namespace

absl::StatusOr<std::string> TruthOfPublished(std::string_view task,
                                             std::string_view question,
                                             std::string_view ground_truth) {
  const Json given = Json::parse(ground_truth, nullptr, false);
  for (const Published& published : kPublished) {
    if (published.task != task) continue;
    const absl::StatusOr<Json> truth = published.truth(question, given);
    if (!truth.ok()) return truth.status();
    return Dump(*truth);
  }
  return given.is_string() ? given.get<std::string>() : Dump(given);
}

}  // namespace mdrl
