// Rotary embedding and full bidirectional attention for short sequences, in one
// pass per head, with the gradient.
//
// Stateless, thread-safe. A row's numbers depend on that row alone.
#ifndef MDRL_COMMON_KERNEL_ATTENTION_H_
#define MDRL_COMMON_KERNEL_ATTENTION_H_

#include <cstdint>
#include <span>

#include "ATen/core/Tensor.h"
#include "common/tensor/row_span.h"

namespace mdrl {

// B rows, T positions, L queried positions first .. first + L - 1, E =
// head_dim.
struct AttentionHeads {
  int64_t heads = 0;
  int64_t kv_heads =
      0;  // divides heads; head h reads key head h / (heads / kv_heads)
  int64_t head_dim = 0;  // even
};

// softmax(rope(q) rope(k)^T / sqrt(E)) v, every position attending to all T.
// q_BLX and kv_BTY as the projections leave them, before rope: X = heads * E,
// Y = kv_heads * E of keys, then as many of values. The rows of cos and sin
// [>= T, E] are positions. Returns [B, L, heads * E].
// With `real_B`, a row attends to its own span alone and counts its positions
// from the span's begin: it gets the numbers that it has without the padding,
// bit for bit. The output at padding is 0.
// REQUIRES: float32 on the CPU.
at::Tensor FusedAttention(const at::Tensor& q_BLX, const at::Tensor& kv_BTY,
                          const at::Tensor& cos_TE, const at::Tensor& sin_TE,
                          int64_t first, const AttentionHeads& heads,
                          std::span<const RowSpan> real_B = {});

// The same with queries, keys and values of all positions side by side in one
// tensor, as one matrix product leaves them; L = T.
at::Tensor FusedSelfAttention(const at::Tensor& qkv_BTZ,
                              const at::Tensor& cos_TE,
                              const at::Tensor& sin_TE,
                              const AttentionHeads& heads,
                              std::span<const RowSpan> real_B = {});

}  // namespace mdrl

#endif  // MDRL_COMMON_KERNEL_ATTENTION_H_
