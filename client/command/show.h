// `mdrlctl show ID`: the whole story of one completion.
#ifndef MDRL_CLIENT_COMMAND_SHOW_H_
#define MDRL_CLIENT_COMMAND_SHOW_H_

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "client/command/session.h"

namespace mdrl {

struct ShowOptions {
  std::string id = {};  // of completion_id.h; empty: `any`
  bool any = false;     // a completion that fits `task` and `reward`
  std::string task = {};
  std::string reward = {};  // LO..HI, either end may be left out
  bool text = false;        // prompt, completion, truth
  bool trace = false;       // which position was revealed when, how surely
};

// NotFound: no such completion. InvalidArgument USAGE: neither or both of `id`
// and `any`, or a range that is none.
absl::Status RunShow(const Session& session, const ShowOptions& options);

// Several lines about the completion that `provenance` names.
std::string ProvenanceText(const v1::Provenance& provenance,
                           const ShowOptions& options);

}  // namespace mdrl

#endif  // MDRL_CLIENT_COMMAND_SHOW_H_
