// What a verifier is: (truth, text) -> named values. Pure, and bounded in time
// by the length of the text.
//
// To add a task: one file here with its verify functions, a line in
// registry.cc, and its truth in common/tasks/check_truth.
#ifndef MDRL_SERVICES_REWARD_VERIFY_VERIFIER_H_
#define MDRL_SERVICES_REWARD_VERIFY_VERIFIER_H_

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "common/record/group.h"

namespace mdrl {

// A part of a rubric's reward. Weight 0: a measurement, reported only.
struct ComponentSpec {
  std::string_view name;
  double weight = 0.0;
};

// What a text earns before weights. `values` are in the order of the rubric's
// components. kUnparsable: no answer was found; the values are then still the
// rubric's (usually 0): a model that writes nothing has earned nothing, which
// is a result and no failure of ours.
struct Verdict {
  Outcome outcome = Outcome::kScored;
  std::vector<double> values;
  std::optional<bool> correct;  // where the rubric has a notion of it
  std::string extracted;        // the answer that was read
};

// InvalidArgument: the truth is not one of this task. Anything in `text` is a
// Verdict. Thread-safe.
using VerifyFunction = absl::StatusOr<Verdict> (*)(std::string_view truth,
                                                   std::string_view text);

struct RubricEntry {
  std::string_view name;
  std::span<const ComponentSpec> components;
  VerifyFunction verify = nullptr;
};

struct TaskEntry {
  std::string_view name;
  std::string_view verifier_version;  // changes with any reward of the task
  bool runs_programs = false;
  std::span<const RubricEntry> rubrics;
};

}  // namespace mdrl

#endif  // MDRL_SERVICES_REWARD_VERIFY_VERIFIER_H_
