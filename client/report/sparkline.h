// A curve in one line of text. Pure.
#ifndef MDRL_CLIENT_REPORT_SPARKLINE_H_
#define MDRL_CLIENT_REPORT_SPARKLINE_H_

#include <cstddef>
#include <span>
#include <string>
#include <vector>

namespace mdrl {

// The newest values that fit into `width` columns, one column each, between
// the smallest and the largest of those; a curve without a slope lies in the
// middle. `unicode`: block elements, else "_.-:=+*#". Values that are not
// finite leave a gap.
std::string Sparkline(std::span<const double> values, size_t width,
                      bool unicode);

// Each value's mean with the `window` - 1 before it.
std::vector<double> RunningMean(std::span<const double> values, size_t window);

}  // namespace mdrl

#endif  // MDRL_CLIENT_REPORT_SPARKLINE_H_
