#include "services/learner/corruption/bernoulli.h"

#include <utility>

#include "services/learner/corruption/canvas.h"

namespace mdrl {

std::vector<Sample> BernoulliLaw::Draw(std::span<const int32_t> prompt_tokens,
                                       const Completion& completion,
                                       const Place&, DrawSource& draws) const {
  const size_t prompt = prompt_tokens.size();
  const size_t length = completion.tokens.size();
  std::vector<Sample> samples;
  for (int s = 0; s < options_.samples; ++s) {
    draws.Open(DrawSource::Scope::kSample, s);
    const float t = draws.Uniforms(1)[0];
    // In float32, like the code this has to agree with.
    const float p = (1.0f - options_.floor) * t + options_.floor;
    const std::vector<float> uniforms =
        draws.Uniforms(static_cast<int>(length));
    Sample sample = CleanSample(prompt_tokens, completion);
    for (size_t i = 0; i < length; ++i) {
      if (uniforms[i] >= p) continue;
      sample.input[prompt + i] = options_.mask_id;
      sample.scored[i] = true;
      sample.weight = 1.0 / p;
    }
    samples.push_back(std::move(sample));
  }
  return samples;
}

}  // namespace mdrl
