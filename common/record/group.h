// Completions with their reveals and scores, and the group they form. Plain
// values.
#ifndef MDRL_COMMON_RECORD_GROUP_H_
#define MDRL_COMMON_RECORD_GROUP_H_

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/id.h"
#include "common/record/lease.h"

namespace mdrl {

// A position that stop_at_eos left unrevealed: token EOS, this step, confidence
// 0.
inline constexpr uint16_t kNeverRevealed = 0xFFFF;

enum class Outcome : uint32_t {
  kUnspecified = 0,
  kScored = 1,
  kUnparsable = 2,
  kProgramTimeout = 3,
  kProgramMemory = 4,
  kProgramCrash = 5,
  kServiceError = 6,  // infrastructure failed: there is no reward
};

struct ScoreComponent {
  std::string name;
  double value = 0.0;
  double weight = 0.0;  // 0: a measurement only
  friend bool operator==(const ScoreComponent&,
                         const ScoreComponent&) = default;
};

// Invariant: reward is absent iff outcome is kServiceError.
struct Score {
  Outcome outcome = Outcome::kUnspecified;
  std::optional<double> reward;
  std::vector<ScoreComponent> components;
  std::optional<bool> correct;  // where the rubric has a notion of it
  std::string extracted;        // the answer the verifier read
  std::string verifier_version;
  absl::Duration took;
  // That the program ran in: "bubblewrap" or "weak"; empty: none ran.
  std::string sandbox = {};
  friend bool operator==(const Score&, const Score&) = default;
};

struct VersionSpan {
  uint32_t first_decode_step = 0;
  Version version = 0;
  friend bool operator==(const VersionSpan&, const VersionSpan&) = default;
};

// Vectors have one entry per canvas position.
struct Completion {
  uint32_t index = 0;
  std::vector<int32_t> tokens;
  std::vector<uint16_t> reveal_step;  // decode step, from 0; kNeverRevealed
  std::vector<float> confidence;      // at reveal; float16 on the wire
  uint32_t effective_tokens =
      0;                   // n: up to and including the first EOS, else N
  bool truncated = false;  // no EOS on the canvas
  uint32_t forwards = 0;   // of its group's batch
  std::vector<VersionSpan> versions;
  Score score;
  friend bool operator==(const Completion&, const Completion&) = default;
};

// Which program decoded it.
struct Build {
  std::string version;
  std::string git;
  std::string torch;
  std::string cuda;
  uint32_t proto_revision = 0;
  std::vector<std::string> features;
  friend bool operator==(const Build&, const Build&) = default;
};

struct Group {
  LeaseKey key;
  Purpose purpose = Purpose::kUnspecified;
  uint64_t ticket = 0;
  DecodeSettings decode;
  std::vector<Completion> completions;  // in index order
  uint32_t slot = 0;
  Build build;
  std::string device;
  absl::Duration decode_took;
  absl::Duration score_took;
  friend bool operator==(const Group&, const Group&) = default;
};

// SHA-256 over, per completion in index order: tokens (list of i32), reveal
// steps (list of u16), spans (list of u32 step, u64 version), reward (f64;
// absent: the quiet NaN 0x7FF8000000000000). No timings, no worker: two honest
// decodes of the same lease under the same policy agree.
Digest ContentSha256(const Group& group);

// The ledger and the recovery see groups as bytes; the two ends are handed in
// by whoever knows the wire format, so that neither includes protobuf.
struct GroupCodec {
  std::function<std::string(const Group&)> encode;
  std::function<absl::StatusOr<Group>(std::string_view)> decode;
};

}  // namespace mdrl

#endif  // MDRL_COMMON_RECORD_GROUP_H_
