#include "client/report/elapsed_text.h"

#include <algorithm>
#include <cstdint>

#include "absl/strings/str_format.h"

namespace mdrl {

std::string ElapsedText(absl::Duration duration) {
  duration = std::max(duration, absl::ZeroDuration());
  if (duration < absl::Seconds(9.95)) {
    return absl::StrFormat("%.1f s", absl::ToDoubleSeconds(duration));
  }
  const int64_t seconds =
      absl::ToInt64Seconds(duration + absl::Milliseconds(500));
  if (seconds < 120) return absl::StrFormat("%d s", seconds);
  if (seconds < 7200) {
    return absl::StrFormat("%d min %02d s", seconds / 60, seconds % 60);
  }
  return absl::StrFormat("%d h %02d min", seconds / 3600, seconds / 60 % 60);
}

}  // namespace mdrl
