// A lease: one group of one prompt, lent to one worker for a time. Plain
// values.
#ifndef MDRL_COMMON_RECORD_LEASE_H_
#define MDRL_COMMON_RECORD_LEASE_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"
#include "common/base/id.h"
#include "common/record/prompt.h"
#include "common/record/reason.h"

namespace mdrl {

enum class Reveal : uint32_t {
  kUnspecified,
  kLowConfidence,
  kRandom,
  kThreshold
};
enum class DecodeCache : uint32_t {
  kUnspecified,
  kNone,
  kPrefix,
  kDual,
  kBlockCausal
};
enum class SwapAt : uint32_t { kUnspecified, kGroup, kBlock, kStep };

// How a canvas is filled (docs/algorithms.md; LLaDA's semi-autoregressive
// generate).
struct DecodeSettings {
  uint32_t canvas_tokens = 0;  // N
  uint32_t block_tokens = 0;   // B; divides N
  uint32_t decode_steps = 0;   // S; max(1, S / (N/B)) forwards per block
  float temperature = 0.0f;    // 0: arg-max
  Reveal reveal = Reveal::kLowConfidence;
  float threshold = 0.0f;  // for kThreshold
  DecodeCache cache = DecodeCache::kNone;
  bool stop_at_eos =
      false;  // stop a row after the block that holds its first EOS
  SwapAt swap_at = SwapAt::kGroup;
  float cfg_scale = 0.0f;            // 0: no guidance
  std::vector<uint32_t> forbid_ids;  // token ids that are never chosen
  friend bool operator==(const DecodeSettings&,
                         const DecodeSettings&) = default;
};

// Fencing token of one attempt at one group.
struct LeaseKey {
  GroupId group_id;
  uint32_t attempt = 0;  // from 1
  friend auto operator<=>(const LeaseKey&, const LeaseKey&) = default;
  template <typename H>
  friend H AbslHashValue(H h, const LeaseKey& key) {
    return H::combine(std::move(h), key.group_id, key.attempt);
  }
};

struct Lease {
  LeaseKey key;
  Purpose purpose = Purpose::kUnspecified;
  uint64_t ticket = 0;
  Prompt prompt;
  std::vector<int32_t> prompt_tokens;
  uint32_t group_size = 0;  // G
  DecodeSettings decode;
  std::optional<Version> min_version;    // oldest policy allowed
  std::optional<Version> exact_version;  // set in fixed_lag and evaluations
  std::optional<uint64_t> due_round;     // last round that may train it
  uint64_t philox_key = 0;               // of streams 2 and 3
  absl::Duration lease_for;
  absl::Duration group_deadline;
  std::string rubric;
  std::map<std::string, double>
      rubric_weights;  // by component; absent: the rubric's own
  bool keep_text_after_eos = false;
  // Of completions without a verdict; absent: what the rubric gives.
  std::optional<double> failure_reward = {};
  friend bool operator==(const Lease&, const Lease&) = default;
};

}  // namespace mdrl

#endif  // MDRL_COMMON_RECORD_LEASE_H_
