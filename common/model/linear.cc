#include "common/model/linear.h"

#include <algorithm>
#include <cstdint>

#include "ATen/TensorOperators.h"
#include "ATen/ops/block_diag.h"
#include "ATen/ops/cat.h"
#include "ATen/ops/linear.h"
#include "ATen/ops/zeros.h"
#include "common/kernel/linear.h"

namespace mdrl {
namespace {

// Whether copying the weights together costs less than a product for each.
bool WorthCopying(const std::vector<const Linear*>& linears) {
  return linears[0]->weight.numel() <= 1 << 18;
}

// y + scale (x A^T) B^T. The scale goes to B, which has fewer numbers than y.
at::Tensor AddLowRank(const Linear& linear, const at::Tensor& y,
                      const at::Tensor& x) {
  return RowwiseLinearAdd(y, RowwiseLinear(x, linear.lora_a),
                          linear.lora_b * linear.scale);
}

// The same for several maps of one x: their A one below the other, their B
// along a diagonal of blocks.
at::Tensor AddMergedLowRanks(const std::vector<const Linear*>& linears,
                             const at::Tensor& y, const at::Tensor& x) {
  std::vector<at::Tensor> a, b;
  for (const Linear* linear : linears) {
    if (linear->adapted()) {
      a.push_back(linear->lora_a);
      b.push_back(linear->lora_b * linear->scale);
    } else {  // rows of zeros
      b.push_back(at::zeros({linear->weight.size(0), 0}, x.options()));
    }
  }
  return RowwiseLinearAdd(y, RowwiseLinear(x, at::cat(a, 0)),
                          at::block_diag(b));
}

}  // namespace

at::Tensor Apply(const Linear& linear, const at::Tensor& x) {
  const at::Tensor y = RowwiseLinear(x, linear.weight);
  return linear.adapted() ? AddLowRank(linear, y, x) : y;
}

at::Tensor ApplyMerged(const std::vector<const Linear*>& linears,
                       const at::Tensor& x) {
  std::vector<at::Tensor> parts;
  if (!WorthCopying(linears)) {
    for (const Linear* linear : linears) parts.push_back(Apply(*linear, x));
    return at::cat(parts, -1);
  }
  for (const Linear* linear : linears) parts.push_back(linear->weight);
  const at::Tensor y = RowwiseLinear(x, at::cat(parts, 0));
  return std::any_of(linears.begin(), linears.end(),
                     [](const Linear* linear) { return linear->adapted(); })
             ? AddMergedLowRanks(linears, y, x)
             : y;
}

at::Tensor ApplyAdd(const Linear& linear, const at::Tensor& h,
                    const at::Tensor& x) {
  const at::Tensor y = RowwiseLinearAdd(h, x, linear.weight);
  return linear.adapted() ? AddLowRank(linear, y, x) : y;
}

at::Tensor ApplyReference(const Linear& linear, const at::Tensor& x) {
  at::Tensor y = at::linear(x, linear.weight.to(x.scalar_type()));
  return linear.adapted()
             ? y + linear.scale *
                       at::linear(at::linear(x, linear.lora_a), linear.lora_b)
             : y;
}

}  // namespace mdrl
