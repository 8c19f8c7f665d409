#include "services/learner/corruption/all.h"

#include <utility>

#include "services/learner/corruption/canvas.h"

namespace mdrl {

std::vector<Sample> AllLaw::Draw(std::span<const int32_t> prompt_tokens,
                                 const Completion& completion, const Place&,
                                 DrawSource& draws) const {
  std::vector<Sample> samples;
  for (int s = 0; s < options_.samples; ++s) {
    draws.Open(DrawSource::Scope::kSample, s);
    Canvas canvas(prompt_tokens, completion, options_.mask_id);
    canvas.Mask(0, canvas.canvas_tokens());
    canvas.Perturb(canvas.prompt_tokens(), options_.mask_prompt, draws);
    samples.push_back(std::move(canvas).Finish());
  }
  return samples;
}

}  // namespace mdrl
