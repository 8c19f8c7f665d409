#include "services/rollout/decode/canvas.h"

#include <algorithm>

#include "ATen/ops/empty.h"

namespace mdrl {

bool Canvas::AnyMask(uint32_t begin, uint32_t end, int64_t mask) const {
  return std::find(ids.begin() + begin, ids.begin() + end, mask) !=
         ids.begin() + end;
}

std::vector<uint32_t> Canvas::Masked(uint32_t begin, uint32_t end,
                                     int64_t mask) const {
  std::vector<uint32_t> columns;
  for (uint32_t p = begin; p < end; ++p) {
    if (ids[p] == mask) columns.push_back(p);
  }
  return columns;
}

std::vector<Canvas> MakeCanvases(std::span<const DecodeRow> rows,
                                 uint32_t canvas_tokens, int64_t mask,
                                 int64_t pad_id) {
  size_t longest = 0;
  for (const DecodeRow& row : rows) {
    longest = std::max(longest, row.prompt_tokens.size());
  }
  std::vector<Canvas> canvases(rows.size());
  for (size_t i = 0; i < rows.size(); ++i) {
    Canvas& canvas = canvases[i];
    canvas.row = &rows[i];
    canvas.index = static_cast<uint32_t>(i);
    canvas.pad = static_cast<uint32_t>(longest - rows[i].prompt_tokens.size());
    canvas.ids.assign(canvas.pad, pad_id);
    canvas.ids.insert(canvas.ids.end(), rows[i].prompt_tokens.begin(),
                      rows[i].prompt_tokens.end());
    canvas.ids.resize(longest + canvas_tokens, mask);
    canvas.reveal_step.assign(canvas_tokens, kNeverRevealed);
    canvas.confidence.assign(canvas_tokens, 0.0f);
  }
  return canvases;
}

at::Tensor IdsOf(std::span<Canvas* const> canvases, uint32_t from,
                 uint32_t to) {
  at::Tensor ids_BL = at::empty(
      {static_cast<int64_t>(canvases.size()), static_cast<int64_t>(to - from)},
      at::TensorOptions().dtype(at::kLong));
  int64_t* out = ids_BL.mutable_data_ptr<int64_t>();
  for (const Canvas* canvas : canvases) {
    out = std::copy(canvas->ids.begin() + from, canvas->ids.begin() + to, out);
  }
  return ids_BL;
}

std::vector<RowSpan> SpansOf(std::span<Canvas* const> canvases) {
  if (std::all_of(canvases.begin(), canvases.end(),
                  [](const Canvas* canvas) { return canvas->pad == 0; })) {
    return {};
  }
  std::vector<RowSpan> spans;
  for (const Canvas* canvas : canvases) {
    spans.push_back({canvas->pad, static_cast<int64_t>(canvas->ids.size())});
  }
  return spans;
}

Completion CompletionOf(const Canvas& canvas, int64_t eos) {
  Completion completion;
  completion.index = canvas.row->completion;
  completion.tokens.assign(canvas.ids.begin() + canvas.prompt_end(),
                           canvas.ids.end());
  completion.reveal_step = canvas.reveal_step;
  completion.confidence = canvas.confidence;
  const auto first =
      std::find(completion.tokens.begin(), completion.tokens.end(), eos);
  completion.truncated = first == completion.tokens.end();
  completion.effective_tokens = static_cast<uint32_t>(
      first - completion.tokens.begin() + (completion.truncated ? 0 : 1));
  return completion;
}

}  // namespace mdrl
