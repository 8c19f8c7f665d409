// `mdrlctl explain [SUBJECT]`: what the run, a ticket, a group, a worker or a
// prompt set waits for, since when, and when it acts by itself.
#ifndef MDRL_CLIENT_COMMAND_EXPLAIN_H_
#define MDRL_CLIENT_COMMAND_EXPLAIN_H_

#include <string>

#include "absl/status/status.h"
#include "client/command/session.h"

namespace mdrl {

struct ExplainOptions {
  std::string subject = {};  // empty: the run
};

absl::Status RunExplain(const Session& session, const ExplainOptions& options);

// The chain from what lacks to what would give it, outermost wait first.
// `color`: SLOW yellow, STUCK red.
std::string ExplanationText(const v1::Explanation& explanation, bool color);

}  // namespace mdrl

#endif  // MDRL_CLIENT_COMMAND_EXPLAIN_H_
