#include "services/learner/explain/finding.h"

#include "absl/strings/str_format.h"

namespace mdrl {

std::string AgeText(absl::Duration age) {
  const double seconds = absl::ToDoubleSeconds(age);
  if (seconds < 10) return absl::StrFormat("%.1f s", seconds);
  if (seconds < 600) return absl::StrFormat("%.0f s", seconds);
  if (seconds < 3 * 3600) return absl::StrFormat("%.0f min", seconds / 60);
  return absl::StrFormat("%.1f h", seconds / 3600);
}

}  // namespace mdrl
