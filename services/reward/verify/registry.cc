#include "services/reward/verify/registry.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "services/reward/verify/code.h"
#include "services/reward/verify/countdown.h"
#include "services/reward/verify/exact_match.h"
#include "services/reward/verify/gsm8k.h"
#include "services/reward/verify/math.h"
#include "services/reward/verify/numeric.h"
#include "services/reward/verify/sort.h"
#include "services/reward/verify/sudoku.h"

namespace mdrl {
namespace {

constexpr const TaskEntry& (*kTasks[])() = {
    CountdownTask, ExactMatchTask, Gsm8kTask,   HumanevalTask,
    MathTask,      MbppTask,       NumericTask, PythonTestsTask,
    SortTask,      Sudoku4Task,    Sudoku9Task,
};

absl::Status Unknown(std::string_view what, std::string_view name,
                     const std::string& known) {
  return absl::InvalidArgumentError(
      absl::StrCat("unknown ", std::string(what), " \"",
                   std::string(name.substr(0, 80)), "\"; there are ", known));
}

}  // namespace

std::vector<const TaskEntry*> AllTasks() {
  std::vector<const TaskEntry*> out;
  for (const auto task : kTasks) out.push_back(&task());
  return out;
}

absl::StatusOr<const TaskEntry*> FindTask(std::string_view name) {
  std::string known;
  for (const TaskEntry* task : AllTasks()) {
    if (task->name == name) return task;
    absl::StrAppend(&known, known.empty() ? "" : ", ", std::string(task->name));
  }
  return Unknown("task", name, known);
}

absl::StatusOr<const RubricEntry*> FindRubric(const TaskEntry& task,
                                              std::string_view name) {
  std::string known;
  for (const RubricEntry& rubric : task.rubrics) {
    if (rubric.name == name) return &rubric;
    absl::StrAppend(&known, known.empty() ? "" : ", ",
                    std::string(rubric.name));
  }
  return Unknown("rubric of " + std::string(task.name), name, known);
}

}  // namespace mdrl
