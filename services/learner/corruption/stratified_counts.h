// Mask counts spread evenly over a cycle from one random offset.
#ifndef MDRL_SERVICES_LEARNER_CORRUPTION_STRATIFIED_COUNTS_H_
#define MDRL_SERVICES_LEARNER_CORRUPTION_STRATIFIED_COUNTS_H_

#include <vector>

namespace mdrl {

// offset + i * cycle / parts for i = 0..parts-1, rounded half to even. In
// float32 and in the order of torch.linspace(offset, offset + (parts - 1) *
// cycle / parts, parts), so that a count on the edge of two falls to the same
// side as in the published codes (ESPO, LLaDA's likelihood, BGPO).
// The caller wraps the numbers into its range.
// REQUIRES: parts > 0.
std::vector<int> StratifiedCounts(int offset, int cycle, int parts);

}  // namespace mdrl

#endif  // MDRL_SERVICES_LEARNER_CORRUPTION_STRATIFIED_COUNTS_H_
