#include "client/command/pause.h"

#include <ostream>

#include "client/command/json_text.h"
#include "client/command/status.h"
#include "common/base/status_macros.h"

namespace mdrl {
namespace {

using Method =
    absl::StatusOr<v1::Status> (LearnerLink::*)(const v1::RunCommand&);

absl::Status Tell(const Session& session, const PauseOptions& options,
                  const char* fallback, Method method) {
  MDRL_ASSIGN_OR_RETURN(const auto link, session.Connect());
  v1::RunCommand command;
  command.set_request_id(RandomRequestId());
  command.set_why(options.why.empty() ? fallback : options.why);
  MDRL_ASSIGN_OR_RETURN(const v1::Status status, (*link.*method)(command));
  *session.out << (session.json ? JsonText(status) + "\n" : StatusText(status));
  return absl::OkStatus();
}

}  // namespace

absl::Status RunPause(const Session& session, const PauseOptions& options) {
  return Tell(session, options, "mdrlctl pause", &LearnerLink::Pause);
}

absl::Status RunResume(const Session& session, const PauseOptions& options) {
  return Tell(session, options, "mdrlctl resume", &LearnerLink::Resume);
}

}  // namespace mdrl
