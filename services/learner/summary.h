// RUN_DIR/summary.json: what a run reached, rewritten after every evaluation
// and at the end.
//
//   {"task","seed","rounds","steps","versions","tokens_generated",
//    "wall_seconds","evals":[{"round","version","n","solved","cells",
//    "seconds"},...],"examples":[{"prompt","before","after","truth"},...]}
//
// Plain values and two functions; not thread-safe.
#ifndef MDRL_SERVICES_LEARNER_SUMMARY_H_
#define MDRL_SERVICES_LEARNER_SUMMARY_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "services/learner/desk/desk_calls.h"

namespace mdrl {

struct EvalSummary {
  uint64_t round = 0;
  uint64_t version = 0;
  uint64_t n = 0;       // completions
  double solved = 0.0;  // fraction that is right
  double cells = 0.0;  // pooled fraction of cells; the mean reward without them
  double seconds = 0.0;
};

struct ExampleSummary {
  std::string prompt, before, after, truth;
};

struct RunSummary {
  std::string task;
  uint64_t seed = 0;
  uint64_t rounds = 0;
  uint64_t steps = 0;
  uint64_t versions = 0;
  uint64_t tokens_generated = 0;  // for training; evaluation is left out
  double wall_seconds = 0.0;
  std::vector<EvalSummary> evals;  // by round
  std::vector<ExampleSummary> examples;
};

// Sums the rows of an evaluation. `cells`: correct_cells / empty_cells where
// the rubric measures them.
EvalSummary SummarizeEvaluation(const EvaluationView& view, uint64_t round);

std::string SummaryJson(const RunSummary& summary);
// Replaces the file as a whole.
absl::Status WriteSummary(const std::string& path, const RunSummary& summary);
// NotFound: no such file; InvalidArgument: not a summary.
absl::StatusOr<RunSummary> ReadSummary(const std::string& path);

}  // namespace mdrl

#endif  // MDRL_SERVICES_LEARNER_SUMMARY_H_
