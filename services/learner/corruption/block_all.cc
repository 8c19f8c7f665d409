#include "services/learner/corruption/block_all.h"

#include <utility>

#include "services/learner/corruption/canvas.h"

namespace mdrl {

std::vector<Sample> BlockAllLaw::Draw(std::span<const int32_t> prompt_tokens,
                                      const Completion& completion,
                                      const Place&, DrawSource& draws) const {
  const std::vector<int> blocks = ChooseBlocks(
      options_.choice, options_.samples,
      static_cast<int>(completion.effective_tokens),
      static_cast<int>(completion.tokens.size()), options_.block_tokens, draws);
  std::vector<Sample> samples;
  for (int s = 0; s < options_.samples; ++s) {
    draws.Open(DrawSource::Scope::kSample, s);
    Canvas canvas(prompt_tokens, completion, options_.mask_id);
    const int start = blocks[s] * options_.block_tokens;
    canvas.Mask(start, canvas.canvas_tokens());
    canvas.Perturb(canvas.prompt_tokens() + start, options_.mask_prompt, draws);
    samples.push_back(std::move(canvas).Finish());
  }
  return samples;
}

}  // namespace mdrl
