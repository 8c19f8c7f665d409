// `mdrlctl evaluate`: has a running learner evaluate one of its policies.
// evaluate_model.h does it without a run.
#ifndef MDRL_CLIENT_COMMAND_EVALUATE_H_
#define MDRL_CLIENT_COMMAND_EVALUATE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "client/command/session.h"

namespace mdrl {

// How an evaluation fills its canvases: by the protocol of the papers, no
// temperature, the most confident positions first. One way to decode per
// canvas.
struct EvaluationDecoding {
  std::vector<uint32_t> canvas_tokens;
  uint32_t block_tokens = 32;
  uint32_t decode_steps = 0;  // 0: half the canvas
};
// InvalidArgument USAGE: a block that does not divide a canvas, or fewer steps
// than blocks.
absl::StatusOr<std::vector<v1::DecodeSettings>> DecodeSettingsOf(
    const EvaluationDecoding& decoding);

struct EvaluateOptions {
  std::vector<std::string> sets;   // names
  std::vector<std::string> tasks;  // their held-out sets; both empty: all
  std::optional<uint64_t> version;
  EvaluationDecoding decoding = {};  // no canvas: the configured ways to decode
  uint64_t max_prompts = 0;          // per set; 0: all
  bool wait = false;                 // until it is over
  bool csv = false;                  // one row per set and way to decode
};

absl::Status RunEvaluate(const Session& session,
                         const EvaluateOptions& options);

// To session.out, as JSON, CSV or a table.
void PrintEvaluation(const Session& session, bool csv,
                     const v1::Evaluation& evaluation);

}  // namespace mdrl

#endif  // MDRL_CLIENT_COMMAND_EVALUATE_H_
