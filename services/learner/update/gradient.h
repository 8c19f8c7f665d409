// The gradient of a step, whatever the method and however many micro-batches it
// takes (docs/algorithms.md).
//
// Two passes: (1) readouts of all micro-batches without gradient, (2) the loss
// differentiated with respect to readouts, on a graph of numbers only, (3)
// each micro-batch again, backward from sum(weight * readout). Graphs of the
// model live for one micro-batch only, so memory does not grow with the number
// of samples, and token-weighted means, softmaxes over groups and centring
// over a step are exact for any micro-batch.
//
// Where all micro-batches fit into memory together one graph is enough, and
// where a sample's weight depends on no other's readout one pass is. With a
// teacher, kOneGraph keeps the logits of all scored rows: it is for tests.
#ifndef MDRL_SERVICES_LEARNER_UPDATE_GRADIENT_H_
#define MDRL_SERVICES_LEARNER_UPDATE_GRADIENT_H_

#include <string>
#include <utility>
#include <vector>

#include "ATen/core/Tensor.h"
#include "absl/time/time.h"
#include "common/base/clock.h"
#include "common/model/transformer.h"
#include "services/learner/algorithm/algorithm.h"
#include "services/learner/batch/batch_builder.h"

namespace mdrl {

enum class Passes { kOneGraph, kOnePass, kTwo };

// log p(target) of a micro-batch [R, L], with a graph where gradients are on.
// `entropy_sum`: see TargetLogp().
at::Tensor Readouts(const Transformer& model, const MicroBatch& batch,
                    at::Tensor* entropy_sum = nullptr);

// log p(target) of all samples [B, S, L] in `type`, as constants; 0 where
// nothing is scored. What an old or a reference policy answers.
at::Tensor ReadAll(const Transformer& model, const StepBatch& batch,
                   at::ScalarType type);

struct StepGradient {
  double loss = 0.0;
  std::vector<std::pair<std::string, double>> metrics;
  absl::Duration forward;
  absl::Duration backward;
};

// Adds the gradient of the loss to that of the model's weights. `in` is
// complete but for the current policy's readouts. `teacher`: whose distribution
// the cross entropy is against; nullptr where the method has no such readout.
// The metrics are the method's, kl_reference and kl_rollout where there are
// such readouts, and, without a teacher, `entropy`: of the policy, the mean
// over scored positions in nats.
// Throws what Torch throws.
StepGradient AddGradient(const Algorithm& algorithm, const Transformer& model,
                         const Transformer* teacher, const StepBatch& batch,
                         LossInputs in, Passes passes, Clock& clock);

}  // namespace mdrl

#endif  // MDRL_SERVICES_LEARNER_UPDATE_GRADIENT_H_
