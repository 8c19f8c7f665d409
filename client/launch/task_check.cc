#include "client/launch/task_check.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client/rpc/score_link.h"
#include "common/base/error.h"
#include "common/base/status_macros.h"

namespace mdrl {
namespace {

constexpr absl::Duration kPatience = absl::Seconds(10);

absl::Status Lacks(const std::string& address, const std::string& key,
                   const std::string& what,
                   const std::vector<std::string>& known) {
  return ErrorWith(
      absl::StatusCode::kInvalidArgument, reason::kConfiguration, key,
      absl::StrCat(key, ": the reward service ", address, " has no ", what,
                   "; it has ", absl::StrJoin(known, ", ")));
}

bool Has(const std::vector<std::string>& names, const std::string& name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

absl::Status CheckRubric(const TaskListing::Task& listed,
                         const std::string& rubric, const std::string& key,
                         const std::string& address) {
  if (listed.rubrics.empty() || Has(listed.rubrics, rubric)) {
    return absl::OkStatus();
  }
  return Lacks(address, key, absl::StrCat("rubric ", rubric), listed.rubrics);
}

absl::Status CheckWeights(const TaskListing::Task& listed,
                          const config::v1::Task& task, const std::string& key,
                          const std::string& address) {
  for (const TaskListing::Rubric& rubric : listed.rubric_specs) {
    if (rubric.name != task.rubric()) continue;
    std::vector<std::string> names;
    for (const auto& component : rubric.components) {
      names.push_back(component.name);
    }
    for (const auto& [name, weight] : task.weights()) {
      if (Has(names, name)) continue;
      return Lacks(address, absl::StrCat(key, ".weights"),
                   absl::StrCat("component ", name), names);
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckTasks(const config::v1::Run& run, const TaskListing& listing,
                        const std::string& address) {
  std::vector<std::string> known;
  for (const TaskListing::Task& task : listing.tasks) {
    known.push_back(task.name);
  }
  for (const auto& [name, task] : run.tasks()) {
    const std::string key = absl::StrCat("tasks.", name);
    const auto listed =
        std::find_if(listing.tasks.begin(), listing.tasks.end(),
                     [&name = name](const auto& t) { return t.name == name; });
    if (listed == listing.tasks.end()) {
      return Lacks(address, key, absl::StrCat("task ", name), known);
    }
    MDRL_RETURN_IF_ERROR(
        CheckRubric(*listed, task.rubric(), key + ".rubric", address));
    if (task.has_eval_rubric()) {
      MDRL_RETURN_IF_ERROR(CheckRubric(*listed, task.eval_rubric(),
                                       key + ".eval_rubric", address));
    }
    MDRL_RETURN_IF_ERROR(CheckWeights(*listed, task, key, address));
  }
  return absl::OkStatus();
}

absl::Status CheckRewardServices(const config::v1::Run& run,
                                 const std::vector<std::string>& addresses) {
  if (run.tasks().empty()) return absl::OkStatus();
  for (const std::string& address : addresses) {
    MDRL_ASSIGN_OR_RETURN(const auto link, ScoreLink::Connect(address));
    MDRL_ASSIGN_OR_RETURN(const TaskListing listing,
                          link->ListTasks(kPatience));
    MDRL_RETURN_IF_ERROR(CheckTasks(run, listing, address));
  }
  return absl::OkStatus();
}

}  // namespace mdrl
