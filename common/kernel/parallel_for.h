// Torch's own worker threads for our loops, without OpenMP in our code.
#ifndef MDRL_COMMON_KERNEL_PARALLEL_FOR_H_
#define MDRL_COMMON_KERNEL_PARALLEL_FOR_H_

#include <cstdint>
#include <functional>

namespace mdrl {

// Calls body(begin, end) for disjoint ranges that cover 0..count-1, on as many
// threads as Torch uses; a range has at least `grain` indices unless it is the
// last. REQUIRES: body's effect does not depend on how the ranges are cut.
void ParallelFor(int64_t count, int64_t grain,
                 const std::function<void(int64_t begin, int64_t end)>& body);

}  // namespace mdrl

#endif  // MDRL_COMMON_KERNEL_PARALLEL_FOR_H_
