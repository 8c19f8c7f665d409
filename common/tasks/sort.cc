#include "common/tasks/sort.h"

#include <algorithm>
#include <cstdint>

#include "absl/strings/str_cat.h"

namespace mdrl {

absl::Status CheckSortDigits(std::string_view text) {
  const bool digits = std::all_of(text.begin(), text.end(),
                                  [](char c) { return c >= '0' && c <= '9'; });
  if (text.size() == kSortDigits && digits) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(
      "\"", std::string(text.substr(0, 40)), "\" is not four digits"));
}

std::string Sorted(std::string digits) {
  std::sort(digits.begin(), digits.end());
  return digits;
}

Split SortSplit(std::string_view digits) {
  const std::string sorted = Sorted(std::string(digits));
  uint64_t sum = 0;
  for (uint64_t i = 0; i < sorted.size(); ++i) {
    sum += static_cast<uint64_t>(sorted[i] - '0') * (7919 * (i + 1) + 13);
  }
  const uint32_t hash = static_cast<uint32_t>(sum * 2654435761u) / 1024 % 10;
  return hash == 0   ? Split::kValidation
         : hash == 1 ? Split::kTest
                     : Split::kTrain;
}

std::string DrawSort(Split split, PhiloxSequence& random) {
  for (;;) {
    std::string digits;
    for (int i = 0; i < kSortDigits; ++i) {
      digits += static_cast<char>('0' + random.NextBelow(10));
    }
    if (IsPartOf(SortSplit(digits), split)) return digits;
  }
}

std::string ShuffledAnswer(std::string_view digits, PhiloxSequence& random) {
  std::string out;
  for (const int32_t from :
       random.NextPermutation(static_cast<int>(digits.size()))) {
    out += digits[from];
  }
  return out;
}

}  // namespace mdrl
