#include "client/launch/guarded_exec.h"

#include <sys/types.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <iostream>

#include "absl/strings/numbers.h"
#include "common/base/parent_guard.h"

namespace mdrl {

int RunGuarded(int argc, char** argv) {
  int parent = 0;
  if (argc < 4 || !absl::SimpleAtoi(argv[2], &parent)) return 2;
  if (const absl::Status tied = DieWithParent(parent); !tied.ok()) {
    std::cerr << argv[3] << ": " << tied.message() << "\n";
    return 143;
  }
  execv(argv[3], argv + 3);
  std::cerr << argv[3] << ": " << std::strerror(errno) << "\n";
  return 127;
}

}  // namespace mdrl
