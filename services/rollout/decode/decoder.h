// Fills canvases block by block, step by step (algorithms.md 0.3): prompts in,
// completions with their reveals out.
//
// A completion is a function of weights, settings, prompt, Philox key and
// completion index: the rows beside it change no bit of it.
// Immutable, thread-safe. No lock, no clock, no randomness of its own.
#ifndef MDRL_SERVICES_ROLLOUT_DECODE_DECODER_H_
#define MDRL_SERVICES_ROLLOUT_DECODE_DECODER_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "absl/status/statusor.h"
#include "common/model/transformer.h"
#include "common/record/group.h"
#include "common/record/lease.h"
#include "services/rollout/decode/noise_source.h"
#include "services/rollout/decode/token_sampler.h"

namespace mdrl {

struct DecodeRow {
  std::vector<int32_t> prompt_tokens;
  uint64_t philox_key = 0;
  uint32_t completion = 0;
};

// One position revealed by one forward. `position` counts from the prompt's
// start; `row` is the row in the call of Decode().
struct RevealEvent {
  uint32_t step = 0;
  uint32_t row = 0;
  uint32_t position = 0;
  int32_t token = 0;
  float confidence = 0.0f;
};

// Callbacks on the decoding thread; any may be empty.
struct DecodeWatch {
  // Asked before each forward; true ends the decode with Cancelled.
  std::function<bool()> cancelled;
  // After each forward: decode steps done, of all.
  std::function<void(uint32_t done, uint32_t total)> progress;
  std::function<void(const RevealEvent&)> reveal;
};

struct DecoderOptions {
  // The published code fills mask tokens in the prompt and then leaves as many
  // canvas positions masked; without this, such a prompt is refused.
  bool allow_masked_prompts = false;
  // nullptr: Philox streams 2 and 3. Must outlive the decoder.
  const NoiseSource* noise = nullptr;
};

class Decoder {
 public:
  // InvalidArgument: settings that cannot be (the message names the setting).
  // Unimplemented: guidance, caches, threshold reveal, swaps inside a group.
  // `model` must outlive the decoder.
  static absl::StatusOr<std::unique_ptr<Decoder>> Create(
      const Transformer& model, DecodeSettings settings,
      DecoderOptions options = {});

  // One completion per row, in order; versions and score are left empty. A
  // position's confidence is the model's probability of its token when it was
  // revealed, whatever ranked the positions.
  // InvalidArgument: prompts of different lengths, too long, with ids outside
  // the vocabulary or with a mask. Internal: the model's logits are not finite.
  absl::StatusOr<std::vector<Completion>> Decode(
      std::span<const DecodeRow> rows, const DecodeWatch& watch = {}) const;

  // Forwards per full decode: blocks x steps per block.
  uint32_t total_steps() const { return blocks() * steps_per_block(); }

 private:
  struct Canvas;

  Decoder(const Transformer& model, DecodeSettings settings,
          DecoderOptions options);
  uint32_t blocks() const;
  uint32_t steps_per_block() const;
  absl::Status CheckPrompts(std::span<const DecodeRow> rows) const;
  absl::StatusOr<std::vector<Canvas>> Run(std::span<const DecodeRow> rows,
                                          const DecodeWatch& watch) const;
  absl::Status Step(std::vector<Canvas*>& active, uint32_t step, uint32_t block,
                    const DecodeWatch& watch) const;
  void Reveal(Canvas& canvas, std::span<const uint32_t> positions,
              std::span<const Choice> choices, uint32_t step,
              const DecodeWatch& watch) const;
  NoiseKey KeyOf(const Canvas& canvas, uint32_t step, uint32_t position) const;
  Completion Finish(const Canvas& canvas) const;

  const Transformer& model_;
  const DecodeSettings settings_;
  const DecoderOptions options_;
  const PhiloxNoise philox_;
  const NoiseSource& noise_;
  const TokenSampler sampler_;
};

}  // namespace mdrl

#endif  // MDRL_SERVICES_ROLLOUT_DECODE_DECODER_H_
