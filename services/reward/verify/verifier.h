// What a verifier is: a truth read once, then (text) -> named values, pure and
// bounded in time by the length of the text.
//
// To add a task: one pair of files here with its rubrics and a line in
// registry.cc. Where its truth should be checked already at submission, a line
// in common/tasks/check_truth.cc, too; until then any JSON passes there.
#ifndef MDRL_SERVICES_REWARD_VERIFY_VERIFIER_H_
#define MDRL_SERVICES_REWARD_VERIFY_VERIFIER_H_

#include <functional>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "absl/container/inlined_vector.h"
#include "absl/status/statusor.h"
#include "common/record/group.h"
#include "services/reward/sandbox/program_limits.h"

namespace mdrl {

inline constexpr double kUnbounded = std::numeric_limits<double>::infinity();

// A part of a rubric's reward. Weight 0: a measurement, reported only.
struct ComponentSpec {
  std::string_view name;
  double weight = 0.0;
  double least = 0.0;  // of the value, before the weight
  double most = 1.0;
};

// What a text earns before weights. `values` are in the order of the rubric's
// components. kUnparsable: no answer was found; the values are then still the
// rubric's (usually 0): a model that writes nothing has earned nothing, which
// is a result and no failure of ours.
struct Verdict {
  Outcome outcome = Outcome::kScored;
  absl::InlinedVector<double, 6> values;
  std::optional<bool> correct;  // where the rubric has a notion of it
  std::string extracted;        // the answer that was read
};

// Holds what its truth says. Anything in `text` is a Verdict. Thread-safe.
using Verify = std::function<Verdict(std::string_view text)>;

// Where the text holds a program: what is to be run, and what its result earns.
// Pure like the above; running it is the service's business.
struct ProgramVerify {
  // nullopt: there is no program in the text.
  std::function<std::optional<ProgramJob>(std::string_view text)> job;
  // `job` null: there was none, and `result` means nothing.
  std::function<Verdict(const ProgramJob* job, const ProgramResult& result)>
      verdict;
};

// One of the two is null: the first where the task runs programs.
struct RubricEntry {
  std::string_view name;
  std::span<const ComponentSpec> components;
  // InvalidArgument: the truth is not one of this task.
  absl::StatusOr<Verify> (*prepare)(std::string_view truth) = nullptr;
  absl::StatusOr<ProgramVerify> (*prepare_program)(std::string_view truth) =
      nullptr;
};

struct TaskEntry {
  std::string_view name;
  std::string_view verifier_version;  // changes with any reward of the task
  bool runs_programs = false;
  std::string_view truth;  // its form, in a few words
  std::span<const RubricEntry> rubrics;
};

}  // namespace mdrl

#endif  // MDRL_SERVICES_REWARD_VERIFY_VERIFIER_H_
