#include "services/learner/update/gradient.h"

#include <algorithm>

#include "ATen/TensorOperators.h"
#include "ATen/core/grad_mode.h"
#include "ATen/ops/constant_pad_nd.h"
#include "ATen/ops/zeros.h"
#include "common/model/head.h"
#include "services/learner/algorithm/statistics.h"
#include "services/learner/update/teacher_readout.h"

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

// [R, L] to the step's canvas length, in its type.
at::Tensor Padded(const at::Tensor& value_RL, int64_t canvas,
                  at::ScalarType type) {
  const int64_t more = canvas - value_RL.size(1);
  const at::Tensor out =
      more == 0 ? value_RL : at::constant_pad_nd(value_RL, {0, more});
  return out.to(type);
}

// What a micro-batch's forward leaves for its backward.
struct ForwardState {
  at::Tensor logp_RL = {};  // with a graph, unless there is a teacher
  at::Tensor teacher_ce_RL = {};
  at::Tensor hidden_RLD = {};  // with a teacher: the graph
  at::Tensor teacher_hidden_RLD = {};
};

// One step's work: the pieces that the three ways share.
class Pass {
 public:
  Pass(const Algorithm& algorithm, const Transformer& model,
       const Transformer* teacher, const StepBatch& batch, LossInputs in,
       Clock& clock)
      : algorithm_(algorithm),
        model_(model),
        teacher_(teacher),
        batch_(batch),
        in_(std::move(in)),
        clock_(clock) {
    const auto sizes = batch.scored_BSL.sizes();
    samples_ = sizes[0] * sizes[1];
    canvas_ = sizes[2];
    const auto options =
        batch.scored_BSL.options().dtype(in_.advantage_B.scalar_type());
    in_.logp_BSL = at::zeros(sizes, options);
    if (teacher_ != nullptr) in_.teacher_ce_BSL = at::zeros(sizes, options);
  }

  StepGradient OneGraph() {
    LossAndMetrics result;
    {
      Stopwatch watch(clock_, out_.forward);
      for (const MicroBatch& micro : batch_.micro_batches) {
        const ForwardState state = GraphOf(micro);
        in_.logp_BSL = With(in_.logp_BSL, micro, state.logp_RL);
        if (teacher_ == nullptr) continue;
        in_.teacher_ce_BSL =
            With(*in_.teacher_ce_BSL, micro, state.teacher_ce_RL);
      }
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
      const at::NoGradGuard no_grad;
      for (const MicroBatch& micro : batch_.micro_batches) {
        Write(micro, Forward(micro));
      }
    }
    const LossAndMetrics result = Differentiate();
    measure_entropy_ = false;  // once is enough
    for (const MicroBatch& micro : batch_.micro_batches) {
      Backward(micro, Forward(micro));
    }
    return Report(result);
  }

  StepGradient OnePass() {
    for (const MicroBatch& micro : batch_.micro_batches) {
      const ForwardState state = Forward(micro);
      Write(micro, state);
      Differentiate();
      Backward(micro, state);
    }
    // Only now has every readout its value.
    const at::NoGradGuard no_grad;
    return Report(algorithm_.Loss(in_));
  }

 private:
  at::Tensor Read(const MicroBatch& micro) {
    if (!measure_entropy_) return Readouts(model_, micro);
    at::Tensor entropy_sum;
    const at::Tensor logp_RL = Readouts(model_, micro, &entropy_sum);
    const at::NoGradGuard no_grad;
    entropy_sum_ =
        entropy_sum_.defined() ? entropy_sum_ + entropy_sum : entropy_sum;
    return logp_RL;
  }

  // Readouts with one graph through everything.
  ForwardState GraphOf(const MicroBatch& micro) {
    if (teacher_ == nullptr) return {.logp_RL = Read(micro)};
    const TeacherReadout read =
        ReadWithTeacher(model_, CanvasHidden(model_, micro), *teacher_,
                        TeacherHidden(micro), micro);
    return {.logp_RL = read.logp_RL, .teacher_ce_RL = read.teacher_ce_RL};
  }

  at::Tensor TeacherHidden(const MicroBatch& micro) const {
    const at::NoGradGuard no_grad;
    return CanvasHidden(*teacher_, micro);
  }

  ForwardState Forward(const MicroBatch& micro) {
    Stopwatch watch(clock_, out_.forward);
    if (teacher_ == nullptr) return {.logp_RL = Read(micro)};
    ForwardState state;
    state.hidden_RLD = CanvasHidden(model_, micro);
    state.teacher_hidden_RLD = TeacherHidden(micro);
    const at::NoGradGuard no_grad;  // the head's graph is made in Backward()
    const TeacherReadout read = ReadWithTeacher(
        model_, state.hidden_RLD, *teacher_, state.teacher_hidden_RLD, micro);
    state.logp_RL = read.logp_RL;
    state.teacher_ce_RL = read.teacher_ce_RL;
    return state;
  }

  // Backward from sum(weight * readout) with the weights of Differentiate().
  void Backward(const MicroBatch& micro, const ForwardState& state) {
    Stopwatch watch(clock_, out_.backward);
    const auto weight_of = [&](const at::Tensor& weight_BSL) {
      return weight_BSL.view({samples_, canvas_})
          .index_select(0, micro.sample_R)
          .narrow(1, 0, state.logp_RL.size(1));
    };
    if (teacher_ != nullptr) {
      BackwardWithTeacher(
          model_, state.hidden_RLD, *teacher_, state.teacher_hidden_RLD, micro,
          weight_of(weight_BSL_), weight_of(teacher_weight_BSL_));
    } else if (state.logp_RL.requires_grad()) {
      (weight_of(weight_BSL_) * state.logp_RL).sum().backward();
    }
  }

  // In place: the readouts are constants outside OneGraph().
  void Write(const MicroBatch& micro, const ForwardState& state) {
    const at::NoGradGuard no_grad;
    const auto write = [&](at::Tensor& all_BSL, const at::Tensor& value_RL) {
      all_BSL.view({samples_, canvas_})
          .index_copy_(0, micro.sample_R,
                       Padded(value_RL, canvas_, all_BSL.scalar_type()));
    };
    write(in_.logp_BSL, state.logp_RL);
    if (teacher_ != nullptr) write(*in_.teacher_ce_BSL, state.teacher_ce_RL);
  }

  // `all_BSL` with the numbers of a micro-batch in their places.
  at::Tensor With(const at::Tensor& all_BSL, const MicroBatch& micro,
                  const at::Tensor& value_RL) const {
    return all_BSL.view({samples_, canvas_})
        .index_copy(0, micro.sample_R,
                    Padded(value_RL, canvas_, all_BSL.scalar_type()))
        .view(all_BSL.sizes());
  }

  // Of the loss, with respect to the readouts there are.
  LossAndMetrics Differentiate() {
    LossInputs in = in_;
    const auto leaf_of = [](const at::Tensor& values) {
      at::Tensor leaf = values.detach().clone();
      leaf.set_requires_grad(true);
      return leaf;
    };
    in.logp_BSL = leaf_of(in_.logp_BSL);
    if (teacher_ != nullptr) in.teacher_ce_BSL = leaf_of(*in_.teacher_ce_BSL);
    LossAndMetrics result = algorithm_.Loss(in);
    if (result.loss.requires_grad()) result.loss.backward();
    const auto gradient_of = [](const at::Tensor& leaf) {
      return leaf.grad().defined() ? leaf.grad()
                                   : at::zeros(leaf.sizes(), leaf.options());
    };
    const at::NoGradGuard no_grad;
    weight_BSL_ = gradient_of(in.logp_BSL);
    if (teacher_ != nullptr) {
      teacher_weight_BSL_ = gradient_of(*in.teacher_ce_BSL);
    }
    return result;
  }

  StepGradient Report(LossAndMetrics result) {
    AddKl(in_, result.metrics);
    out_.loss = result.loss.item<double>();
    for (const auto& [name, value] : result.metrics) {
      out_.metrics.emplace_back(name, value.item<double>());
    }
    if (entropy_sum_.defined()) {
      const double scored = batch_.scored_BSL.sum().item<double>();
      out_.metrics.emplace_back(
          "entropy", entropy_sum_.item<double>() / std::max(1.0, scored));
    }
    return out_;
  }

  const Algorithm& algorithm_;
  const Transformer& model_;
  const Transformer* const teacher_;
  const StepBatch& batch_;
  LossInputs in_;
  Clock& clock_;
  int64_t samples_ = 0;  // B * S
  int64_t canvas_ = 0;
  at::Tensor weight_BSL_;
  at::Tensor teacher_weight_BSL_;
  bool measure_entropy_ = true;
  at::Tensor entropy_sum_;
  StepGradient out_;
};

}  // namespace

at::Tensor Readouts(const Transformer& model, const MicroBatch& batch,
                    at::Tensor* entropy_sum) {
  const at::Tensor hidden_RLD =
      model.Hidden(batch.ids_RT, batch.prompt_tokens, batch.ids_RT.size(1));
  return TargetLogp(model, hidden_RLD, batch.target_RL, batch.scored_RL,
                    kLogitsPerChunk, entropy_sum);
}

at::Tensor ReadAll(const Transformer& model, const StepBatch& batch,
                   at::ScalarType type) {
  const at::NoGradGuard no_grad;
  const auto sizes = batch.scored_BSL.sizes();
  at::Tensor logp_NL = at::zeros({sizes[0] * sizes[1], sizes[2]},
                                 batch.scored_BSL.options().dtype(type));
  for (const MicroBatch& micro : batch.micro_batches) {
    logp_NL.index_copy_(0, micro.sample_R,
                        Padded(Readouts(model, micro), sizes[2], type));
  }
  return logp_NL.view(sizes);
}

StepGradient AddGradient(const Algorithm& algorithm, const Transformer& model,
                         const Transformer* teacher, const StepBatch& batch,
                         LossInputs in, Passes passes, Clock& clock) {
  Pass pass(algorithm, model, teacher, batch, std::move(in), clock);
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
