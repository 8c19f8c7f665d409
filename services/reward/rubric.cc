#include "services/reward/rubric.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/log.h"
#include "common/base/status_macros.h"
#include "services/reward/verify/registry.h"

namespace mdrl {

Rubric::Rubric(const TaskEntry& task, const RubricEntry& entry)
    : task_(&task), entry_(&entry) {
  for (const ComponentSpec& component : entry.components) {
    weights_.push_back(component.weight);
  }
}

absl::StatusOr<Rubric> Rubric::Create(
    std::string_view task, std::string_view rubric,
    const std::map<std::string, double>& weights) {
  MDRL_ASSIGN_OR_RETURN(const TaskEntry* task_entry, FindTask(task));
  MDRL_ASSIGN_OR_RETURN(const RubricEntry* entry,
                        FindRubric(*task_entry, rubric));
  Rubric out(*task_entry, *entry);
  for (const auto& [name, weight] : weights) {
    const auto component = std::find_if(
        entry->components.begin(), entry->components.end(),
        [&name = name](const ComponentSpec& c) { return c.name == name; });
    if (component == entry->components.end()) {
      return absl::InvalidArgumentError(absl::StrCat(
          "rubric ", std::string(rubric), " of ", std::string(task),
          " has no component \"", name.substr(0, 80), "\"; it has ",
          absl::StrJoin(entry->components, ", ",
                        [](std::string* text, const ComponentSpec& c) {
                          text->append(c.name);
                        })));
    }
    if (!std::isfinite(weight)) {
      return absl::InvalidArgumentError(absl::StrCat(
          "the weight of component ", name, " is not a finite number"));
    }
    out.weights_[component - entry->components.begin()] = weight;
  }
  return out;
}

Score Rubric::ToScore(Verdict verdict) const {
  const auto components = entry_->components;
  MDRL_CHECK(verdict.values.size() == components.size())
      << std::string(task_->name) << "/" << std::string(entry_->name);
  Score out;
  out.outcome = verdict.outcome;
  out.components.reserve(components.size());
  double reward = 0.0;
  for (size_t i = 0; i < components.size(); ++i) {
    reward += weights_[i] * verdict.values[i];
    out.components.push_back(
        {std::string(components[i].name), verdict.values[i], weights_[i]});
  }
  out.reward = reward;
  out.correct = verdict.correct;
  out.extracted = std::move(verdict.extracted);
  out.verifier_version = std::string(task_->verifier_version);
  return out;
}

absl::StatusOr<Rubric::Judge> Rubric::For(std::string_view truth) const {
  if (runs_programs()) {
    return absl::FailedPreconditionError(
        absl::StrCat("task ", std::string(task_->name),
                     " runs programs, which needs the service's sandbox"));
  }
  MDRL_ASSIGN_OR_RETURN(Verify verify, entry_->prepare(truth));
  return [rubric = *this, verify = std::move(verify)](std::string_view text) {
    return rubric.ToScore(verify(text));
  };
}

absl::StatusOr<Rubric::ProgramJudge> Rubric::ForPrograms(
    std::string_view truth) const {
  MDRL_CHECK(runs_programs()) << std::string(task_->name);
  MDRL_ASSIGN_OR_RETURN(ProgramVerify verify, entry_->prepare_program(truth));
  return ProgramJudge{std::move(verify.job),
                      [rubric = *this, verdict = std::move(verify.verdict)](
                          const ProgramJob* job, const ProgramResult& result) {
                        return rubric.ToScore(verdict(job, result));
                      }};
}

Score Rubric::ServiceError() const {
  Score out;
  out.outcome = Outcome::kServiceError;
  out.verifier_version = std::string(task_->verifier_version);
  return out;
}

}  // namespace mdrl
