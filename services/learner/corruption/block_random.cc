#include "services/learner/corruption/block_random.h"

#include <algorithm>
#include <utility>

namespace mdrl {

std::vector<Sample> BlockRandomLaw::Draw(std::span<const int32_t> prompt_tokens,
                                         const Completion& completion,
                                         const Place&,
                                         DrawSource& draws) const {
  const std::vector<int> blocks = ChooseBlocks(
      options_.choice, options_.samples,
      static_cast<int>(completion.effective_tokens),
      static_cast<int>(completion.tokens.size()), options_.block_tokens, draws);
  std::vector<Sample> samples;
  for (int s = 0; s < options_.samples; ++s) {
    draws.Open(DrawSource::Scope::kSample, s);
    Canvas canvas(prompt_tokens, completion, options_.mask_id);
    const int start = blocks[s] * options_.block_tokens;
    // Positions of the block after n are tail: masked with certainty below,
    // and no part of the count.
    const int content =
        std::min(options_.block_tokens, canvas.effective_tokens() - start);
    canvas.MaskRandomCount(start, content, options_.ratio, draws);
    canvas.Mask(start + content, canvas.canvas_tokens());
    canvas.Perturb(canvas.prompt_tokens() + start, options_.mask_prompt, draws);
    samples.push_back(
        options_.score_block_only
            ? std::move(canvas).FinishWithin(start, start + content)
            : std::move(canvas).Finish());
  }
  return samples;
}

}  // namespace mdrl
