// How much memory this process may still take. Linux.
#ifndef MDRL_COMMON_BASE_MEMORY_H_
#define MDRL_COMMON_BASE_MEMORY_H_

#include <cstdint>

namespace mdrl {

// Bytes that are free or can be freed without swapping, within the limit of the
// control group if there is one. 0: the system does not say. Thread-safe.
uint64_t AvailableMemory();

}  // namespace mdrl

#endif  // MDRL_COMMON_BASE_MEMORY_H_
