#include "services/learner/corruption/suffix_block.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "common/base/log.h"
#include "services/learner/corruption/canvas.h"

namespace mdrl {
namespace {

// The `count` positions with the smallest numbers, ties by position.
std::vector<int> Smallest(const std::vector<float>& numbers, int count) {
  std::vector<int> order(numbers.size());
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(),
                   [&](int a, int b) { return numbers[a] < numbers[b]; });
  order.resize(count);
  return order;
}

}  // namespace

std::vector<Sample> SuffixBlockLaw::Draw(std::span<const int32_t> prompt_tokens,
                                         const Completion& completion,
                                         const Place&,
                                         DrawSource& draws) const {
  const int length = static_cast<int>(completion.tokens.size());
  const int block = options_.block_tokens;
  MDRL_CHECK(length % block == 0) << length << " is no multiple of " << block;
  std::vector<Sample> samples;
  for (int s = 0; s < options_.samples; ++s) {
    draws.Open(DrawSource::Scope::kSample, s);
    const int masked = draws.Between(1, length);
    const int suffix = length - (masked - 1) / block * block;
    Sample sample = CleanSample(prompt_tokens, completion);
    const auto mask = [&](int i, bool scored) {
      sample.input[prompt_tokens.size() + i] = options_.mask_id;
      sample.scored[i] = scored;
    };
    for (int i = suffix; i < length; ++i) mask(i, !options_.active_only);
    for (const int i :
         Smallest(draws.Uniforms(block), (masked - 1) % block + 1)) {
      mask(suffix - block + i, true);
    }
    sample.weight = 1.0;
    samples.push_back(std::move(sample));
  }
  return samples;
}

}  // namespace mdrl
