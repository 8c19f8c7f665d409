// at::Tensor <-> raw bytes with the dtype names of safetensors and a shape.
//
// Bytes are row-major and little-endian, as in a safetensors file and in a
// snapshot. Thread-safe: functions of their arguments.
#ifndef MDRL_COMMON_TENSOR_TENSOR_BYTES_H_
#define MDRL_COMMON_TENSOR_TENSOR_BYTES_H_

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ATen/core/Tensor.h"
#include "absl/status/statusor.h"

namespace mdrl {

// F64, F32, F16, BF16, I64, I32, I16, I8, U8, BOOL; nullopt for any other.
std::optional<at::ScalarType> ScalarTypeOf(std::string_view dtype);

// The inverse. REQUIRES: one of the types above.
std::string_view DtypeName(at::ScalarType type);

// A copy of `bytes` as a CPU tensor. InvalidArgument when the dtype has no
// Torch type here, a dimension is too large, or the size does not fit.
absl::StatusOr<at::Tensor> TensorFromBytes(std::string_view dtype,
                                           std::span<const uint64_t> shape,
                                           std::string_view bytes);

// Appends the tensor's elements. Copies to the CPU if it lies elsewhere.
void AppendTensorBytes(const at::Tensor& tensor, std::string& out);

std::vector<uint64_t> ShapeOf(const at::Tensor& tensor);

// Bytes that AppendTensorBytes adds.
uint64_t TensorByteSize(const at::Tensor& tensor);

}  // namespace mdrl

#endif  // MDRL_COMMON_TENSOR_TENSOR_BYTES_H_
