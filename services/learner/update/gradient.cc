#include "services/learner/update/gradient.h"

#include "ATen/TensorOperators.h"
#include "ATen/core/grad_mode.h"
#include "ATen/ops/constant_pad_nd.h"
#include "ATen/ops/zeros.h"
#include "common/model/head.h"

namespace mdrl {
namespace {

// Adds the time since its construction to a total.
class Stopwatch {
 public:
  Stopwatch(Clock& clock, absl::Duration& total)
      : clock_(clock), total_(total), start_(clock.Now()) {}
  ~Stopwatch() { total_ += clock_.Now() - start_; }
  Stopwatch(const Stopwatch&) = delete;
  Stopwatch& operator=(const Stopwatch&) = delete;

 private:
  Clock& clock_;
  absl::Duration& total_;
  absl::Time start_;
};

// One step's work: the pieces that the three ways share.
class Pass {
 public:
  Pass(const Algorithm& algorithm, const Transformer& model,
       const StepBatch& batch, LossInputs in, Clock& clock)
      : algorithm_(algorithm),
        model_(model),
        batch_(batch),
        in_(std::move(in)),
        clock_(clock) {
    const auto sizes = batch.scored_BSL.sizes();
    samples_ = sizes[0] * sizes[1];
    canvas_ = sizes[2];
    in_.logp_BSL = at::zeros(
        sizes, batch.scored_BSL.options().dtype(in_.advantage_B.scalar_type()));
  }

  StepGradient OneGraph() {
    LossAndMetrics result;
    {
      Stopwatch watch(clock_, out_.forward);
      at::Tensor logp_NL = in_.logp_BSL.view({samples_, canvas_});
      for (const MicroBatch& micro : batch_.micro_batches) {
        logp_NL = logp_NL.index_copy(0, micro.sample_R,
                                     Padded(Readouts(model_, micro)));
      }
      in_.logp_BSL = logp_NL.view(in_.logp_BSL.sizes());
      result = algorithm_.Loss(in_);
    }
    {
      Stopwatch watch(clock_, out_.backward);
      if (result.loss.requires_grad()) result.loss.backward();
    }
    return Report(result);
  }

  StepGradient TwoPasses() {
    {
      Stopwatch watch(clock_, out_.forward);
      const at::NoGradGuard no_grad;
      for (const MicroBatch& micro : batch_.micro_batches) {
        Write(micro, Readouts(model_, micro));
      }
    }
    const LossAndMetrics result = Differentiate();
    for (const MicroBatch& micro : batch_.micro_batches) {
      Backward(micro, Forward(micro));
    }
    return Report(result);
  }

  StepGradient OnePass() {
    for (const MicroBatch& micro : batch_.micro_batches) {
      const at::Tensor logp_RL = Forward(micro);
      Write(micro, logp_RL.detach());
      Differentiate();
      Backward(micro, logp_RL);
    }
    // Only now has every readout its value.
    const at::NoGradGuard no_grad;
    return Report(algorithm_.Loss(in_));
  }

 private:
  at::Tensor Forward(const MicroBatch& micro) {
    Stopwatch watch(clock_, out_.forward);
    return Readouts(model_, micro);
  }

  // Backward from sum(weight * readout) with the weights of Differentiate().
  void Backward(const MicroBatch& micro, const at::Tensor& logp_RL) {
    Stopwatch watch(clock_, out_.backward);
    const at::Tensor weight_RL = weight_BSL_.view({samples_, canvas_})
                                     .index_select(0, micro.sample_R)
                                     .narrow(1, 0, logp_RL.size(1));
    if (logp_RL.requires_grad()) (weight_RL * logp_RL).sum().backward();
  }

  void Write(const MicroBatch& micro, const at::Tensor& logp_RL) {
    in_.logp_BSL.view({samples_, canvas_})
        .index_copy_(0, micro.sample_R, Padded(logp_RL));
  }

  // Of the loss, with respect to the readouts there are.
  LossAndMetrics Differentiate() {
    LossInputs in = in_;
    in.logp_BSL = in_.logp_BSL.detach().clone();
    in.logp_BSL.set_requires_grad(true);
    LossAndMetrics result = algorithm_.Loss(in);
    weight_BSL_ = at::Tensor();
    if (result.loss.requires_grad()) {
      result.loss.backward();
      weight_BSL_ = in.logp_BSL.grad();
    }
    if (!weight_BSL_.defined()) {
      weight_BSL_ = at::zeros(in_.logp_BSL.sizes(), in_.logp_BSL.options());
    }
    return result;
  }

  at::Tensor Padded(const at::Tensor& logp_RL) const {
    const int64_t more = canvas_ - logp_RL.size(1);
    const at::Tensor out =
        more == 0 ? logp_RL : at::constant_pad_nd(logp_RL, {0, more});
    return out.to(in_.logp_BSL.scalar_type());
  }

  StepGradient Report(const LossAndMetrics& result) {
    out_.loss = result.loss.item<double>();
    for (const auto& [name, value] : result.metrics) {
      out_.metrics.emplace_back(name, value.item<double>());
    }
    return out_;
  }

  const Algorithm& algorithm_;
  const Transformer& model_;
  const StepBatch& batch_;
  LossInputs in_;
  Clock& clock_;
  int64_t samples_ = 0;  // B * S
  int64_t canvas_ = 0;
  at::Tensor weight_BSL_;
  StepGradient out_;
};

}  // namespace

at::Tensor Readouts(const Transformer& model, const MicroBatch& batch) {
  const at::Tensor hidden_RLD =
      model.Hidden(batch.ids_RT, batch.prompt_tokens, batch.ids_RT.size(1));
  return TargetLogp(model, hidden_RLD, batch.target_RL, batch.scored_RL);
}

StepGradient AddGradient(const Algorithm& algorithm, const Transformer& model,
                         const StepBatch& batch, LossInputs in, Passes passes,
                         Clock& clock) {
  Pass pass(algorithm, model, batch, std::move(in), clock);
  switch (passes) {
    case Passes::kOneGraph:
      return pass.OneGraph();
    case Passes::kOnePass:
      return pass.OnePass();
    case Passes::kTwo:
      break;
  }
  return pass.TwoPasses();
}

}  // namespace mdrl
