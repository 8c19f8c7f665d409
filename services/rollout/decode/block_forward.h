// The forwards of one block: logits of the positions that may be revealed, with
// guidance, and from a cache of keys and values where one is asked for.
//
// Exact without a cache. With one, the keys and values of some positions are
// those of the block's first forward (Fast-dLLM, arXiv 2505.22618,
// section 3.2):
//   prefix  everything before the block is read once per block
//   dual    everything outside the block is
// which is an approximation, since every position of this model sees every
// other.
//
// Shapes: B rows, R positions read, V vocabulary. Not thread-safe.
#ifndef MDRL_SERVICES_ROLLOUT_DECODE_BLOCK_FORWARD_H_
#define MDRL_SERVICES_ROLLOUT_DECODE_BLOCK_FORWARD_H_

#include <cstdint>
#include <span>

#include "ATen/core/Tensor.h"
#include "common/model/transformer.h"
#include "common/record/lease.h"
#include "services/rollout/decode/canvas.h"

namespace mdrl {

// Columns of a batch: what a forward is fed and where the block lies.
struct BlockPlace {
  uint32_t prompt_end = 0;  // where every canvas begins
  uint32_t begin = 0;       // of the block
  uint32_t end = 0;
  uint32_t columns = 0;  // prompt and canvas
};

class BlockForward {
 public:
  // `model` outlives it. `padding_is_real`: padding is attended.
  BlockForward(const Transformer& model, const DecodeSettings& settings,
               const BlockPlace& place, bool padding_is_real);

  // What the next forward is fed; candidates lie in [from, block end).
  uint32_t from() const;
  uint32_t to() const;

  // One forward: logits [B, last - first, V] in float32 at columns
  // [first, last). REQUIRES: from() <= first < last <= to(); with a cache, all
  // forwards of the block have the same rows.
  at::Tensor Logits(std::span<Canvas* const> canvases, uint32_t first,
                    uint32_t last);

 private:
  bool cached() const { return settings_.cache != DecodeCache::kNone; }
  at::Tensor Guided(const at::Tensor& ids_BT, std::span<const RowSpan> spans,
                    uint32_t first, uint32_t last) const;

  const Transformer& model_;
  const DecodeSettings& settings_;
  const BlockPlace place_;
  const bool padding_is_real_;
  KvCache cache_;
};

}  // namespace mdrl

#endif  // MDRL_SERVICES_ROLLOUT_DECODE_BLOCK_FORWARD_H_
