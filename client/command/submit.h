// `mdrlctl submit FILE --task TASK`: hands a prompt set to a running learner.
#ifndef MDRL_CLIENT_COMMAND_SUBMIT_H_
#define MDRL_CLIENT_COMMAND_SUBMIT_H_

#include <optional>
#include <string>

#include "absl/status/status.h"
#include "client/command/session.h"
#include "common/tasks/prompt_file.h"

namespace mdrl {

struct SubmitOptions {
  std::string file;
  std::string task;
  std::string name;  // empty: the task's
  std::optional<double> weight;
  bool held_out = false;
  bool dry_run = false;
};

// InvalidArgument FILE:LINE for a bad line; the learner's refusal as it is.
absl::Status RunSubmit(const Session& session, const SubmitOptions& options);

// One line about a set: "train  480 prompts  sha 5be1a2c3...  0 over-long
// ACTIVE".
std::string PromptSetLine(const v1::PromptSet& set);

// Progress: "sent 120,000 of 1,000,000 prompts".
std::string SentText(size_t sent, size_t all);

}  // namespace mdrl

#endif  // MDRL_CLIENT_COMMAND_SUBMIT_H_
