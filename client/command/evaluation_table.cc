#include "client/command/evaluation_table.h"

#include <algorithm>
#include <optional>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "client/report/confidence.h"
#include "client/report/csv.h"
#include "client/report/text_columns.h"

namespace mdrl {
namespace {

using Row = v1::Evaluation::Row;

uint64_t Judged(const Row& row) {
  return row.done() - std::min(row.done(), row.service_errors());
}

std::optional<double> Sum(const Row& row, const char* component) {
  const auto found = row.extra().find(component);
  if (found == row.extra().end()) return std::nullopt;
  return found->second;
}

struct Cells {
  uint64_t right = 0;
  uint64_t empty = 0;
  uint64_t solved = 0;
};
std::optional<Cells> CellsOf(const Row& row) {
  const auto empty = Sum(row, "empty_cells");
  const auto right = Sum(row, "correct_cells");
  if (!empty || !right) return std::nullopt;
  const auto solved = Sum(row, "solved");
  return Cells{static_cast<uint64_t>(*right), static_cast<uint64_t>(*empty),
               solved ? static_cast<uint64_t>(*solved) : row.correct()};
}

double Share(uint64_t part, uint64_t whole) {
  return whole == 0 ? 0.0
                    : static_cast<double>(part) / static_cast<double>(whole);
}

std::string ShareText(uint64_t hits, uint64_t n) {
  if (n == 0) return "-";
  const Interval interval = WilsonInterval(std::min(hits, n), n);
  return absl::StrFormat("%.3f [%.3f, %.3f]", Share(hits, n), interval.low,
                         interval.high);
}

std::string SamplesText(const Row& row) {
  return row.done() == row.total()
             ? absl::StrCat(row.done())
             : absl::StrCat(row.done(), " of ", row.total());
}

std::vector<std::string> Titles(bool cells) {
  std::vector<std::string> out = {
      "task", "canvas", "steps", "samples", "accuracy (95 %)", "reward (95 %)"};
  if (cells) out.insert(out.end(), {"cells", "solved (95 %)"});
  out.insert(out.end(), {"effective tokens", "service errors"});
  return out;
}

std::vector<std::string> Fields(const Row& row, bool cells) {
  std::vector<std::string> out = {
      row.task(),
      absl::StrCat(row.decode().canvas_tokens()),
      absl::StrCat(row.decode().decode_steps()),
      SamplesText(row),
      ShareText(row.correct(), row.verdicts()),
      absl::StrFormat("%.3f +- %.3f", row.reward_mean(),
                      MeanHalfWidth(row.reward_stddev(), Judged(row)))};
  if (cells) {
    const std::optional<Cells> counted = CellsOf(row);
    out.push_back(counted
                      ? absl::StrFormat("%.3f (%d of %d)",
                                        Share(counted->right, counted->empty),
                                        counted->right, counted->empty)
                      : "-");
    out.push_back(counted ? ShareText(counted->solved, Judged(row)) : "-");
  }
  out.push_back(absl::StrFormat("%.0f", row.effective_tokens_mean()));
  out.push_back(absl::StrCat(row.service_errors()));
  return out;
}

bool CountsCells(const v1::Evaluation& evaluation) {
  return std::any_of(evaluation.rows().begin(), evaluation.rows().end(),
                     [](const Row& row) { return CellsOf(row).has_value(); });
}

}  // namespace

std::string EvaluationTable(const v1::Evaluation& evaluation) {
  if (evaluation.rows().empty()) return absl::StrCat(evaluation.state(), "\n");
  const bool cells = CountsCells(evaluation);
  std::vector<std::vector<std::string>> lines = {Titles(cells)};
  for (const Row& row : evaluation.rows()) lines.push_back(Fields(row, cells));
  std::vector<size_t> widths(lines[0].size(), 0);
  for (const auto& line : lines) {
    for (size_t i = 0; i < line.size(); ++i) {
      widths[i] = std::max(widths[i], Columns(line[i]));
    }
  }
  std::string out;
  for (const auto& line : lines) {
    std::string text;
    for (size_t i = 0; i + 1 < line.size(); ++i) {
      absl::StrAppend(&text, Pad(line[i], widths[i]), "  ");
    }
    absl::StrAppend(&out, text, line.back(), "\n");
  }
  return out;
}

std::string EvaluationCsv(const v1::Evaluation& evaluation) {
  std::string out =
      CsvRow({"version", "task", "canvas_tokens", "decode_steps", "done",
              "total", "verdicts", "correct", "accuracy_low", "accuracy_high",
              "reward_mean", "reward_stddev", "effective_tokens_mean",
              "empty_cells", "correct_cells", "solved", "service_errors"});
  for (const Row& row : evaluation.rows()) {
    const Interval accuracy =
        WilsonInterval(std::min(row.correct(), row.verdicts()), row.verdicts());
    const std::optional<Cells> cells = CellsOf(row);
    const auto cell = [&cells](uint64_t Cells::*field) {
      return cells ? absl::StrCat((*cells).*field) : std::string();
    };
    out += CsvRow({evaluation.policy().has_version()
                       ? absl::StrCat(evaluation.policy().version())
                       : std::string(),
                   row.task(), absl::StrCat(row.decode().canvas_tokens()),
                   absl::StrCat(row.decode().decode_steps()),
                   absl::StrCat(row.done()), absl::StrCat(row.total()),
                   absl::StrCat(row.verdicts()), absl::StrCat(row.correct()),
                   absl::StrCat(accuracy.low), absl::StrCat(accuracy.high),
                   absl::StrCat(row.reward_mean()),
                   absl::StrCat(row.reward_stddev()),
                   absl::StrCat(row.effective_tokens_mean()),
                   cell(&Cells::empty), cell(&Cells::right),
                   cell(&Cells::solved), absl::StrCat(row.service_errors())});
  }
  return out;
}

}  // namespace mdrl
