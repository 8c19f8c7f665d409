// Tensors with their names, sorted by name. Plain values; tensors share storage
// when copied.
#ifndef MDRL_COMMON_TENSOR_NAMED_TENSORS_H_
#define MDRL_COMMON_TENSOR_NAMED_TENSORS_H_

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "ATen/core/Tensor.h"

namespace mdrl {

struct NamedTensor {
  std::string name;
  at::Tensor tensor;
};

// Invariant wherever it is passed on: sorted by name, no name twice.
using NamedTensors = std::vector<NamedTensor>;

inline void SortByName(NamedTensors& tensors) {
  std::sort(tensors.begin(), tensors.end(),
            [](const NamedTensor& a, const NamedTensor& b) {
              return a.name < b.name;
            });
}

// nullptr if there is none. The pointer lives as long as `tensors`.
inline const at::Tensor* FindTensor(const NamedTensors& tensors,
                                    std::string_view name) {
  const auto at = std::lower_bound(
      tensors.begin(), tensors.end(), name,
      [](const NamedTensor& a, std::string_view b) { return a.name < b; });
  return at != tensors.end() && at->name == name ? &at->tensor : nullptr;
}

}  // namespace mdrl

#endif  // MDRL_COMMON_TENSOR_NAMED_TENSORS_H_
