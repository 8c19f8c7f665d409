// One position's logits to one token: temperature and Gumbel noise in float32
// log space.
//
//   token = argmax_v l_v + T * (-log(-log u_v))   (docs/algorithms.md;
//   the multiplicative form exp(l) / (-log u)^T of the published code, taken to
//   logs)
//
// Scalar arithmetic in a fixed order, so that a position's choice never depends
// on what is decoded beside it. Immutable, thread-safe.
#ifndef MDRL_SERVICES_ROLLOUT_DECODE_TOKEN_SAMPLER_H_
#define MDRL_SERVICES_ROLLOUT_DECODE_TOKEN_SAMPLER_H_

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "services/rollout/decode/noise_source.h"

namespace mdrl {

struct Choice {
  int32_t token = 0;
  float confidence =
      0.0f;  // softmax(l) at the token: no noise, not divided by T
};

class TokenSampler {
 public:
  // REQUIRES: temperature >= 0; forbidden ids are below the vocabulary's size.
  // `noise` must outlive the sampler; it is asked only if temperature > 0.
  TokenSampler(float temperature, std::vector<uint32_t> forbid_ids,
               const NoiseSource& noise);

  // The lowest id wins a tie. Forbidden logits are overwritten with -inf first,
  // so they take no part in the confidence either. nullopt when no logit is
  // finite or one is NaN or +inf: the model is broken.
  std::optional<Choice> Choose(std::span<float> logits_V,
                               const NoiseKey& key) const;

 private:
  std::optional<int32_t> ArgMax(std::span<const float> logits_V,
                                const NoiseKey& key) const;

  const float temperature_;
  const std::vector<uint32_t> forbid_ids_;
  const NoiseSource& noise_;
};

}  // namespace mdrl

#endif  // MDRL_SERVICES_ROLLOUT_DECODE_TOKEN_SAMPLER_H_
