// Groups and their samples become tensors. No gradients, no model.
//
// Shapes: B completions of a step, S samples of each, L canvas positions (of
// the longest canvas), R samples of a micro-batch, T = prompt + canvas.
// Pure functions; the groups are borrowed for as long as StepRows lives.
#ifndef MDRL_SERVICES_LEARNER_BATCH_BATCH_BUILDER_H_
#define MDRL_SERVICES_LEARNER_BATCH_BATCH_BUILDER_H_

#include <cstdint>
#include <span>
#include <vector>

#include "ATen/core/Tensor.h"
#include "common/record/group.h"
#include "services/learner/corruption/corruption_law.h"

namespace mdrl {

struct TrainGroup {
  Group group;
  std::vector<int32_t> prompt_tokens;
  uint64_t philox_key = 0;  // the lease's: key of its corruption stream
};

// The completions of a step that have a reward, in order. One whose scoring
// failed for good takes no part, not even in its group's mean.
struct StepRows {
  struct Row {
    const TrainGroup* group;
    const Completion* completion;
  };
  std::vector<Row> rows;
  at::Tensor reward_B;  // float64
  at::Tensor group_B;   // int64: 0, 1, ... by order of the groups
  at::Tensor length_B;  // float64: n
  uint64_t groups = 0;
  uint64_t zero_spread = 0;  // groups whose rewards are all equal
  uint64_t tokens = 0;       // sum of n
};
StepRows CollectRows(std::span<const TrainGroup> groups);

// Samples that share a forward: equal prompt and canvas lengths, so that no
// row is padded and its arithmetic does not depend on its company.
struct MicroBatch {
  at::Tensor ids_RT;     // int64
  at::Tensor target_RL;  // int64
  at::Tensor scored_RL;  // bool
  at::Tensor sample_R;   // int64: b * S + s
  int64_t prompt_tokens = 0;
  int64_t tokens() const { return ids_RT.numel(); }
};

struct StepBatch {
  at::Tensor scored_BSL;  // bool; false for rows that are not read
  at::Tensor weight_BS;   // float64
  std::vector<MicroBatch> micro_batches;
  int64_t tokens = 0;  // of all micro-batches
};

// Draws the samples of the rows with read[b] and packs them, at most
// `micro_batch_tokens` to a micro-batch (a single longer sample has its own).
// The other rows stay in the step, unscored.
StepBatch BuildStep(const StepRows& step, const std::vector<bool>& read,
                    const CorruptionLaw& law, int step_in_round,
                    int steps_in_round, int64_t micro_batch_tokens);

}  // namespace mdrl

#endif  // MDRL_SERVICES_LEARNER_BATCH_BATCH_BUILDER_H_
