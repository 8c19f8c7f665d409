// `mdrl-rollout generate`: decodes prompts without a run, with a model from
// disk and an adapter beside it if one is given.
#ifndef MDRL_SERVICES_ROLLOUT_COMMAND_GENERATE_H_
#define MDRL_SERVICES_ROLLOUT_COMMAND_GENERATE_H_

#include <ostream>

#include "absl/status/status.h"
#include "common/generate/generate_flags.h"

namespace mdrl {

// One JSON line per completion to `out`, in the prompts' order, each as soon as
// its forward group is done:
//   {"id", "completion", "text", "tokens", "truncated", "forwards"} and with
//   flags.reveals "token_ids", "reveal_step" (null: never), "confidence".
// "text" begins with the prefill and ends before the first EOS. The steps that
// flags.show_steps asks for go to `display`, in place if it is a `terminal`.
//
// Completion i of prompt p is a function of weights, settings, seed, p and i:
// which prompts share a forward changes no bit of it, unless padding is
// attended. Errors name the file, key or prompt.
absl::Status Generate(const GenerateFlags& flags, std::ostream& out,
                      std::ostream& display, bool terminal);

}  // namespace mdrl

#endif  // MDRL_SERVICES_ROLLOUT_COMMAND_GENERATE_H_
