// One row while it is decoded: prompt and canvas as they stand, and how the
// canvas came about.
//
// A plain value of the decoding thread.
#ifndef MDRL_SERVICES_ROLLOUT_DECODE_CANVAS_H_
#define MDRL_SERVICES_ROLLOUT_DECODE_CANVAS_H_

#include <cstdint>
#include <span>
#include <vector>

#include "ATen/core/Tensor.h"
#include "common/record/group.h"
#include "common/tensor/row_span.h"

namespace mdrl {

struct DecodeRow {
  std::vector<int32_t> prompt_tokens;
  uint64_t philox_key = 0;
  uint32_t completion = 0;
};

struct Canvas {
  const DecodeRow* row = nullptr;
  uint32_t index = 0;  // in the call of Decode()
  // What stands in front of the prompt so that all canvases of a batch begin in
  // the same column.
  uint32_t pad = 0;
  std::vector<int64_t> ids;           // padding, prompt, canvas
  std::vector<uint16_t> reveal_step;  // per canvas position
  std::vector<float> confidence;
  uint32_t first_step = 0;       // of the present block
  uint32_t masked_in_block = 0;  // when the block began
  uint32_t forwards = 0;

  uint32_t prompt_end() const {
    return pad + static_cast<uint32_t>(row->prompt_tokens.size());
  }
  bool AnyMask(uint32_t begin, uint32_t end, int64_t mask) const;
  // Columns below `end`, from `begin` on, that hold `mask`.
  std::vector<uint32_t> Masked(uint32_t begin, uint32_t end,
                               int64_t mask) const;
};

// One canvas of `canvas_tokens` masks per row, prompts padded on the left with
// `pad_id` to the longest.
std::vector<Canvas> MakeCanvases(std::span<const DecodeRow> rows,
                                 uint32_t canvas_tokens, int64_t mask,
                                 int64_t pad_id);

// Their ids in columns [from, to): int64 [B, to - from].
at::Tensor IdsOf(std::span<Canvas* const> canvases, uint32_t from, uint32_t to);

// What is not padding; empty where nothing is.
std::vector<RowSpan> SpansOf(std::span<Canvas* const> canvases);

// Index, tokens, reveals and the first EOS; versions and score are left empty.
Completion CompletionOf(const Canvas& canvas, int64_t eos);

}  // namespace mdrl

#endif  // MDRL_SERVICES_ROLLOUT_DECODE_CANVAS_H_
