// What every command of mdrlctl gets: where to connect, how to speak.
//
// Results go to `out`, everything else to `err`.
#ifndef MDRL_CLIENT_COMMAND_SESSION_H_
#define MDRL_CLIENT_COMMAND_SESSION_H_

#include <iosfwd>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "client/rpc/learner_link.h"

namespace mdrl {

struct Session {
  std::string learner = "127.0.0.1:7070";
  absl::Duration timeout = absl::ZeroDuration();  // zero: each call's own
  bool json = false;
  bool color = false;           // `out` is a terminal and NO_COLOR is not set
  bool unicode = false;         // the locale's encoding is UTF-8
  int terminal = -1;            // what `out` writes to, if a page can be drawn
  bool err_terminal = false;    // progress may be shown on `err`
  std::ostream* out = nullptr;  // borrowed for the life of the session
  std::ostream* err = nullptr;

  absl::StatusOr<std::unique_ptr<LearnerLink>> Connect() const {
    return LearnerLink::Connect(learner, timeout);
  }
};

}  // namespace mdrl

#endif  // MDRL_CLIENT_COMMAND_SESSION_H_
