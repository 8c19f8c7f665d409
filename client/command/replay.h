// `mdrlctl replay ID`: decodes a group again and compares token for token.
#ifndef MDRL_CLIENT_COMMAND_REPLAY_H_
#define MDRL_CLIENT_COMMAND_REPLAY_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "client/command/session.h"

namespace mdrl {

struct ReplayOptions {
  std::string id;  // of completion_id.h; without a place all are compared
};

// 0: every token is what was recorded; 1: the first that is not is told.
// FailedPrecondition if the policy is no longer kept, in the learner's words.
absl::StatusOr<int> RunReplay(const Session& session,
                              const ReplayOptions& options);

// Where two decodes of one group differ first.
struct Difference {
  uint32_t completion = 0;
  size_t position = 0;
  int32_t recorded = 0;  // tokens; -1 where there is none
  int32_t again = 0;
};
struct Comparison {
  uint64_t tokens = 0;  // compared
  uint64_t equal = 0;
  std::optional<Difference> first;
};
// Of completion `index`, or of all. A completion that only one of the groups
// has differs in its whole length. InvalidArgument: a group that is none.
absl::StatusOr<Comparison> CompareGroups(const v1::Group& recorded,
                                         const v1::Group& again,
                                         std::optional<uint32_t> index);

}  // namespace mdrl

#endif  // MDRL_CLIENT_COMMAND_REPLAY_H_
