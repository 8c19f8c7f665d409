// `mdrlctl prompts make TASK`: puzzles and demonstrations without a data file.
#ifndef MDRL_CLIENT_COMMAND_PROMPTS_H_
#define MDRL_CLIENT_COMMAND_PROMPTS_H_

#include <string>

#include "absl/status/status.h"
#include "client/command/session.h"
#include "common/tasks/prompt_maker.h"

namespace mdrl {

struct MakePromptsOptions {
  MakeOptions make;
  std::string split = "train";
  bool demonstrations = false;  // {prompt, answer} for an sft stage
  std::string file;             // empty: standard output
};

// InvalidArgument names the option that is out of range.
absl::Status RunMakePrompts(const Session& session,
                            const MakePromptsOptions& options);

}  // namespace mdrl

#endif  // MDRL_CLIENT_COMMAND_PROMPTS_H_
