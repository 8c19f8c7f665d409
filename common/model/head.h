// Hidden rows to log-probabilities and logits, without the whole vocabulary at
// all rows at once.
//
// Shapes: B rows, L positions, D = d_model, V vocabulary. Log-softmax is in
// float32 (float64 for float64 weights). Stateless, thread-safe.
#ifndef MDRL_COMMON_MODEL_HEAD_H_
#define MDRL_COMMON_MODEL_HEAD_H_

#include <cstdint>

#include "ATen/core/Tensor.h"
#include "common/model/transformer.h"

namespace mdrl {

// Floats that one chunk of logits may hold: 16 MiB in float32.
inline constexpr int64_t kLogitsPerChunk = 4 << 20;

// log p(target) [B, L] where scored_BL (bool) is true, 0 elsewhere, in the
// log-softmax type. Only scored rows reach the head, a chunk of rows at a time;
// backward recomputes a chunk's logits, so memory is a chunk in both
// directions. Differentiable in hidden_BLD, the head's weight where it has
// their type, and what an adapter adds to it.
//
// `entropy_sum`, if there is one, receives the sum over scored rows of the
// distribution's entropy -sum_v p log p in nats, a constant.
at::Tensor TargetLogp(const Transformer& model, const at::Tensor& hidden_BLD,
                      const at::Tensor& target_BL, const at::Tensor& scored_BL,
                      int64_t logits_per_chunk = kLogitsPerChunk,
                      at::Tensor* entropy_sum = nullptr);

// The same number from the full [B, L, V] log-softmax.
at::Tensor TargetLogpReference(const Transformer& model,
                               const at::Tensor& hidden_BLD,
                               const at::Tensor& target_BL,
                               const at::Tensor& scored_BL);

// Logits of hidden rows [R, D] -> [R, V], in the log-softmax type.
at::Tensor Logits(const Transformer& model, const at::Tensor& hidden_RD);

}  // namespace mdrl

#endif  // MDRL_COMMON_MODEL_HEAD_H_
