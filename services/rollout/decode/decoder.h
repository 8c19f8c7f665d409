// Fills canvases block by block, step by step (docs/algorithms.md): prompts in,
// completions with their reveals out. Its parts: unmask_schedule.h says how
// many positions a step reveals, remasking.h which ones, token_sampler.h what
// token, block_forward.h where the logits come from.
//
// A completion is a function of weights, settings, prompt, Philox key and
// completion index: the rows beside it change no bit of it, whatever the
// lengths of their prompts.
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
#include "services/rollout/decode/block_forward.h"
#include "services/rollout/decode/canvas.h"
#include "services/rollout/decode/noise_source.h"
#include "services/rollout/decode/token_sampler.h"

namespace mdrl {

// One position revealed by one forward. `position` counts from the prompt's
// start; `row` is the row in the call of Decode().
struct RevealEvent {
  uint32_t step = 0;
  uint32_t row = 0;
  uint32_t position = 0;
  int32_t token = 0;
  float confidence = 0.0f;
};

// One forward that is about to run, over columns [from, to) of the batch, whose
// prompts end in the same column.
struct ForwardEvent {
  uint32_t block = 0;
  uint32_t rows = 0;
  uint32_t from = 0;
  uint32_t to = 0;
};

// Callbacks on the decoding thread; any may be empty.
struct DecodeWatch {
  // Asked before each forward; true ends the decode with Cancelled.
  std::function<bool()> cancelled;
  // After each forward: decode steps done, of all there may be.
  std::function<void(uint32_t done, uint32_t total)> progress;
  std::function<void(const ForwardEvent&)> forward;
  std::function<void(const RevealEvent&)> reveal;
};

struct DecoderOptions {
  // The published code fills mask tokens in the prompt and then leaves as many
  // canvas positions masked; without this, such a prompt is refused.
  bool allow_masked_prompts = false;
  // The published code pads shorter prompts on the left and attends to the
  // padding, so that a row depends on the longest prompt beside it; without
  // this, padding is never read.
  bool attend_padding = false;
  // nullptr: Philox streams 2 and 3. Must outlive the decoder.
  const NoiseSource* noise = nullptr;
};

class Decoder {
 public:
  // InvalidArgument: settings that cannot be (the message names the setting).
  // Unimplemented: block-causal caches, swaps inside a group.
  // `model` must outlive the decoder.
  static absl::StatusOr<std::unique_ptr<Decoder>> Create(
      const Transformer& model, DecodeSettings settings,
      DecoderOptions options = {});

  // One completion per row, in order; versions and score are left empty. A
  // position's confidence is the model's probability of its token when it was
  // revealed, whatever ranked the positions.
  // InvalidArgument: a prompt that is too long, has ids outside the vocabulary
  // or a mask. Internal: the model's logits are not finite.
  absl::StatusOr<std::vector<Completion>> Decode(
      std::span<const DecodeRow> rows, const DecodeWatch& watch = {}) const;

  // Steps of a full decode: blocks x steps per block; with a threshold at most
  // one per position.
  uint32_t total_steps() const;

 private:
  Decoder(const Transformer& model, DecodeSettings settings,
          DecoderOptions options);
  uint32_t blocks() const;
  uint32_t steps_per_block() const;
  bool by_threshold() const { return settings_.reveal == Reveal::kThreshold; }
  // Whether `canvas` reveals anything in step `s` of its block.
  bool Reveals(const Canvas& canvas, const BlockPlace& place, uint32_t s) const;
  absl::Status CheckPrompts(std::span<const DecodeRow> rows) const;
  absl::StatusOr<std::vector<Canvas>> Run(std::span<const DecodeRow> rows,
                                          const DecodeWatch& watch) const;
  absl::Status RunBlock(std::span<Canvas* const> active, uint32_t block,
                        const BlockPlace& place,
                        const DecodeWatch& watch) const;
  // One forward of `canvases`; those with something to reveal in step `s` do.
  absl::Status Step(BlockForward& forward, std::span<Canvas* const> canvases,
                    const BlockPlace& place, uint32_t s,
                    const DecodeWatch& watch) const;
  void Reveal(Canvas& canvas, std::span<const uint32_t> columns,
              std::span<const Choice> choices, uint32_t s,
              const DecodeWatch& watch) const;
  // Whether nothing that is still to come can change what lies before the
  // first EOS; then the rest is filled with EOS.
  bool StopAtEos(Canvas& canvas, const BlockPlace& place) const;
  NoiseKey KeyOf(const Canvas& canvas, uint32_t step, uint32_t column) const;

  const Transformer& model_;
  const DecodeSettings settings_;
  const DecoderOptions options_;
  const PhiloxNoise philox_;
  const NoiseSource& noise_;
  const TokenSampler sampler_;
};

}  // namespace mdrl

#endif  // MDRL_SERVICES_ROLLOUT_DECODE_DECODER_H_
