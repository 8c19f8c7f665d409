// The transformer written out plainly: the numbers that every faster path must
// reproduce.
//
// Stateless, thread-safe.
#ifndef MDRL_COMMON_MODEL_TRANSFORMER_REFERENCE_H_
#define MDRL_COMMON_MODEL_TRANSFORMER_REFERENCE_H_

#include <cstdint>
#include <functional>
#include <span>
#include <string>

#include "ATen/core/Tensor.h"
#include "common/model/transformer.h"

namespace mdrl {

// Sees "hidden_embedding", "hidden_after_block_<i>" and "hidden_after_ln_f" at
// every position, as they are made.
using HiddenObserver =
    std::function<void(const std::string& name, const at::Tensor& hidden_BTD)>;

// As Transformer::Hidden, one small operation after the other, every position
// in every block; padding is kept out by a mask.
at::Tensor HiddenReference(const Transformer& model, const at::Tensor& ids_BT,
                           int64_t first, int64_t last,
                           const HiddenObserver& observer = nullptr,
                           std::span<const RowSpan> real_B = {});

// As Transformer::HiddenCached.
at::Tensor HiddenCachedReference(const Transformer& model,
                                 const at::Tensor& ids_BL, int64_t from,
                                 int64_t first, int64_t last, KvCache& cache,
                                 std::span<const RowSpan> real_B = {});

// x / sqrt(mean(x^2) + eps) in at least float32, cast back, times the weight.
at::Tensor RmsNormReference(const at::Tensor& x, const at::Tensor& weight,
                            double eps);

}  // namespace mdrl

#endif  // MDRL_COMMON_MODEL_TRANSFORMER_REFERENCE_H_
