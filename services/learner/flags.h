// The command line of mdrl-learner.
#ifndef MDRL_SERVICES_LEARNER_FLAGS_H_
#define MDRL_SERVICES_LEARNER_FLAGS_H_

#include <span>
#include <string_view>

#include "absl/status/statusor.h"
#include "services/learner/options.h"

namespace mdrl {

inline constexpr char kLearnerUsage[] =
    "mdrl-learner: owns a run: prompts, leases, training, policies, "
    "checkpoints.\n"
    "\n"
    "  mdrl-learner --config FILE [--listen ADDRESS] [--run-dir DIR]\n"
    "               [--resume] [--started UNIX_SECONDS]\n"
    "  mdrl-learner merge ADAPTER --base MODEL --to OUT\n"
    "  mdrl-learner --version\n"
    "\n"
    "Example: mdrl-learner --config run.yaml --listen 127.0.0.1:7070\n"
    "\n"
    "Prints {\"ready\":{\"rpc\":ADDRESS}} on stdout once it serves; logs on "
    "stderr.\n"
    "--started: when the run was launched, for its wall time.\n"
    "Exit codes: 0 the run is complete, 65 what is stored does not verify,\n"
    "75 folder or port in use, 78 configuration, 130 and 143 a signal.\n";

struct LearnerFlags {
  enum class Command { kServe, kHelp, kVersion };
  Command command = Command::kServe;
  LearnerOptions::Flags serve;
};

// InvalidArgument USAGE names the argument. `arguments`: without the program.
absl::StatusOr<LearnerFlags> ParseLearnerFlags(
    std::span<const std::string_view> arguments);

}  // namespace mdrl

#endif  // MDRL_SERVICES_LEARNER_FLAGS_H_
