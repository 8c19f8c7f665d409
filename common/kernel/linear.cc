#include "common/kernel/linear.h"

#include <vector>

#include "ATen/Parallel.h"
#include "ATen/ops/addmm.h"
#include "ATen/ops/constant_pad_nd.h"
#include "ATen/ops/mm.h"
#include "common/kernel/small_linear.h"

namespace mdrl {
namespace {

// Four times what MKL needed.
int64_t FewestRows() { return int64_t{16} * at::get_num_threads(); }

at::Tensor Padded(const at::Tensor& x_RK, int64_t rows) {
  return at::constant_pad_nd(x_RK, {0, 0, 0, rows - x_RK.size(0)});
}

}  // namespace

at::Tensor RowwiseLinear(const at::Tensor& x, const at::Tensor& weight) {
  if (FitsSmallLinear(x, weight)) return SmallLinear(x, weight);
  std::vector<int64_t> sizes = x.sizes().vec();
  sizes.back() = weight.size(0);
  const at::Tensor x_RK = x.reshape({-1, x.size(-1)});
  const int64_t rows = x_RK.size(0), fewest = FewestRows();
  const at::Tensor y =
      rows >= fewest
          ? at::mm(x_RK, weight.t())
          : at::mm(Padded(x_RK, fewest), weight.t()).slice(0, 0, rows);
  return y.view(sizes);
}

at::Tensor RowwiseLinearAdd(const at::Tensor& h, const at::Tensor& x,
                            const at::Tensor& weight) {
  if (FitsSmallLinear(x, weight)) return SmallLinear(x, weight, h);
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
