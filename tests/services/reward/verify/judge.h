// A verdict by task and rubric name, for the tests of this folder.
#ifndef MDRL_TESTS_SERVICES_REWARD_VERIFY_JUDGE_H_
#define MDRL_TESTS_SERVICES_REWARD_VERIFY_JUDGE_H_

#include <gtest/gtest.h>

#include <string_view>
#include <utility>

#include "services/reward/verify/registry.h"

namespace mdrl {

inline absl::StatusOr<Verify> Prepare(std::string_view task,
                                      std::string_view rubric,
                                      std::string_view truth) {
  const auto entry = FindTask(task);
  if (!entry.ok()) return entry.status();
  const auto found = FindRubric(**entry, rubric);
  if (!found.ok()) return found.status();
  return (*found)->prepare(truth);
}

inline Verdict Judge(std::string_view task, std::string_view rubric,
                     std::string_view truth, std::string_view text) {
  const auto verify = Prepare(task, rubric, truth);
  EXPECT_TRUE(verify.ok()) << verify.status();
  return verify.ok() ? (*verify)(text) : Verdict();
}

}  // namespace mdrl

#endif  // MDRL_TESTS_SERVICES_REWARD_VERIFY_JUDGE_H_
