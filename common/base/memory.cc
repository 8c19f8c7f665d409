#include "common/base/memory.h"

#include <malloc.h>

#include <algorithm>
#include <fstream>
#include <optional>
#include <string>

namespace mdrl {
namespace {

// A file that holds one number; "max" and anything else: none.
std::optional<uint64_t> NumberIn(const char* path) {
  std::ifstream in(path);
  uint64_t number = 0;
  if (in >> number) return number;
  return std::nullopt;
}

uint64_t FreeOfMachine() {
  std::ifstream in("/proc/meminfo");
  std::string key, unit;
  uint64_t kilobytes = 0;
  while (in >> key >> kilobytes) {
    if (key == "MemAvailable:") return kilobytes << 10;
    std::getline(in, unit);
  }
  return 0;
}

}  // namespace

uint64_t AvailableMemory() {
  const uint64_t machine = FreeOfMachine();
  const auto limit = NumberIn("/sys/fs/cgroup/memory.max");
  const auto used = NumberIn("/sys/fs/cgroup/memory.current");
  if (!limit || !used) return machine;
  return std::min(machine, *limit > *used ? *limit - *used : 0);
}

void KeepFreedMemory() {
  mallopt(M_MMAP_THRESHOLD, 32 << 20);  // the most that is possible
  mallopt(M_TRIM_THRESHOLD, 1 << 30);
  mallopt(M_TOP_PAD, 16 << 20);
}

}  // namespace mdrl
