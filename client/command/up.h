// `mdrlctl up FILE`: a whole run on this machine, from its services to the
// table at the end.
#ifndef MDRL_CLIENT_COMMAND_UP_H_
#define MDRL_CLIENT_COMMAND_UP_H_

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "client/command/session.h"

namespace mdrl {

struct UpOptions {
  std::string file;
  std::vector<std::string> sets;
  std::string run_dir;  // empty: the file's
  std::optional<uint64_t> seed;
  std::optional<uint32_t> rollouts;
  std::optional<uint32_t> rewards;
  bool resume = false;
  bool prometheus = false;         // as one more process
  std::string test_set;            // puzzles in place of the held-out set
  std::filesystem::path binaries;  // empty: the folder of this program
};

// Exit code of the run: 0 when a stop condition or a drain ended it, 130 and
// 143 after a signal, else the learner's. An error: nothing was started, or
// what was is gone again. REQUIRES: the main thread; no other threads.
absl::StatusOr<int> RunUp(const Session& session, const UpOptions& options);

}  // namespace mdrl

#endif  // MDRL_CLIENT_COMMAND_UP_H_
