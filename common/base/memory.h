// How much memory this process may still take, and what it does with freed
// memory. Linux.
#ifndef MDRL_COMMON_BASE_MEMORY_H_
#define MDRL_COMMON_BASE_MEMORY_H_

#include <cstdint>

namespace mdrl {

// Bytes that are free or can be freed without swapping, within the limit of the
// control group if there is one. 0: the system does not say. Thread-safe.
uint64_t AvailableMemory();

// Memory that is freed stays with this process, for the next of the same size:
// a step of a small model otherwise spends a tenth of its time on getting and
// clearing pages. Blocks above 32 MiB still go back at once. Call it first in
// main.
void KeepFreedMemory();

}  // namespace mdrl

#endif  // MDRL_COMMON_BASE_MEMORY_H_
