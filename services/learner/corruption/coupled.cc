#include "services/learner/corruption/coupled.h"

#include <utility>

#include "services/learner/corruption/canvas.h"
#include "services/learner/corruption/stratified_counts.h"

namespace mdrl {

std::vector<Sample> CoupledLaw::Draw(std::span<const int32_t> prompt_tokens,
                                     const Completion& completion,
                                     const Place& place,
                                     DrawSource& draws) const {
  const int length = static_cast<int>(completion.tokens.size());
  std::vector<int> offsets;
  draws.Open(DrawSource::Scope::kGroup, 0);
  for (int m = 0; m < options_.pairs; ++m) {
    offsets.push_back(draws.Between(0, length));
  }

  std::vector<Sample> samples;
  for (int m = 0; m < options_.pairs; ++m) {
    const std::vector<int> counts =
        StratifiedCounts(offsets[m], length + 1, place.group_size);
    const int count =
        counts[place.completion % place.group_size] % (length + 1);
    draws.Open(DrawSource::Scope::kSample, m);
    const std::vector<int32_t> rank = draws.Permutation(length);

    Sample chosen = CleanSample(prompt_tokens, completion);
    Sample others = chosen;
    for (int i = 0; i < length; ++i) {
      Sample& masked = rank[i] < count ? chosen : others;
      masked.input[prompt_tokens.size() + i] = options_.mask_id;
      masked.scored[i] = true;
    }
    if (count > 0) chosen.weight = (length + 1.0) / count;
    if (count < length) others.weight = (length + 1.0) / (length - count);
    samples.push_back(std::move(chosen));
    samples.push_back(std::move(others));
  }
  return samples;
}

}  // namespace mdrl
