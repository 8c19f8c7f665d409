#include "services/learner/corruption/left_to_right.h"

#include <algorithm>
#include <utility>

#include "services/learner/corruption/canvas.h"

namespace mdrl {

std::vector<Sample> LeftToRightLaw::Draw(std::span<const int32_t> prompt_tokens,
                                         const Completion& completion,
                                         const Place&, DrawSource&) const {
  std::vector<Sample> samples;
  for (size_t i = 0; i < completion.tokens.size(); ++i) {
    Sample sample = CleanSample(prompt_tokens, completion);
    std::fill(sample.input.begin() + prompt_tokens.size() + i,
              sample.input.end(), options_.mask_id);
    sample.scored[i] = true;
    sample.weight = 1.0;
    samples.push_back(std::move(sample));
  }
  return samples;
}

}  // namespace mdrl
