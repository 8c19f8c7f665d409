#include "common/tensor/torch_status.h"

#include <new>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "c10/util/Exception.h"

namespace mdrl {

absl::Status TorchStatus(const std::exception& error) {
  const auto* torch = dynamic_cast<const c10::Error*>(&error);
  std::string text =
      torch != nullptr ? torch->what_without_backtrace() : error.what();
  if (const size_t end = text.find('\n'); end != std::string::npos) {
    text.resize(end);
  }
  // The CPU allocator throws a plain c10::Error, recognisable by its words
  // only.
  const bool memory =
      dynamic_cast<const std::bad_alloc*>(&error) != nullptr ||
      dynamic_cast<const c10::OutOfMemoryError*>(&error) != nullptr ||
      absl::StrContains(text, "not enough memory") ||
      absl::StrContains(text, "can't allocate memory") ||
      absl::StrContains(text, "alloc_cpu");
  if (memory)
    return absl::ResourceExhaustedError(absl::StrCat("torch: ", text));
  return absl::InternalError(absl::StrCat("torch: ", text));
}

}  // namespace mdrl
