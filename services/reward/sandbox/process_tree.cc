#include "services/reward/sandbox/process_tree.h"

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

#include "absl/strings/str_cat.h"

namespace mdrl {

std::vector<pid_t> Descendants(pid_t root) {
  std::vector<pid_t> out = {root};
  for (size_t at = 0; at < out.size(); ++at) {
    std::error_code gone;
    const std::filesystem::path tasks =
        absl::StrCat("/proc/", out[at], "/task");
    for (auto task = std::filesystem::directory_iterator(tasks, gone);
         !gone && task != std::filesystem::directory_iterator();
         task.increment(gone)) {
      std::ifstream children(task->path() / "children");
      for (pid_t child = 0; children >> child;) out.push_back(child);
    }
  }
  out.erase(out.begin());
  return out;
}

uint64_t PrivateBytes(const std::vector<pid_t>& processes) {
  uint64_t pages = 0;
  for (const pid_t process : processes) {
    std::ifstream statm(absl::StrCat("/proc/", process, "/statm"));
    uint64_t size = 0, resident = 0, shared = 0;
    if (statm >> size >> resident >> shared) pages += resident - shared;
  }
  return pages * static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
}

}  // namespace mdrl
