#include "common/model/linear.h"

#include <algorithm>
#include <cstdint>

#include "ATen/TensorOperators.h"
#include "ATen/ops/add.h"
#include "ATen/ops/cat.h"
#include "ATen/ops/linear.h"
#include "ATen/ops/zeros.h"
#include "common/kernel/linear.h"

namespace mdrl {
namespace {

// (x A^T) B^T without the scale.
at::Tensor LowRank(const Linear& linear, const at::Tensor& x) {
  return RowwiseLinear(RowwiseLinear(x, linear.lora_a), linear.lora_b);
}

at::Tensor MergedProducts(const std::vector<const Linear*>& linears,
                          const at::Tensor& x) {
  constexpr int64_t kWorthCopying = 1 << 18;
  std::vector<at::Tensor> parts;
  if (linears[0]->weight.numel() <= kWorthCopying) {
    for (const Linear* linear : linears) parts.push_back(linear->weight);
    return RowwiseLinear(x, at::cat(parts, 0));
  }
  for (const Linear* linear : linears) {
    parts.push_back(RowwiseLinear(x, linear->weight));
  }
  return at::cat(parts, -1);
}

}  // namespace

at::Tensor Apply(const Linear& linear, const at::Tensor& x) {
  at::Tensor y = RowwiseLinear(x, linear.weight);
  return linear.adapted() ? at::add(y, LowRank(linear, x), linear.scale) : y;
}

at::Tensor ApplyMerged(const std::vector<const Linear*>& linears,
                       const at::Tensor& x) {
  const at::Tensor y = MergedProducts(linears, x);
  if (std::none_of(linears.begin(), linears.end(),
                   [](const Linear* linear) { return linear->adapted(); })) {
    return y;
  }
  std::vector<at::Tensor> deltas;
  for (const Linear* linear : linears) {
    if (linear->adapted()) {
      deltas.push_back(LowRank(*linear, x) * linear->scale);
    } else {
      std::vector<int64_t> sizes = x.sizes().vec();
      sizes.back() = linear->weight.size(0);
      deltas.push_back(at::zeros(sizes, x.options()));
    }
  }
  return y + at::cat(deltas, -1);
}

at::Tensor ApplyAdd(const Linear& linear, const at::Tensor& h,
                    const at::Tensor& x) {
  at::Tensor y = RowwiseLinearAdd(h, x, linear.weight);
  return linear.adapted() ? at::add(y, LowRank(linear, x), linear.scale) : y;
}

at::Tensor ApplyReference(const Linear& linear, const at::Tensor& x) {
  at::Tensor y = at::linear(x, linear.weight.to(x.scalar_type()));
  return linear.adapted()
             ? y + linear.scale *
                       at::linear(at::linear(x, linear.lora_a), linear.lora_b)
             : y;
}

}  // namespace mdrl
