#include "common/kernel/parallel_for.h"

#include "ATen/Parallel.h"
#include "ATen/TensorIterator.h"
#include "ATen/ops/arange.h"

namespace mdrl {

void ParallelFor(int64_t count, int64_t grain,
                 const std::function<void(int64_t begin, int64_t end)>& body) {
  if (count <= 0) return;
  if (count <= grain || at::get_num_threads() == 1) return body(0, count);
  // at::parallel_for is serial in code compiled without OpenMP, but the
  // iterator's loop inside libtorch is not: let it hand out index ranges.
  at::Tensor index = at::arange(count, at::TensorOptions().dtype(at::kLong));
  at::TensorIterator iterator = at::TensorIterator::nullary_op(index);
  iterator.for_each(
      [&body](char** data, const int64_t*, int64_t size) {
        const int64_t begin = *reinterpret_cast<const int64_t*>(data[0]);
        body(begin, begin + size);
      },
      grain);
}

}  // namespace mdrl
