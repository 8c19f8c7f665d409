// `all`: the whole canvas masked, prompt tokens with some probability
// (diffu-GRPO, arXiv 2504.12216).
#ifndef MDRL_SERVICES_LEARNER_CORRUPTION_ALL_H_
#define MDRL_SERVICES_LEARNER_CORRUPTION_ALL_H_

#include <cstdint>
#include <span>
#include <vector>

#include "services/learner/corruption/corruption_law.h"

namespace mdrl {

class AllLaw final : public CorruptionLaw {
 public:
  struct Options {
    int32_t mask_id = 0;
    int samples = 1;           // copies differ in the masked prompt tokens only
    double mask_prompt = 0.0;  // probability per prompt token
  };
  explicit AllLaw(Options options) : options_(options) {}
  std::vector<Sample> Draw(std::span<const int32_t> prompt_tokens,
                           const Completion& completion, const Place& place,
                           DrawSource& draws) const override;

 private:
  Options options_;
};

}  // namespace mdrl

#endif  // MDRL_SERVICES_LEARNER_CORRUPTION_ALL_H_
