// What a method is: canvases, advantage, loss. Everything random, remote,
// stateful or large is outside.
//
// Shapes, here and in every method:
//   B  completions of a step      S  samples of a completion (fewer: padded
//   L  canvas positions              with unscored ones)
// A readout is one float per sample and position, read where logits exist; a
// loss is a function of readouts and of nothing else of the model.
//
// Implementations are immutable after construction and safe to share.
#ifndef MDRL_SERVICES_LEARNER_ALGORITHM_ALGORITHM_H_
#define MDRL_SERVICES_LEARNER_ALGORITHM_ALGORITHM_H_

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "ATen/core/Tensor.h"
#include "services/learner/corruption/corruption_law.h"

namespace mdrl {

// All completions of a step at once, on every rank, whatever the
// micro-batches are. Floating tensors share one dtype.
struct LossInputs {
  at::Tensor logp_BSL;     // readout log p(target): the loss is differentiated
                           // with respect to it; 0 where nothing was read
  at::Tensor scored_BSL;   // bool
  at::Tensor weight_BS;    // Sample::weight; 0: a sample with nothing scored
  at::Tensor length_B;     // n: positions up to and including the first EOS
  at::Tensor advantage_B;  // what Advantage() made of the rewards
  at::Tensor group_B;      // int64: 0, 1, ...
  // Same samples, constants. Absent in the first step of a round: the current
  // policy is the old one. Where the method needs none, they are only measured.
  std::optional<at::Tensor> old_logp_BSL;
  std::optional<at::Tensor> ref_logp_BSL;    // same samples, constants
  std::optional<at::Tensor> teacher_ce_BSL;  // readout: -sum_v teacher log p
};

// What a method asks of the rooms around it.
struct Needs {
  // Which rows may carry gradient and must be read: those with an advantage,
  // also the others of a group whose rewards differ, or every one.
  enum class Rows { kWithAdvantage, kOfMixedGroups, kAll };
  bool old = false;        // readouts of the policy at the round's start
  bool reference = false;  // of the policy that the run started from
  bool teacher = false;    // cross entropy against the round-start policy
  bool reveals = false;    // the decoder must record which step revealed what
  // A sample's gradient weight depends on no other sample's readout.
  bool separable = false;
  Rows rows = Rows::kWithAdvantage;
  // A round is a problem of its own: optimizer and schedule start anew.
  bool fresh_optimizer = false;
};

struct LossAndMetrics {
  at::Tensor loss;                                          // scalar
  std::vector<std::pair<std::string, at::Tensor>> metrics;  // scalars
};

class Algorithm {
 public:
  virtual ~Algorithm() = default;
  virtual Needs needs() const = 0;
  virtual const CorruptionLaw& corruption() const = 0;
  // REQUIRES: reward_B float64 and group_B int64 on the CPU, both [B].
  // Equal rewards within a group give advantages of exactly 0.
  virtual at::Tensor Advantage(const at::Tensor& reward_B,
                               const at::Tensor& group_B) const = 0;
  // Pure: no randomness, no I/O, no device moves, no logging. May detach.
  virtual LossAndMetrics Loss(const LossInputs& in) const = 0;
};

}  // namespace mdrl

#endif  // MDRL_SERVICES_LEARNER_ALGORITHM_ALGORITHM_H_
