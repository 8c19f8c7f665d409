// What one model-written program may use, and what became of it. Plain values.
#ifndef MDRL_SERVICES_REWARD_SANDBOX_PROGRAM_LIMITS_H_
#define MDRL_SERVICES_REWARD_SANDBOX_PROGRAM_LIMITS_H_

#include <cstdint>
#include <string>

#include "absl/time/time.h"

namespace mdrl {

struct ProgramLimits {
  absl::Duration cpu = absl::Seconds(5);   // of each process, whole seconds
  absl::Duration wall = absl::Seconds(8);  // from when both interpreters run
  uint64_t memory_bytes = 512ull << 20;    // of each process, and of all
  uint32_t processes = 32;                 // and threads
  uint64_t output_bytes = 1ull << 20;      // stdout and stderr together
  uint64_t scratch_bytes = 16ull << 20;    // the one writable folder
};

// A program and the tests that judge it.
struct ProgramJob {
  std::string program;
  std::string tests;
  // The function the tests are about; it may bear the name of a builtin.
  std::string entry;
  // Tests are test_... functions that may create and ask the program's
  // objects; else they are statements about values.
  bool objects = false;
};

struct ProgramResult {
  enum class End {
    kJudged,    // the tests ran; passed and total say how they went
    kRejected,  // could not be loaded: a syntax error, or it raised
    kTimeout,   // wall or processor time
    kMemory,
    kCrash,  // ended by itself, was ended for its output, broke the protocol
  };
  // The limit at which the run was ended; kNone: it ended by itself.
  enum class Kill { kNone, kWall, kCpu, kMemory, kOutput };
  End end = End::kCrash;
  Kill kill = Kill::kNone;
  uint32_t passed = 0;
  uint32_t total = 0;        // 0 unless judged
  std::string message = {};  // what went wrong first, for people
  // Something on the verdict's channel did not have the secret.
  bool spoofed = false;
  // From when both interpreters ran until nothing of them was left.
  absl::Duration took = {};

  bool all_passed() const {
    return end == End::kJudged && total > 0 && passed == total;
  }
};

}  // namespace mdrl

#endif  // MDRL_SERVICES_REWARD_SANDBOX_PROGRAM_LIMITS_H_
