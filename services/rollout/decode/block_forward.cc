#include "services/rollout/decode/block_forward.h"

#include <vector>

#include "ATen/TensorOperators.h"
#include "ATen/ops/cat.h"
#include "common/model/head.h"

namespace mdrl {

BlockForward::BlockForward(const Transformer& model,
                           const DecodeSettings& settings,
                           const BlockPlace& place, bool padding_is_real)
    : model_(model),
      settings_(settings),
      place_(place),
      padding_is_real_(padding_is_real) {}

uint32_t BlockForward::from() const {
  return cache_.kv_BTY.empty() ? 0 : place_.begin;
}

uint32_t BlockForward::to() const {
  return cache_.kv_BTY.empty() || settings_.cache == DecodeCache::kPrefix
             ? place_.columns
             : place_.end;
}

at::Tensor BlockForward::Logits(std::span<Canvas* const> canvases,
                                uint32_t first, uint32_t last) {
  const std::vector<RowSpan> spans =
      padding_is_real_ ? std::vector<RowSpan>() : SpansOf(canvases);
  const uint32_t start = from();
  const at::Tensor ids_BL = IdsOf(canvases, start, to());
  if (settings_.cfg_scale > 0.0f) return Guided(ids_BL, spans, first, last);
  const at::Tensor hidden_BRD =
      cached() ? model_.HiddenCached(ids_BL, start, first, last, cache_, spans)
               : model_.Hidden(ids_BL, first, last, spans);
  return mdrl::Logits(model_, hidden_BRD).to(at::kFloat).contiguous();
}

// u + (s + 1)(l - u), with u the logits when the whole prompt is masked
// (LLaDA's generate; classifier-free guidance, arXiv 2207.12598).
at::Tensor BlockForward::Guided(const at::Tensor& ids_BT,
                                std::span<const RowSpan> spans, uint32_t first,
                                uint32_t last) const {
  const int64_t rows = ids_BT.size(0);
  at::Tensor blind_BT = ids_BT.clone();
  blind_BT.slice(1, 0, place_.prompt_end).fill_(model_.config().mask_id);
  std::vector<RowSpan> twice(spans.begin(), spans.end());
  twice.insert(twice.end(), spans.begin(), spans.end());
  const at::Tensor hidden =
      model_.Hidden(at::cat({ids_BT, blind_BT}, 0), first, last, twice);
  const at::Tensor logits = mdrl::Logits(model_, hidden).to(at::kFloat);
  const at::Tensor l = logits.slice(0, 0, rows);
  const at::Tensor u = logits.slice(0, rows, 2 * rows);
  return (u + (settings_.cfg_scale + 1) * (l - u)).contiguous();
}

}  // namespace mdrl
