#include "services/learner/corruption/random.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "services/learner/corruption/stratified_counts.h"

namespace mdrl {

std::vector<int> RandomLaw::Counts(int n, const Place& place,
                                   DrawSource& draws) const {
  std::vector<int> counts;
  if (options_.count == CountLaw::kStratified && n > 0) {
    draws.Open(DrawSource::Scope::kCompletion, 0);
    counts = StratifiedCounts(draws.Between(1, n), n, options_.samples);
    for (int& count : counts) count = (count - 1) % n + 1;
  }
  if (options_.count == CountLaw::kSwept) {
    draws.Open(DrawSource::Scope::kRound, 0);
    const auto [low, high] = options_.ratio;
    const double done = place.steps_in_round > 1
                            ? static_cast<double>(place.step_in_round) /
                                  (place.steps_in_round - 1)
                            : 0.0;
    for (const float uniform : draws.Uniforms(options_.samples)) {
      const double start = low + (high - low) * uniform;
      const double share = start + (high - start) * done;
      counts.push_back(
          std::clamp(static_cast<int>(std::lround(share * n)), 1, n));
    }
  }
  return counts;
}

std::vector<Sample> RandomLaw::Draw(std::span<const int32_t> prompt_tokens,
                                    const Completion& completion,
                                    const Place& place,
                                    DrawSource& draws) const {
  const std::vector<int> counts =
      Counts(static_cast<int>(completion.effective_tokens), place, draws);
  std::vector<Sample> samples;
  for (int s = 0; s < options_.samples; ++s) {
    draws.Open(DrawSource::Scope::kSample, s);
    Canvas canvas(prompt_tokens, completion, options_.mask_id);
    const int n = canvas.effective_tokens();
    if (counts.empty()) {
      canvas.MaskRandomCount(0, n, options_.ratio, draws);
    } else {
      canvas.MaskSubset(0, n, counts[s], draws);
    }
    canvas.Mask(n, canvas.canvas_tokens());
    canvas.Perturb(canvas.prompt_tokens(), options_.mask_prompt, draws);
    samples.push_back(std::move(canvas).Finish());
  }
  return samples;
}

}  // namespace mdrl
