#include "client/report/sparkline.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>

namespace mdrl {
namespace {

constexpr std::array<const char*, 8> kBlocks = {"▁", "▂", "▃", "▄",
                                                "▅", "▆", "▇", "█"};
constexpr std::array<const char*, 8> kAscii = {"_", ".", "-", ":",
                                               "=", "+", "*", "#"};

}  // namespace

std::string Sparkline(std::span<const double> values, size_t width,
                      bool unicode) {
  if (values.size() > width) values = values.last(width);
  double low = std::numeric_limits<double>::infinity();
  double high = -low;
  for (const double value : values) {
    if (!std::isfinite(value)) continue;
    low = std::min(low, value);
    high = std::max(high, value);
  }
  const auto& marks = unicode ? kBlocks : kAscii;
  std::string line;
  for (const double value : values) {
    if (!std::isfinite(value)) {
      line += ' ';
      continue;
    }
    const double height = high > low ? (value - low) / (high - low) : 0.45;
    line += marks[static_cast<size_t>(std::min(7.0, height * 8.0))];
  }
  return line;
}

std::vector<double> RunningMean(std::span<const double> values, size_t window) {
  std::vector<double> means;
  means.reserve(values.size());
  for (size_t i = 0; i < values.size(); ++i) {
    const size_t first = i + 1 > window ? i + 1 - window : 0;
    double sum = 0.0;
    for (size_t j = first; j <= i; ++j) sum += values[j];
    means.push_back(sum / static_cast<double>(i + 1 - first));
  }
  return means;
}

}  // namespace mdrl
