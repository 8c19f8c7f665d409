// How a person names a group or one of its completions.
#ifndef MDRL_CLIENT_COMMAND_COMPLETION_ID_H_
#define MDRL_CLIENT_COMMAND_COMPLETION_ID_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace mdrl {

struct CompletionId {
  std::string group_id;           // 6 to 16 bytes: its beginning, or all of it
  std::optional<uint32_t> index;  // absent: the whole group
};

// "g3f09c1d2ab47/2" as logs and `show` print it, or the 32 digits of the whole
// group id, with or without its completion. InvalidArgument USAGE else.
absl::StatusOr<CompletionId> ParseCompletionId(std::string_view text);

}  // namespace mdrl

#endif  // MDRL_CLIENT_COMMAND_COMPLETION_ID_H_
