// `mdrlctl evaluate`: has a running learner evaluate one of its policies.
#ifndef MDRL_CLIENT_COMMAND_EVALUATE_H_
#define MDRL_CLIENT_COMMAND_EVALUATE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "client/command/session.h"

namespace mdrl {

struct EvaluateOptions {
  std::vector<std::string> sets;  // names; empty: every held-out set
  std::optional<uint64_t> version;
  uint64_t max_prompts = 0;  // per set; 0: all
  bool wait = false;         // until it is over
  bool csv = false;          // one row per set and way to decode
};

absl::Status RunEvaluate(const Session& session,
                         const EvaluateOptions& options);

// One line per row.
std::string EvaluationText(const v1::Evaluation& evaluation);

}  // namespace mdrl

#endif  // MDRL_CLIENT_COMMAND_EVALUATE_H_
