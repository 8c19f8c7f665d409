#include "services/rollout/decode/token_sampler.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <utility>

namespace mdrl {
namespace {

constexpr float kMinusInfinity = -std::numeric_limits<float>::infinity();

}  // namespace

TokenSampler::TokenSampler(float temperature, std::vector<uint32_t> forbid_ids,
                           const NoiseSource& noise)
    : temperature_(temperature),
      forbid_ids_(std::move(forbid_ids)),
      noise_(noise) {}

std::optional<Choice> TokenSampler::Choose(std::span<float> logits_V,
                                           const NoiseKey& key) const {
  for (const uint32_t id : forbid_ids_) logits_V[id] = kMinusInfinity;
  const auto token = ArgMax(logits_V, key);
  if (!token) return std::nullopt;
  const float top = *std::max_element(logits_V.begin(), logits_V.end());
  double sum = 0.0;
  for (const float logit : logits_V) sum += std::exp(logit - top);
  const double confidence = std::exp(logits_V[*token] - top) / sum;
  // A NaN anywhere ends up in the sum.
  if (!std::isfinite(confidence)) return std::nullopt;
  return Choice{*token, static_cast<float>(confidence)};
}

std::optional<int32_t> TokenSampler::ArgMax(std::span<const float> logits_V,
                                            const NoiseKey& key) const {
  std::optional<int32_t> best;
  float best_score = kMinusInfinity;
  std::array<float, 1024> gumbel;
  for (size_t at = 0; at < logits_V.size(); at += gumbel.size()) {
    const size_t count = std::min(gumbel.size(), logits_V.size() - at);
    if (temperature_ > 0.0f) {
      noise_.Gumbel(key, static_cast<uint32_t>(at),
                    std::span(gumbel).first(count));
    }
    for (size_t i = 0; i < count; ++i) {
      float score = logits_V[at + i];
      if (temperature_ > 0.0f) score += temperature_ * gumbel[i];
      if (score > best_score) {
        best_score = score;
        best = static_cast<int32_t>(at + i);
      }
    }
  }
  return best;
}

}  // namespace mdrl
