// `mdrlctl sets`: the prompt sets of a run, and what may be done with one.
#ifndef MDRL_CLIENT_COMMAND_SETS_H_
#define MDRL_CLIENT_COMMAND_SETS_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "client/command/session.h"

namespace mdrl {

struct SetsOptions {
  // Names of sets. A retired set gives no prompt again, and its open tickets
  // are dropped; a paused one can be resumed.
  std::vector<std::string> pause = {};
  std::vector<std::string> resume = {};
  std::vector<std::string> retire = {};
  std::vector<std::string> lift_quarantine = {};  // NAME:INDEX, index from 0
  bool csv = false;
};

// First does what the options ask for, in the order they are listed above, and
// then prints every set. InvalidArgument USAGE for a NAME:INDEX that is none.
absl::Status RunSets(const Session& session, const SetsOptions& options);

}  // namespace mdrl

#endif  // MDRL_CLIENT_COMMAND_SETS_H_
