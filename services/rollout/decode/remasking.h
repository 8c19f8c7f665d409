// Which of the candidate positions are revealed; the others stay masked. Pure,
// thread-safe.
#ifndef MDRL_SERVICES_ROLLOUT_DECODE_REMASKING_H_
#define MDRL_SERVICES_ROLLOUT_DECODE_REMASKING_H_

#include <cstdint>
#include <span>
#include <vector>

namespace mdrl {

// Indices of the `count` largest confidences, ascending; the lower index wins a
// tie. All of them when there are fewer. REQUIRES: no NaN.
std::vector<int32_t> MostConfident(std::span<const float> confidence,
                                   uint32_t count);

// Indices of the largest confidence and of all others that are at least
// `threshold`, ascending (Fast-dLLM, arXiv 2505.22618, algorithm 1; its code
// keeps equality). REQUIRES: not empty, no NaN.
std::vector<int32_t> AtLeast(std::span<const float> confidence,
                             float threshold);

}  // namespace mdrl

#endif  // MDRL_SERVICES_ROLLOUT_DECODE_REMASKING_H_
