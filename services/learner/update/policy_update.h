// One optimizer step of a round: samples, readouts, loss, backward, clip, step.
//
// consumes: the groups of a round · produces: changed weights and StepStats
// Not thread-safe: the learner's loop owns it. Borrows algorithm and model,
// which must outlive it; owns the optimizer and the groups of the round.
#ifndef MDRL_SERVICES_LEARNER_UPDATE_POLICY_UPDATE_H_
#define MDRL_SERVICES_LEARNER_UPDATE_POLICY_UPDATE_H_

#include <cstdint>
#include <optional>
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
  // Old readouts also where the method needs none, for the metric kl_rollout.
  bool measure_kl_rollout = false;
  // Tokens whose graph fits into memory: bounds a micro-batch, and a step
  // below it needs only one graph.
  int64_t micro_batch_tokens = 32768;
};

class PolicyUpdate {
 public:
  // `trainable`: the weights of `model`, or its adapter's, that are updated.
  PolicyUpdate(const Algorithm& algorithm, const Transformer& model,
               NamedTensors trainable, PolicyUpdateOptions options,
               Clock& clock);

  // Takes the groups of the next round, in the order of their tickets, and
  // settles what "old", "reference" and "teacher" mean for it: readouts of the
  // present policy for all draws of the round's later steps; a copy of the
  // start weights where there is no adapter to switch off, taken at the first
  // round; the present policy.
  // InvalidArgument, naming group and completion: a token outside the
  // vocabulary, n beyond the canvas, more positions than the model has, or a
  // completion without reveals where the method reads them.
  absl::Status BeginRound(std::vector<TrainGroup> groups);

  // Steps of the round: iterations x minibatches.
  int steps() const { return plan_.steps(); }

  // Step k of the round. On any error no weight has changed. Internal with
  // the reason STEP_NONFINITE: loss or gradient are not finite;
  // ResourceExhausted: out of memory.
  // REQUIRES: BeginRound() came before; 0 <= k < steps().
  absl::StatusOr<StepStats> Step(int k);

  // Whether the method holds the policy against a copy of its start weights.
  bool copies_reference() const;
  // That copy, for a checkpoint; empty before the first round and where there
  // is none.
  NamedTensors ReferenceWeights() const;
  // What a checkpoint had: before the first BeginRound() after a restart.
  // InvalidArgument: not the model's tensors.
  absl::Status SetReference(const NamedTensors& weights);

  // State to save and restore, and the count that the schedule is at.
  AdamW& optimizer() { return optimizer_; }
  const AdamW& optimizer() const { return optimizer_; }

 private:
  absl::Status Check(const TrainGroup& group) const;
  bool reads_old() const;
  // Which rows are read at all.
  std::vector<bool> RowsToRead(const StepRows& rows,
                               const at::Tensor& advantage_B) const;
  Passes PassesFor(const StepBatch& batch) const;
  at::ScalarType type() const;
  StepRows RowsOf(int k) const;
  StepBatch Build(const StepRows& rows, const at::Tensor& advantage_B,
                  int k) const;
  absl::Status TryBeginRound();
  absl::StatusOr<StepStats> TryStep(int k);

  const Algorithm& algorithm_;
  const Transformer& model_;
  const PolicyUpdateOptions options_;
  Clock& clock_;
  AdamW optimizer_;
  std::vector<TrainGroup> groups_;
  RoundPlan plan_;
  // Of the round's start, by step; empty for the first, whose policy it is.
  std::vector<at::Tensor> old_logp_BSL_;
  double old_seconds_ = 0.0;
  std::optional<Transformer> reference_;
  std::optional<Transformer> teacher_;
};

}  // namespace mdrl

#endif  // MDRL_SERVICES_LEARNER_UPDATE_POLICY_UPDATE_H_
