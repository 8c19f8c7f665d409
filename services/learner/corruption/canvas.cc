#include "services/learner/corruption/canvas.h"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

#include "common/base/log.h"

namespace mdrl {

Sample CleanSample(std::span<const int32_t> prompt_tokens,
                   const Completion& completion) {
  Sample sample;
  sample.input.reserve(prompt_tokens.size() + completion.tokens.size());
  sample.input.assign(prompt_tokens.begin(), prompt_tokens.end());
  sample.input.insert(sample.input.end(), completion.tokens.begin(),
                      completion.tokens.end());
  sample.target = completion.tokens;
  sample.scored.assign(completion.tokens.size(), false);
  sample.weight = 0.0;
  return sample;
}

Canvas::Canvas(std::span<const int32_t> prompt_tokens,
               const Completion& completion, int32_t mask_id)
    : sample_(CleanSample(prompt_tokens, completion)),
      mask_id_(mask_id),
      prompt_(static_cast<int>(prompt_tokens.size())),
      length_(static_cast<int>(completion.tokens.size())),
      n_(static_cast<int>(completion.effective_tokens)) {
  MDRL_CHECK(n_ <= length_) << "more effective tokens than the canvas holds";
}

void Canvas::Mask(int first, int last) {
  if (first >= last) return;
  std::fill(sample_.input.begin() + prompt_ + first,
            sample_.input.begin() + prompt_ + last, mask_id_);
}

void Canvas::MaskRandomCount(int first, int size, MaskRatio ratio,
                             DrawSource& draws) {
  if (size <= 0) return;
  const int low = std::clamp(static_cast<int>(size * ratio.low), 1, size);
  const int high = std::clamp(static_cast<int>(size * ratio.high), low, size);
  MaskSubset(first, size, draws.Between(low, high), draws);
}

void Canvas::MaskSubset(int first, int size, int count, DrawSource& draws) {
  const std::vector<int32_t> rank = draws.Permutation(size);
  for (int i = 0; i < size; ++i) {
    if (rank[i] < count) sample_.input[prompt_ + first + i] = mask_id_;
  }
}

void Canvas::Perturb(int count, double probability, DrawSource& draws) {
  if (probability <= 0.0 || count <= 0) return;
  const float threshold = static_cast<float>(probability);
  const std::vector<float> uniforms = draws.Uniforms(count);
  for (int i = 0; i < count; ++i) {
    if (uniforms[i] < threshold) sample_.input[i] = mask_id_;
  }
}

Sample Canvas::Finish() && { return std::move(*this).FinishWithin(0, length_); }

Sample Canvas::FinishWithin(int first, int last) && {
  int scored = 0;
  for (int i = first; i < std::min(last, n_); ++i) {
    if (sample_.input[prompt_ + i] != mask_id_) continue;
    sample_.scored[i] = true;
    ++scored;
  }
  sample_.weight = scored == 0 ? 0.0 : static_cast<double>(n_) / scored;
  return std::move(sample_);
}

}  // namespace mdrl
