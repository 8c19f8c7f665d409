// Where decoding takes its noise from: Philox streams 2 and 3 here, recorded
// draws in tests.
#ifndef MDRL_SERVICES_ROLLOUT_DECODE_NOISE_SOURCE_H_
#define MDRL_SERVICES_ROLLOUT_DECODE_NOISE_SOURCE_H_

#include <cstdint>
#include <span>

#include "common/base/philox.h"

namespace mdrl {

// What a number is for. `position` counts canvas positions from 0; position p
// of the prompt, which only matters when masks in prompts are allowed, counts
// as canvas length + p.
struct NoiseKey {
  uint64_t philox_key = 0;
  uint32_t completion = 0;
  uint32_t row = 0;  // in the call of Decode(); recorded noise is found by it
  uint32_t step = 0;
  uint32_t position = 0;
};

// Pure: the same arguments give the same numbers. Thread-safe.
class NoiseSource {
 public:
  virtual ~NoiseSource() = default;
  // -log(-log u) of tokens first, first + 1, ...: who draws u takes the logs,
  // in whatever precision u has.
  virtual void Gumbel(const NoiseKey& key, uint32_t first,
                      std::span<float> gumbel) const = 0;
  // The uniform that random remasking ranks a position by.
  virtual float Remasking(const NoiseKey& key) const = 0;
};

// Streams 2 and 3 of common/base/philox.h.
class PhiloxNoise : public NoiseSource {
 public:
  void Gumbel(const NoiseKey& key, uint32_t first,
              std::span<float> gumbel) const override;
  float Remasking(const NoiseKey& key) const override;
};

}  // namespace mdrl

#endif  // MDRL_SERVICES_ROLLOUT_DECODE_NOISE_SOURCE_H_
