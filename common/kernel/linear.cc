#include "common/kernel/linear.h"

#include <algorithm>
#include <vector>

#include "ATen/Parallel.h"
#include "ATen/TensorOperators.h"
#include "ATen/ops/addmm.h"
#include "ATen/ops/cat.h"
#include "ATen/ops/constant_pad_nd.h"
#include "ATen/ops/empty.h"
#include "ATen/ops/mm.h"
#include "common/base/log.h"
#include "common/kernel/small_linear.h"
#include "torch/csrc/autograd/custom_function.h"

namespace mdrl {
namespace {

// Four times what MKL needed.
int64_t FewestRows() { return int64_t{16} * at::get_num_threads(); }

at::Tensor Padded(const at::Tensor& x_RK, int64_t rows) {
  return at::constant_pad_nd(x_RK, {0, 0, 0, rows - x_RK.size(0)});
}

// Rows of W per product: a part is 64 MiB in float32. A function of W's shape
// alone, so that a row's bits depend neither on other rows nor on whether W was
// widened before or is widened now.
int64_t RowsPerPart(const at::Tensor& weight) {
  return std::max<int64_t>(1, (int64_t{1} << 24) / weight.size(1));
}

bool InOnePart(const at::Tensor& weight) {
  return weight.size(0) <= RowsPerPart(weight);
}

class WidenedLinear : public torch::autograd::Function<WidenedLinear> {
 public:
  static at::Tensor forward(torch::autograd::AutogradContext* context,
                            const at::Tensor& x_RK, const at::Tensor& weight) {
    MDRL_CHECK(!weight.requires_grad())
        << "a weight of another type than its input is not trained";
    context->save_for_backward({weight});
    const int64_t out = weight.size(0), part = RowsPerPart(weight);
    at::Tensor y = at::empty({x_RK.size(0), out}, x_RK.options());
    for (int64_t at = 0; at < out; at += part) {
      const int64_t end = std::min(out, at + part);
      y.slice(1, at, end)
          .copy_(at::mm(x_RK,
                        weight.slice(0, at, end).to(x_RK.scalar_type()).t()));
    }
    return y;
  }

  static torch::autograd::variable_list backward(
      torch::autograd::AutogradContext* context,
      torch::autograd::variable_list gradients) {
    const at::Tensor weight = context->get_saved_variables()[0];
    const at::Tensor& g = gradients[0];
    const int64_t out = weight.size(0), part = RowsPerPart(weight);
    at::Tensor d_x;
    for (int64_t at = 0; at < out; at += part) {
      const int64_t end = std::min(out, at + part);
      const at::Tensor d = at::mm(g.slice(1, at, end),
                                  weight.slice(0, at, end).to(g.scalar_type()));
      d_x = d_x.defined() ? d_x + d : d;
    }
    return {d_x, at::Tensor()};
  }
};

at::Tensor Product(const at::Tensor& x_RK, const at::Tensor& weight) {
  if (weight.scalar_type() != x_RK.scalar_type()) {
    return WidenedLinear::apply(x_RK, weight);
  }
  if (InOnePart(weight)) return at::mm(x_RK, weight.t());
  std::vector<at::Tensor> parts;
  for (const at::Tensor& part : weight.split(RowsPerPart(weight), 0)) {
    parts.push_back(at::mm(x_RK, part.t()));
  }
  return at::cat(parts, 1);
}

bool IsSmall(const at::Tensor& weight) { return weight.numel() <= 1 << 19; }

// A small weight is widened whole, so that it takes the way of small weights.
bool WidenWhole(const at::Tensor& x, const at::Tensor& weight) {
  return weight.scalar_type() != x.scalar_type() && IsSmall(weight);
}

}  // namespace

at::Tensor RowwiseLinear(const at::Tensor& x, const at::Tensor& weight) {
  if (WidenWhole(x, weight)) {
    return RowwiseLinear(x, weight.to(x.scalar_type()));
  }
  if (FitsSmallLinear(x, weight)) return SmallLinear(x, weight);
  std::vector<int64_t> sizes = x.sizes().vec();
  sizes.back() = weight.size(0);
  const at::Tensor x_RK = x.reshape({-1, x.size(-1)});
  const int64_t rows = x_RK.size(0), fewest = FewestRows();
  const at::Tensor y =
      rows >= fewest ? Product(x_RK, weight)
                     : Product(Padded(x_RK, fewest), weight).slice(0, 0, rows);
  return y.view(sizes);
}

at::Tensor RowwiseLinearAdd(const at::Tensor& h, const at::Tensor& x,
                            const at::Tensor& weight) {
  if (WidenWhole(x, weight)) {
    return RowwiseLinearAdd(h, x, weight.to(x.scalar_type()));
  }
  if (FitsSmallLinear(x, weight)) return SmallLinear(x, weight, h);
  if (!IsSmall(weight)) return h + RowwiseLinear(x, weight);
  const at::Tensor h_RN = h.reshape({-1, h.size(-1)});
  const at::Tensor x_RK = x.reshape({-1, x.size(-1)});
  const int64_t rows = x_RK.size(0), fewest = FewestRows();
  const at::Tensor y =
      rows >= fewest
          ? at::addmm(h_RN, x_RK, weight.t())
          : at::addmm(Padded(h_RN, fewest), Padded(x_RK, fewest), weight.t())
                .slice(0, 0, rows);
  return y.view_as(h);
}

}  // namespace mdrl
