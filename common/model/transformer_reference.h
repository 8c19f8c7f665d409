// The transformer written out plainly: the numbers that every faster path must
// reproduce.
//
// Stateless, thread-safe.
#ifndef MDRL_COMMON_MODEL_TRANSFORMER_REFERENCE_H_
#define MDRL_COMMON_MODEL_TRANSFORMER_REFERENCE_H_

#include <cstdint>
#include <functional>
#include <string>

#include "ATen/core/Tensor.h"
#include "common/model/transformer.h"

namespace mdrl {

// Sees "hidden_embedding", "hidden_after_block_<i>" and "hidden_after_ln_f" at
// every position, as they are made.
using HiddenObserver =
    std::function<void(const std::string& name, const at::Tensor& hidden_BTD)>;

// As Transformer::Hidden, one small operation after the other, every position
// in every block.
at::Tensor HiddenReference(const Transformer& model, const at::Tensor& ids_BT,
                           int64_t first, int64_t last,
                           const HiddenObserver& observer = nullptr);

// x / sqrt(mean(x^2) + eps) in at least float32, cast back, times the weight.
at::Tensor RmsNormReference(const at::Tensor& x, const at::Tensor& weight,
                            double eps);

}  // namespace mdrl

#endif  // MDRL_COMMON_MODEL_TRANSFORMER_REFERENCE_H_
