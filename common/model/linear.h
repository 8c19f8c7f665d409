// A linear map of the transformer, and what an adapter adds to it.
//
// Shapes: R rows, I in, O out, r the adapter's rank. Stateless functions;
// tensors share storage when copied.
#ifndef MDRL_COMMON_MODEL_LINEAR_H_
#define MDRL_COMMON_MODEL_LINEAR_H_

#include <vector>

#include "ATen/core/Tensor.h"

namespace mdrl {

// y = x W^T + scale (x A^T) B^T   (LoRA, arXiv 2106.09685, equation 3).
// Without an adapter A and B are undefined.
struct Linear {
  at::Tensor weight;          // [O, I], in any floating type
  at::Tensor lora_a, lora_b;  // [r, I], [O, r], in the type of x
  double scale = 0.0;

  bool adapted() const { return lora_a.defined(); }
};

// x [..., I] -> [..., O]. A row's numbers depend on that row alone.
// Differentiable in x, A and B, and in W where it has the type of x.
at::Tensor Apply(const Linear& linear, const at::Tensor& x);

// The results of several maps of one x side by side. Small weights are copied
// together first, which makes one product of them; large ones would cost more
// to copy than that saves.
at::Tensor ApplyMerged(const std::vector<const Linear*>& linears,
                       const at::Tensor& x);

// h + Apply(linear, x).
at::Tensor ApplyAdd(const Linear& linear, const at::Tensor& h,
                    const at::Tensor& x);

// The same as Apply() written out plainly.
at::Tensor ApplyReference(const Linear& linear, const at::Tensor& x);

}  // namespace mdrl

#endif  // MDRL_COMMON_MODEL_LINEAR_H_
