// Tensors of golden files as plain vectors, for tests without Torch.
#ifndef MDRL_TESTS_SERVICES_LEARNER_GOLDEN_ARRAYS_H_
#define MDRL_TESTS_SERVICES_LEARNER_GOLDEN_ARRAYS_H_

#include <cstdint>
#include <cstring>
#include <string_view>
#include <vector>

#include "common/base/log.h"
#include "common/format/safetensors.h"

namespace mdrl {

struct GoldenArray {
  std::vector<uint64_t> shape;
  std::vector<double> values;  // exact for every dtype read here

  // Elements of the `row`-th slice along the first dimension.
  std::vector<double> Row(size_t row) const {
    const size_t size = values.size() / shape[0];
    return {values.begin() + row * size, values.begin() + (row + 1) * size};
  }
};

namespace internal {
template <typename T>
std::vector<double> CopyAs(std::string_view bytes) {
  std::vector<T> typed(bytes.size() / sizeof(T));
  std::memcpy(typed.data(), bytes.data(), bytes.size());
  return {typed.begin(), typed.end()};
}
}  // namespace internal

// Ends the test program, naming the tensor, if it is absent.
inline GoldenArray ReadGoldenArray(const SafetensorsFile& file,
                                   std::string_view name) {
  const auto view = file.Find(name);
  MDRL_CHECK(view.ok()) << view.status().message();
  GoldenArray out{view->shape, {}};
  if (view->dtype == "F32") out.values = internal::CopyAs<float>(view->bytes);
  if (view->dtype == "F64") out.values = internal::CopyAs<double>(view->bytes);
  if (view->dtype == "I32") out.values = internal::CopyAs<int32_t>(view->bytes);
  if (view->dtype == "I64") out.values = internal::CopyAs<int64_t>(view->bytes);
  if (view->dtype == "BOOL") out.values = internal::CopyAs<int8_t>(view->bytes);
  MDRL_CHECK(out.values.size() > 0) << name << ": empty or " << view->dtype;
  return out;
}

}  // namespace mdrl

#endif  // MDRL_TESTS_SERVICES_LEARNER_GOLDEN_ARRAYS_H_
