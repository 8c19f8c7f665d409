// Small loss inputs for tests, and the derivative of a loss.
#ifndef MDRL_TESTS_SERVICES_LEARNER_ALGORITHM_READOUTS_H_
#define MDRL_TESTS_SERVICES_LEARNER_ALGORITHM_READOUTS_H_

#include <functional>
#include <utility>

#include "ATen/TensorOperators.h"
#include "ATen/core/Tensor.h"
#include "ATen/ops/where.h"
#include "ATen/ops/zeros_like.h"
#include "services/learner/algorithm/algorithm.h"

namespace mdrl {

struct Derivative {
  double value = 0.0;
  at::Tensor weight_BSL;          // d value / d logp
  at::Tensor teacher_weight_BSL;  // d value / d teacher_ce, where there is one
};

// Of any scalar of `in`, with respect to its readouts.
inline Derivative Differentiate(
    const std::function<at::Tensor(const LossInputs&)>& scalar, LossInputs in) {
  at::Tensor leaf = in.logp_BSL.detach().clone();
  leaf.set_requires_grad(true);
  in.logp_BSL = leaf;
  at::Tensor teacher;
  if (in.teacher_ce_BSL.has_value()) {
    teacher = in.teacher_ce_BSL->detach().clone();
    teacher.set_requires_grad(true);
    in.teacher_ce_BSL = teacher;
  }
  const at::Tensor value = scalar(in);
  value.backward();
  return {value.item<double>(), leaf.grad(),
          teacher.defined() ? teacher.grad() : at::Tensor()};
}

// Inputs from readouts, scored positions, lengths and advantages; groups of
// `group_size` neighbours, weight n / |scored|.
inline LossInputs MakeInputs(const at::Tensor& logp_BSL,
                             const at::Tensor& scored_BSL,
                             const at::Tensor& length_B,
                             const at::Tensor& advantage_B,
                             const at::Tensor& group_B) {
  const auto type = logp_BSL.scalar_type();
  LossInputs in;
  in.logp_BSL = logp_BSL;
  in.scored_BSL = scored_BSL;
  in.length_B = length_B.to(type);
  in.advantage_B = advantage_B.to(type);
  in.group_B = group_B;
  const at::Tensor count_BS = scored_BSL.sum(2).to(type);
  in.weight_BS = at::where(count_BS > 0, in.length_B.unsqueeze(1) / count_BS,
                           at::zeros_like(count_BS));
  return in;
}

}  // namespace mdrl

#endif  // MDRL_TESTS_SERVICES_LEARNER_ALGORITHM_READOUTS_H_
