// A supervised stage before the first round: LLaDA's own objective on
// prompt-answer pairs (arXiv 2502.09992).
//
// Every random choice is Philox stream 6 under the stage's key, so a stage
// repeats itself bit by bit.
#ifndef MDRL_SERVICES_LEARNER_UPDATE_SFT_H_
#define MDRL_SERVICES_LEARNER_UPDATE_SFT_H_

#include <cstdint>
#include <functional>
#include <span>
#include <vector>

#include "absl/status/status.h"
#include "common/model/transformer.h"
#include "common/tensor/named_tensors.h"
#include "services/learner/update/optimizer.h"
#include "services/learner/update/schedule.h"

namespace mdrl {

struct SftRow {
  std::vector<int32_t> prompt;
  std::vector<int32_t> answer;
};

struct SftStage {
  int64_t steps = 0;
  int64_t batch = 32;
  double lr = 1e-3;
  int64_t warmup_steps = 50;
  Decay decay = Decay::kCosine;  // to 0 at the stage's last step
  AdamWOptions adamw{.weight_decay = 0.01, .grad_clip = 1.0};
  uint64_t philox_key = 0;  // stream 6, of the stage's number
  int64_t micro_batch_tokens = 32768;
};

struct SftProgress {
  int64_t step = 0;  // just done, from 0
  int64_t steps = 0;
  double loss = 0.0;
  double lr = 0.0;
  double grad_norm = 0.0;
  uint64_t tokens = 0;  // fed in this step
};

// Which rows each batch holds: the data in a fresh permutation each epoch
// (stream 6, row 2^32 - 1, step = epoch), read on from batch to batch.
class SftOrder {
 public:
  // REQUIRES: 0 < rows < 2^31.
  SftOrder(uint64_t philox_key, int64_t rows);
  // Indices of the rows of batch `step`, whatever was asked for before.
  std::vector<int32_t> Batch(int64_t step, int64_t batch);

 private:
  uint64_t philox_key_;
  int64_t rows_;
  int64_t epoch_ = -1;  // whose permutation order_ is
  std::vector<int32_t> order_;
};

// Trains `trainable` in place with a fresh AdamW; `progress`, if any, is called
// after every step. Answers are padded with EOS up to the batch's longest row;
// the padding is masked, trained and counted, as LLaDA does.
// InvalidArgument: no rows, an empty answer, a token outside the vocabulary or
// a row longer than the model's positions. Internal with the reason
// STEP_NONFINITE: loss or gradient are not finite.
absl::Status RunSftStage(
    const Transformer& model, NamedTensors trainable,
    std::span<const SftRow> rows, const SftStage& stage,
    const std::function<void(const SftProgress&)>& progress);

}  // namespace mdrl

#endif  // MDRL_SERVICES_LEARNER_UPDATE_SFT_H_
