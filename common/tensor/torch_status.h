// The one place where a Torch exception becomes a Status.
//
//   MDRL_ASSIGN_OR_RETURN(const at::Tensor h, RunTorch([&] { return
//   model.Hidden(ids, 0, n); }));
//
// `fn` may return void, a value, a Status or a StatusOr; the result is a Status
// or a StatusOr accordingly. Out of memory becomes ResourceExhausted, anything
// else Internal. Thread-safe.
#ifndef MDRL_COMMON_TENSOR_TORCH_STATUS_H_
#define MDRL_COMMON_TENSOR_TORCH_STATUS_H_

#include <exception>
#include <type_traits>
#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace mdrl {

// What `error`, thrown by Torch, means to us. The stack trace Torch puts
// behind its first line is dropped.
absl::Status TorchStatus(const std::exception& error);

namespace internal {
template <typename T>
struct TorchResult {
  using type = absl::StatusOr<T>;
};
template <>
struct TorchResult<void> {
  using type = absl::Status;
};
template <>
struct TorchResult<absl::Status> {
  using type = absl::Status;
};
template <typename T>
struct TorchResult<absl::StatusOr<T>> {
  using type = absl::StatusOr<T>;
};
}  // namespace internal

template <typename Fn>
auto RunTorch(Fn&& fn) ->
    typename internal::TorchResult<std::invoke_result_t<Fn>>::type {
  try {
    if constexpr (std::is_void_v<std::invoke_result_t<Fn>>) {
      std::forward<Fn>(fn)();
      return absl::OkStatus();
    } else {
      return std::forward<Fn>(fn)();
    }
  } catch (const std::exception& error) {
    return TorchStatus(error);
  }
}

}  // namespace mdrl

#endif  // MDRL_COMMON_TENSOR_TORCH_STATUS_H_
