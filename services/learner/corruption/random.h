// `random`: a uniform subset of the first n positions, of uniform size, and the
// tail (algorithms.md 1.2).
#ifndef MDRL_SERVICES_LEARNER_CORRUPTION_RANDOM_H_
#define MDRL_SERVICES_LEARNER_CORRUPTION_RANDOM_H_

#include <cstdint>
#include <span>
#include <vector>

#include "services/learner/corruption/canvas.h"
#include "services/learner/corruption/corruption_law.h"

namespace mdrl {

class RandomLaw final : public CorruptionLaw {
 public:
  struct Options {
    int32_t mask_id = 0;
    int samples = 1;
    MaskRatio ratio = {};
    double mask_prompt = 0.0;  // probability per prompt token
  };
  explicit RandomLaw(Options options) : options_(options) {}
  std::vector<Sample> Draw(std::span<const int32_t> prompt_tokens,
                           const Completion& completion, const Place& place,
                           DrawSource& draws) const override;

 private:
  Options options_;
};

}  // namespace mdrl

#endif  // MDRL_SERVICES_LEARNER_CORRUPTION_RANDOM_H_
