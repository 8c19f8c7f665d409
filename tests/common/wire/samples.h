// Records with every field set, for round trips.
#ifndef MDRL_TESTS_COMMON_WIRE_SAMPLES_H_
#define MDRL_TESTS_COMMON_WIRE_SAMPLES_H_

#include <cstdint>

#include "common/record/group.h"
#include "common/record/lease.h"
#include "common/record/rollout_calls.h"
#include "common/record/snapshot.h"

namespace mdrl {

template <typename Id>
Id Filled(uint8_t first) {
  Id id;
  for (size_t i = 0; i < id.bytes.size(); ++i) {
    id.bytes[i] = static_cast<uint8_t>(first + i);
  }
  return id;
}

inline Prompt SamplePrompt() {
  return {.set_sha256 = Filled<Digest>(1),
          .index = 17,
          .task = "sudoku4",
          .turns = {{"system", "be brief"}, {"user", "0310\n\"x\""}},
          .prefill = "<answer>",
          .truth = R"({"puzzle":"0310"})",
          .id = "p17"};
}

inline DecodeSettings SampleDecode() {
  return {.canvas_tokens = 4,
          .block_tokens = 2,
          .decode_steps = 4,
          .temperature = 0.9f,
          .reveal = Reveal::kThreshold,
          .threshold = 0.75f,
          .cache = DecodeCache::kBlockCausal,
          .stop_at_eos = true,
          .swap_at = SwapAt::kStep,
          .cfg_scale = 1.5f,
          .forbid_ids = {3, 126336}};
}

inline Build SampleBuild() {
  return {"0.1.0", "abc123", "2.11.0", "13.0", 1, {"lora", "chunks"}};
}

inline Lease SampleLease() {
  return {.key = {Filled<GroupId>(9), 2},
          .purpose = Purpose::kEvaluate,
          .ticket = uint64_t{1} << 40,
          .prompt = SamplePrompt(),
          .prompt_tokens = {0, 126080, 5},
          .group_size = 6,
          .decode = SampleDecode(),
          .min_version = 0,
          .exact_version = 7,
          .due_round = 9,
          .philox_key = 0xFEDCBA9876543210ull,
          .lease_for = absl::Seconds(15),
          .group_deadline = absl::Milliseconds(300'500),
          .rubric = "spg.train",
          .rubric_weights = {{"correct", 2.0}, {"xml", -0.125}},
          .keep_text_after_eos = true,
          .failure_reward = -0.5};
}

inline Score SampleScore() {
  return {.outcome = Outcome::kScored,
          .reward = -0.1,
          .components = {{"correct", 1.0, 2.0}, {"empty_cells", 9.0, 0.0}},
          .correct = false,
          .extracted = "4312",
          .verifier_version = "3",
          .took = absl::Microseconds(1500),
          .sandbox = "weak"};
}

inline Completion SampleCompletion(uint32_t index) {
  return {.index = index,
          .tokens = {5, 126081, 0, 7},
          .reveal_step = {0, 3, kNeverRevealed, 1},
          .confidence = {0.5f, 0.25f, 0.0f, 0.75f},
          .effective_tokens = 2,
          .truncated = false,
          .forwards = 4,
          .versions = {{0, 6}, {2, 7}},
          .score = SampleScore()};
}

inline Group SampleGroup() {
  Group group{.key = {Filled<GroupId>(9), 2},
              .purpose = Purpose::kTrain,
              .ticket = 41,
              .decode = SampleDecode(),
              .completions = {SampleCompletion(0), SampleCompletion(1)},
              .slot = 3,
              .build = SampleBuild(),
              .device = "cpu",
              .decode_took = absl::Seconds(2),
              .score_took = absl::Nanoseconds(1)};
  // An infrastructure failure: no reward, no verdict.
  Score& failed = group.completions[1].score;
  failed.outcome = Outcome::kServiceError;
  failed.reward = std::nullopt;
  failed.correct = std::nullopt;
  return group;
}

inline Manifest SampleManifest() {
  return {.run_id = Filled<RunId>(3),
          .epoch = 2,
          .version = 7,
          .round = 6,
          .step = 24,
          .cause = Cause::kRollback,
          .encoding = Encoding::kAdapter,
          .base_model_hash = Filled<Digest>(40),
          .content_sha256 = Filled<Digest>(80),
          .total_bytes = 20,
          .chunk_bytes = 16,
          .chunk_xxh3_128 = {Filled<ChunkHash>(5), Filled<ChunkHash>(6)},
          .tensors = {{"a.lora_A", "BF16", {2, 3}, 0, 12},
                      {"a.lora_B", "F32", {}, 12, 8}},
          .canary = {{1, 2, 3}, {0, 2}, {9, 8}, {-0.5f, -2.25f}, 0.01f},
          .adapter_config_json = R"({"r":128})"};
}

}  // namespace mdrl

#endif  // MDRL_TESTS_COMMON_WIRE_SAMPLES_H_
