#include "client/report/run_summary.h"

#include <algorithm>
#include <cmath>
#include <nlohmann/json.hpp>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_replace.h"
#include "client/report/thousands.h"

namespace mdrl {
namespace {

using Json = nlohmann::json;

// Missing or of another kind: zero. The file is for people, who may edit it.
double NumberAt(const Json& object, const char* key) {
  const auto found = object.find(key);
  return found != object.end() && found->is_number() ? found->get<double>()
                                                     : 0.0;
}
uint64_t CountAt(const Json& object, const char* key) {
  return static_cast<uint64_t>(std::max(0.0, NumberAt(object, key)));
}
std::string TextAt(const Json& object, const char* key) {
  const auto found = object.find(key);
  if (found == object.end()) return "";
  return found->is_string() ? found->get<std::string>() : found->dump();
}
const Json& ListAt(const Json& object, const char* key) {
  static const Json kNone = Json::array();
  const auto found = object.find(key);
  return found != object.end() && found->is_array() ? *found : kNone;
}

std::string Percent(double fraction) {
  return absl::StrFormat("%.1f %%", 100.0 * fraction);
}

std::string TimeText(double seconds) {
  if (seconds < 120.0) return absl::StrFormat("%.0f s", seconds);
  return absl::StrFormat("%.0f min %02d s", std::floor(seconds / 60.0),
                         static_cast<int>(seconds) % 60);
}

// What stands between <bos> and <sep>, or between any other marks.
std::string WithoutMarks(const std::string& text) {
  std::string out;
  bool inside = false;
  for (const char c : text) {
    if (c == '<') inside = true;
    if (!inside) out += c;
    if (c == '>') inside = false;
  }
  return out;
}

bool IsGrid(const std::string& text) {
  return text.size() == 16 && std::all_of(text.begin(), text.end(), [](char c) {
           return absl::ascii_isdigit(c);
         });
}

// The right answer that a truth names; empty if it names none.
std::string AnswerOf(const std::string& truth) {
  const Json json = Json::parse(truth, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) return "";
  if (json.contains("solution")) return TextAt(json, "solution");
  std::string digits = TextAt(json, "digits");
  std::sort(digits.begin(), digits.end());
  return digits;
}

std::string Painted(const std::string& text, bool right, bool color) {
  if (!color) return text;
  return absl::StrCat(right ? "\033[32m" : "\033[31m", text, "\033[0m");
}

// A model may write anything: half a code point or a line break is a '?'.
char Cell(char c) {
  if (c == '0') return '.';
  return absl::ascii_isprint(static_cast<unsigned char>(c)) ? c : '?';
}

// Row `row` of a 4x4 grid, four digits with spaces; 0 is an empty cell.
std::string GridRow(const std::string& grid, size_t row) {
  std::string out;
  for (size_t column = 0; column < 4; ++column) {
    const size_t at = row * 4 + column;
    absl::StrAppend(&out, column > 0 ? " " : "",
                    std::string(1, at < grid.size() ? Cell(grid[at]) : ' '));
  }
  return out;
}

std::string Verdict(const std::string& answer, const std::string& right) {
  return right.empty() ? "" : answer == right ? "right" : "wrong";
}

std::string ExampleText(const RunSummary::Example& example, bool color) {
  const std::string prompt = WithoutMarks(example.prompt);
  const std::string before = WithoutMarks(example.before);
  const std::string after = WithoutMarks(example.after);
  const std::string right = AnswerOf(example.truth);
  const auto paint = [&](const std::string& text, const std::string& answer) {
    return right.empty() ? text : Painted(text, answer == right, color);
  };
  if (!IsGrid(prompt)) {
    return absl::StrCat("  ", prompt, "   before ", paint(before, before), " ",
                        Verdict(before, right), "   after ",
                        paint(after, after), " ", Verdict(after, right), "\n");
  }
  std::string out = "  puzzle      before      after\n";
  for (size_t row = 0; row < 4; ++row) {
    absl::StrAppend(&out, "  ", GridRow(prompt, row), "     ",
                    paint(GridRow(before, row), before), "     ",
                    paint(GridRow(after, row), after), "\n");
  }
  return absl::StrCat(out, "              ",
                      absl::StrFormat("%-12s", Verdict(before, right)),
                      Verdict(after, right), "\n");
}

}  // namespace

absl::StatusOr<RunSummary> ParseRunSummary(std::string_view text) {
  const Json json = Json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!json.is_object()) {
    return absl::InvalidArgumentError("the summary is no JSON object");
  }
  RunSummary summary;
  summary.task = TextAt(json, "task");
  summary.rounds = CountAt(json, "rounds");
  summary.steps = CountAt(json, "steps");
  summary.tokens_generated = CountAt(json, "tokens_generated");
  summary.wall_seconds = NumberAt(json, "wall_seconds");
  for (const Json& from : ListAt(json, "evals")) {
    if (!from.is_object()) continue;
    summary.evaluations.push_back({.round = CountAt(from, "round"),
                                   .n = CountAt(from, "n"),
                                   .solved = NumberAt(from, "solved"),
                                   .cells = NumberAt(from, "cells"),
                                   .seconds = NumberAt(from, "seconds")});
  }
  for (const Json& from : ListAt(json, "examples")) {
    if (!from.is_object()) continue;
    summary.examples.push_back({TextAt(from, "prompt"), TextAt(from, "before"),
                                TextAt(from, "after"), TextAt(from, "truth")});
  }
  return summary;
}

std::string EvaluationLine(const RunSummary::Evaluation& evaluation) {
  return absl::StrFormat("round %d  solved %s  cells %s  (%d puzzles, %.1f s)",
                         evaluation.round, Percent(evaluation.solved),
                         Percent(evaluation.cells), evaluation.n,
                         evaluation.seconds);
}

std::string SummaryTable(const RunSummary& summary, bool color) {
  std::string out = "\n";
  if (!summary.evaluations.empty()) {
    const auto& before = summary.evaluations.front();
    const auto& after = summary.evaluations.back();
    absl::StrAppendFormat(&out, "  %-10s%10s%10s\n", "", "before", "after");
    absl::StrAppendFormat(&out, "  %-10s%10s%10s    of %d test puzzles\n",
                          "solved", Percent(before.solved),
                          Percent(after.solved), after.n);
    absl::StrAppendFormat(&out, "  %-10s%10s%10s\n\n", "cells",
                          Percent(before.cells), Percent(after.cells));
  }
  absl::StrAppendFormat(&out, "  rounds %d   steps %d   tokens %s   time %s\n",
                        summary.rounds, summary.steps,
                        Thousands(summary.tokens_generated),
                        TimeText(summary.wall_seconds));
  for (const RunSummary::Example& example : summary.examples) {
    absl::StrAppend(&out, "\n", ExampleText(example, color));
  }
  return out;
}

}  // namespace mdrl
