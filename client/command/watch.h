// `mdrlctl watch`: a run as it goes on, as a live page, lines, JSON or a table.
#ifndef MDRL_CLIENT_COMMAND_WATCH_H_
#define MDRL_CLIENT_COMMAND_WATCH_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "client/command/session.h"
#include "common/base/clock.h"
#include "common/sync/stop_signal.h"

namespace mdrl {

struct WatchOptions {
  // Events after this one. Without it a table and a page begin with the run,
  // lines and JSON with what happens from now on.
  std::optional<uint64_t> since = {};
  std::vector<std::string> kinds = {};  // none: those that people like to see
  bool csv = false;                     // one row per step
  absl::Duration interval = absl::Seconds(1);        // of step lines
  absl::Duration length = absl::InfiniteDuration();  // ends after so long
};

// On a terminal a page that is drawn again each second; else one line per
// event, of steps the newest of each interval; with `json` one object per
// event; with `csv` a table of steps. 0 when the learner or the time is at its
// end, 128 + the signal when `stop` was asked for; Unavailable when the learner
// is out of reach.
absl::StatusOr<int> RunWatch(const Session& session,
                             const WatchOptions& options, StopSignal& stop,
                             Clock& clock);

}  // namespace mdrl

#endif  // MDRL_CLIENT_COMMAND_WATCH_H_
