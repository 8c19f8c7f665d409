// A named, weighted sum of components; weight 0 is a measurement.
//
// Immutable value; safe from any thread.
#ifndef MDRL_SERVICES_REWARD_RUBRIC_H_
#define MDRL_SERVICES_REWARD_RUBRIC_H_

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "common/record/group.h"
#include "services/reward/verify/verifier.h"

namespace mdrl {

class Rubric {
 public:
  // `weights` by component; one not named keeps the rubric's own.
  // InvalidArgument: unknown task, rubric or component, or a weight that is
  // not finite. The payload's field says which part of the request.
  static absl::StatusOr<Rubric> Create(
      std::string_view task, std::string_view rubric,
      const std::map<std::string, double>& weights);

  // Scores texts against one truth: any text has a score, reward = sum of
  // weight x value. Outlives the rubric that it came from.
  using Judge = std::function<Score(std::string_view text)>;
  // InvalidArgument: a truth of another task.
  // FailedPrecondition: the task runs programs.
  absl::StatusOr<Judge> For(std::string_view truth) const;

  bool runs_programs() const { return task_->runs_programs; }
  struct ProgramJudge {
    std::function<std::optional<ProgramJob>(std::string_view text)> job;
    // `result` of the job; both without meaning if `job` is null.
    std::function<Score(const ProgramJob* job, const ProgramResult& result)>
        score;
  };
  // As For. REQUIRES: runs_programs().
  absl::StatusOr<ProgramJudge> ForPrograms(std::string_view truth) const;
  // What infrastructure's failure is worth: no reward.
  Score ServiceError() const;

 private:
  Score ToScore(Verdict verdict) const;

  Rubric(const TaskEntry& task, const RubricEntry& entry);

  const TaskEntry* task_;
  const RubricEntry* entry_;
  std::vector<double> weights_;  // in the order of the components
};

}  // namespace mdrl

#endif  // MDRL_SERVICES_REWARD_RUBRIC_H_
