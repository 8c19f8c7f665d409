// One optimizer step of a round: samples, readouts, loss, backward, clip, step.
//
// consumes: the groups of a round · produces: changed weights and StepStats
// Not thread-safe: the learner's loop owns it. Borrows algorithm and model,
// which must outlive it; owns the optimizer and the groups of the round.
#ifndef MDRL_SERVICES_LEARNER_UPDATE_POLICY_UPDATE_H_
#define MDRL_SERVICES_LEARNER_UPDATE_POLICY_UPDATE_H_

#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/base/clock.h"
#include "common/model/transformer.h"
#include "common/record/step_stats.h"
#include "common/tensor/named_tensors.h"
#include "services/learner/algorithm/algorithm.h"
#include "services/learner/batch/batch_builder.h"
#include "services/learner/batch/round_plan.h"
#include "services/learner/update/gradient.h"
#include "services/learner/update/optimizer.h"
#include "services/learner/update/schedule.h"

namespace mdrl {

struct PolicyUpdateOptions {
  AdamWOptions adamw;
  LearningRate lr;
  int iterations = 4;
  int minibatches = 1;
  // Rows with advantage 0 are left out of the forward. They stay in the
  // loss's denominator either way.
  bool skip_zero_spread = true;
  // Tokens whose graph fits into memory: bounds a micro-batch, and a step
  // below it needs only one graph.
  int64_t micro_batch_tokens = 32768;
};

class PolicyUpdate {
 public:
  // `trainable`: the weights of `model`, or its adapter's, that are updated.
  // REQUIRES: the algorithm needs no old, reference or teacher readouts.
  PolicyUpdate(const Algorithm& algorithm, const Transformer& model,
               NamedTensors trainable, PolicyUpdateOptions options,
               Clock& clock);

  // Takes the groups of the next round, in the order of their tickets.
  // InvalidArgument, naming group and completion: a token outside the
  // vocabulary, n beyond the canvas, or more positions than the model has.
  absl::Status BeginRound(std::vector<TrainGroup> groups);

  // Steps of the round: iterations x minibatches.
  int steps() const { return plan_.steps(); }

  // Step k of the round. On any error no weight has changed. Internal with
  // the reason STEP_NONFINITE: loss or gradient are not finite;
  // ResourceExhausted: out of memory.
  // REQUIRES: BeginRound() came before; 0 <= k < steps().
  absl::StatusOr<StepStats> Step(int k);

  // State to save and restore, and the count that the schedule is at.
  AdamW& optimizer() { return optimizer_; }
  const AdamW& optimizer() const { return optimizer_; }

 private:
  absl::Status Check(const TrainGroup& group) const;
  // Which rows are read at all.
  std::vector<bool> RowsToRead(const at::Tensor& advantage_B) const;
  Passes PassesFor(const StepBatch& batch) const;
  absl::StatusOr<StepStats> TryStep(int k);

  const Algorithm& algorithm_;
  const Transformer& model_;
  const PolicyUpdateOptions options_;
  Clock& clock_;
  AdamW optimizer_;
  std::vector<TrainGroup> groups_;
  RoundPlan plan_;
};

}  // namespace mdrl

#endif  // MDRL_SERVICES_LEARNER_UPDATE_POLICY_UPDATE_H_
