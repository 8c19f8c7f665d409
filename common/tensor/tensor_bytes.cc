#include "common/tensor/tensor_bytes.h"

#include <bit>
#include <cstring>
#include <limits>
#include <utility>

#include "ATen/ops/empty.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/log.h"
#include "common/base/status_macros.h"
#include "common/tensor/torch_status.h"

namespace mdrl {
namespace {

static_assert(std::endian::native == std::endian::little);

struct DtypeRow {
  std::string_view name;
  at::ScalarType type;
};
constexpr DtypeRow kDtypes[] = {
    {"F64", at::kDouble},    {"F32", at::kFloat}, {"F16", at::kHalf},
    {"BF16", at::kBFloat16}, {"I64", at::kLong},  {"I32", at::kInt},
    {"I16", at::kShort},     {"I8", at::kChar},   {"U8", at::kByte},
    {"BOOL", at::kBool},
};

}  // namespace

std::optional<at::ScalarType> ScalarTypeOf(std::string_view dtype) {
  for (const DtypeRow& row : kDtypes) {
    if (row.name == dtype) return row.type;
  }
  return std::nullopt;
}

std::string_view DtypeName(at::ScalarType type) {
  for (const DtypeRow& row : kDtypes) {
    if (row.type == type) return row.name;
  }
  MDRL_CHECK(false) << "no safetensors name for " << c10::toString(type);
  return "";
}

absl::StatusOr<at::Tensor> TensorFromBytes(std::string_view dtype,
                                           std::span<const uint64_t> shape,
                                           std::string_view bytes) {
  const auto type = ScalarTypeOf(dtype);
  if (!type) {
    return absl::InvalidArgumentError(absl::StrCat(
        "dtype ", std::string(dtype), " is not read as a tensor here"));
  }
  std::vector<int64_t> sizes;
  // __int128: a product of a received u64 and at most 2^63 cannot wrap in it.
  unsigned __int128 expected = c10::elementSize(*type);
  for (const uint64_t size : shape) {
    expected *= size;
    if (size > uint64_t{std::numeric_limits<int64_t>::max()} ||
        expected > uint64_t{std::numeric_limits<int64_t>::max()}) {
      return absl::InvalidArgumentError(absl::StrCat(
          "shape [", absl::StrJoin(shape, ", "), "] is too large"));
    }
    sizes.push_back(static_cast<int64_t>(size));
  }
  if (expected != bytes.size()) {
    return absl::InvalidArgumentError(
        absl::StrCat(bytes.size(), " bytes cannot be ", std::string(dtype),
                     " of shape [", absl::StrJoin(shape, ", "), "]"));
  }
  return RunTorch([&] {
    at::Tensor out = at::empty(sizes, at::TensorOptions().dtype(*type));
    if (!bytes.empty()) {
      std::memcpy(out.mutable_data_ptr(), bytes.data(), bytes.size());
    }
    return out;
  });
}

void AppendTensorBytes(const at::Tensor& tensor, std::string& out) {
  const at::Tensor flat = tensor.detach().to(at::kCPU).contiguous();
  if (flat.numel() == 0) return;
  out.append(static_cast<const char*>(flat.const_data_ptr()),
             static_cast<size_t>(flat.nbytes()));
}

std::vector<uint64_t> ShapeOf(const at::Tensor& tensor) {
  const auto sizes = tensor.sizes();
  return std::vector<uint64_t>(sizes.begin(), sizes.end());
}

uint64_t TensorByteSize(const at::Tensor& tensor) {
  return static_cast<uint64_t>(tensor.numel()) * tensor.element_size();
}

}  // namespace mdrl
