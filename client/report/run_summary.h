// RUN_DIR/summary.json as values, and the table that `up` ends with.
#ifndef MDRL_CLIENT_REPORT_RUN_SUMMARY_H_
#define MDRL_CLIENT_REPORT_RUN_SUMMARY_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace mdrl {

struct RunSummary {
  struct Evaluation {
    uint64_t round = 0;
    uint64_t n = 0;
    double solved = 0.0;  // fractions
    double cells = 0.0;
    double seconds = 0.0;
  };
  struct Example {
    std::string prompt, before, after, truth;
  };
  std::string task;
  uint64_t rounds = 0;
  uint64_t steps = 0;
  uint64_t tokens_generated = 0;
  double wall_seconds = 0.0;
  std::vector<Evaluation> evaluations;
  std::vector<Example> examples;
};

// InvalidArgument if it is no JSON object; what is missing in it stays zero.
absl::StatusOr<RunSummary> ParseRunSummary(std::string_view json);

// "round 20  solved 74.2 %  cells 93.1 %  (256 puzzles, 1.2 s)".
std::string EvaluationLine(const RunSummary::Evaluation& evaluation);

// Solve rate and cell accuracy before and after, rounds, steps, tokens, time,
// and the examples with their answers. Ends in a newline. `color`: right
// answers green, wrong ones red.
std::string SummaryTable(const RunSummary& summary, bool color);

}  // namespace mdrl

#endif  // MDRL_CLIENT_REPORT_RUN_SUMMARY_H_
