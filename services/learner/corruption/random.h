// `random`: a uniform subset of the first n positions and the tail
// (SPG, BGPO, UniGRPO, LLaDA's likelihood).
#ifndef MDRL_SERVICES_LEARNER_CORRUPTION_RANDOM_H_
#define MDRL_SERVICES_LEARNER_CORRUPTION_RANDOM_H_

#include <cstdint>
#include <span>
#include <vector>

#include "services/learner/corruption/canvas.h"
#include "services/learner/corruption/corruption_law.h"

namespace mdrl {

// How many of the n positions a sample masks.
enum class CountLaw {
  kUniform,  // on max(floor(n low), 1)..min(floor(n high), n), each by itself
  // k0 uniform on 1..n, sample j masks k0 + j n / S, wrapped into 1..n: LLaDA's
  // likelihood and BGPO. `ratio` plays no part.
  kStratified,
  // A start t_1 uniform on low..high, drawn once for the round; step k of mu
  // masks the share t_1 + (high - t_1) k / (mu - 1): UniGRPO.
  kSwept,
};

class RandomLaw final : public CorruptionLaw {
 public:
  struct Options {
    int32_t mask_id = 0;
    int samples = 1;
    MaskRatio ratio = {};
    double mask_prompt = 0.0;  // probability per prompt token
    CountLaw count = CountLaw::kUniform;
  };
  explicit RandomLaw(Options options) : options_(options) {}
  std::vector<Sample> Draw(std::span<const int32_t> prompt_tokens,
                           const Completion& completion, const Place& place,
                           DrawSource& draws) const override;

 private:
  // Of each sample; empty: to be drawn with it.
  std::vector<int> Counts(int n, const Place& place, DrawSource& draws) const;

  Options options_;
};

}  // namespace mdrl

#endif  // MDRL_SERVICES_LEARNER_CORRUPTION_RANDOM_H_
