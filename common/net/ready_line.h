// The one line that a serving process prints on stdout, for whoever started it.
//
//   {"ready":{"rpc":"127.0.0.1:40211","metrics":"127.0.0.1:40212"}}
#ifndef MDRL_COMMON_NET_READY_LINE_H_
#define MDRL_COMMON_NET_READY_LINE_H_

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace mdrl {

struct ReadyLine {
  std::string rpc;      // "127.0.0.1:40211" or "unix:/run/mdrl.sock"
  std::string metrics;  // empty: none, and not in the line
  friend bool operator==(const ReadyLine&, const ReadyLine&) = default;
};

// Without the newline.
std::string FormatReadyLine(const ReadyLine& ready);

// Writes the line and flushes, so that a parent behind a pipe sees it. Failed
// writes are returned: a process whose parent is gone may want to end.
absl::Status PrintReadyLine(const ReadyLine& ready);

// InvalidArgument with the line's beginning if it is no ready line. Unknown
// keys are ignored. One trailing newline is allowed.
absl::StatusOr<ReadyLine> ParseReadyLine(std::string_view line);

}  // namespace mdrl

#endif  // MDRL_COMMON_NET_READY_LINE_H_
