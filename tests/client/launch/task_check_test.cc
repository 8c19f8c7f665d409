#include "client/launch/task_check.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

namespace mdrl {
namespace {

using ::testing::HasSubstr;

TaskListing Listing() {
  TaskListing::Rubric rules;
  rules.name = "rules";
  rules.components = {{"units", 1.0, 0.0, 1.0}, {"kept", 0.0, 0.0, 16.0}};
  TaskListing::Task units;
  units.name = "units";
  units.rubrics = {"rules"};
  units.rubric_specs = {rules};
  TaskListing::Task open;
  open.name = "open";
  return {.tasks = {units, open}, .sandbox = "", .build = {}};
}

std::string ErrorOf(const config::v1::Run& run) {
  const absl::Status status = CheckTasks(run, Listing(), "here:1");
  return std::string(status.message());
}

TEST(TaskCheckTest, WhatTheServiceListsIsTaken) {
  config::v1::Run run;
  auto& units = (*run.mutable_tasks())["units"];
  units.set_rubric("rules");
  units.set_eval_rubric("rules");
  (*units.mutable_weights())["kept"] = 0.1;
  // A service that lists no rubrics takes any.
  (*run.mutable_tasks())["open"].set_rubric("anything");
  EXPECT_EQ(ErrorOf(run), "");
}

TEST(TaskCheckTest, WhatItLacksIsNamedWithWhatItHas) {
  config::v1::Run run;
  auto& units = (*run.mutable_tasks())["units"];
  units.set_rubric("best");
  EXPECT_EQ(ErrorOf(run),
            "tasks.units.rubric: the reward service here:1 has no rubric best; "
            "it has rules");
  units.set_rubric("rules");
  units.set_eval_rubric("eval");
  EXPECT_THAT(ErrorOf(run), HasSubstr("tasks.units.eval_rubric"));
  units.clear_eval_rubric();
  (*units.mutable_weights())["unit"] = 1;
  EXPECT_THAT(ErrorOf(run), HasSubstr("component unit; it has units, kept"));
  (*run.mutable_tasks())["chess"].set_rubric("rules");
  units.clear_weights();
  EXPECT_THAT(ErrorOf(run), HasSubstr("no task chess; it has units, open"));
}

}  // namespace
}  // namespace mdrl
