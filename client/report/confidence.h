// How sure a measured number is. Pure.
#ifndef MDRL_CLIENT_REPORT_CONFIDENCE_H_
#define MDRL_CLIENT_REPORT_CONFIDENCE_H_

#include <cstdint>

namespace mdrl {

struct Interval {
  double low = 0.0;
  double high = 1.0;
};

// 95 % interval of the probability behind `hits` of `n` independent trials
// (Wilson 1927): within 0 and 1, and sound at both ends. n = 0: all of it.
// REQUIRES: hits <= n.
Interval WilsonInterval(uint64_t hits, uint64_t n);

// Half the width of the 95 % interval of a mean of `n` independent values with
// this deviation; 0 for n = 0.
double MeanHalfWidth(double stddev, uint64_t n);

}  // namespace mdrl

#endif  // MDRL_CLIENT_REPORT_CONFIDENCE_H_
