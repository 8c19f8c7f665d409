#include "services/rollout/decode/noise_source.h"

#include <algorithm>
#include <array>
#include <cmath>

namespace mdrl {

void PhiloxNoise::Gumbel(const NoiseKey& key, uint32_t first,
                         std::span<float> gumbel) const {
  const PhiloxSequence draws(key.philox_key, Stream::kGumbel, key.position,
                             key.step, key.completion);
  std::array<uint32_t, 256> words;
  for (size_t at = 0; at < gumbel.size(); at += words.size()) {
    const size_t count = std::min(words.size(), gumbel.size() - at);
    draws.Fill(first + at, std::span(words).first(count));
    for (size_t i = 0; i < count; ++i) {
      gumbel[at + i] = -std::log(-std::log(PhiloxUniform(words[i])));
    }
  }
}

float PhiloxNoise::Remasking(const NoiseKey& key) const {
  return PhiloxUniform(PhiloxSequence(key.philox_key, Stream::kRemasking, 0,
                                      key.step, key.completion)
                           .At(key.position));
}

}  // namespace mdrl
