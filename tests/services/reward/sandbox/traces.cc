#include "tests/services/reward/sandbox/traces.h"

#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <sstream>
#include <thread>

#include "services/reward/sandbox/process_tree.h"

namespace mdrl {

Traces LookForTraces() {
  Traces out;
  out.processes = Descendants(getpid()).size();
  for (const auto& entry :
       std::filesystem::directory_iterator("/proc/self/fd")) {
    (void)entry;
    ++out.descriptors;
  }
  std::stringstream mounts;
  mounts << std::ifstream("/proc/self/mountinfo").rdbuf();
  out.mounts = mounts.str();
  // Names that the corpus writes to, if walls were not there.
  for (const char* file : {"/x", "/tmp/x", "/tmp/0", "/usr/bin/x"}) {
    if (std::filesystem::exists(file)) out.files.insert(file);
  }
  return out;
}

void WaitForRuns(const Sandbox& sandbox) {
  while (sandbox.processes() > 0) std::this_thread::yield();
}

}  // namespace mdrl
