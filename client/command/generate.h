// `mdrlctl generate --learner`: a prompt of one's own, decoded by the workers
// of a run.
#ifndef MDRL_CLIENT_COMMAND_GENERATE_H_
#define MDRL_CLIENT_COMMAND_GENERATE_H_

#include "absl/status/status.h"
#include "client/command/session.h"
#include "common/generate/generate_flags.h"

namespace mdrl {

// One JSON line per completion (common/generate/completion_line.h, with the
// policy's version) to `flags.out` or the session's `out`, prompt after
// prompt. Without a decode setting in `flags` the run's own are used. With
// flags.show_steps the steps that a worker recorded go to `err`, a line each.
// The learner's refusals name the prompt.
absl::Status RunGenerate(const Session& session, const GenerateFlags& flags);

}  // namespace mdrl

#endif  // MDRL_CLIENT_COMMAND_GENERATE_H_
