// `bernoulli`: LLaDA's SFT corruption (arXiv 2502.09992).
//
// t ~ U(0, 1), p = (1 - 1e-3) t + 1e-3; every canvas position is masked with
// probability p, EOS padding after n included, and scored where masked; the
// prompt is clean. Masks may be empty. Weight 1/p, the diffusion weight.
#ifndef MDRL_SERVICES_LEARNER_CORRUPTION_BERNOULLI_H_
#define MDRL_SERVICES_LEARNER_CORRUPTION_BERNOULLI_H_

#include <cstdint>
#include <span>
#include <vector>

#include "services/learner/corruption/corruption_law.h"

namespace mdrl {

class BernoulliLaw final : public CorruptionLaw {
 public:
  struct Options {
    int32_t mask_id = 0;
    int samples = 1;
    float floor = 1e-3f;  // smallest p
  };
  explicit BernoulliLaw(Options options) : options_(options) {}
  std::vector<Sample> Draw(std::span<const int32_t> prompt_tokens,
                           const Completion& completion, const Place& place,
                           DrawSource& draws) const override;

 private:
  Options options_;
};

}  // namespace mdrl

#endif  // MDRL_SERVICES_LEARNER_CORRUPTION_BERNOULLI_H_
