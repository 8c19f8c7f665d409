// `block_all`: everything from the start of a random block on is masked
// (SPG, arXiv 2510.09541).
#ifndef MDRL_SERVICES_LEARNER_CORRUPTION_BLOCK_ALL_H_
#define MDRL_SERVICES_LEARNER_CORRUPTION_BLOCK_ALL_H_

#include <cstdint>
#include <span>
#include <vector>

#include "services/learner/corruption/block_choice.h"
#include "services/learner/corruption/corruption_law.h"

namespace mdrl {

class BlockAllLaw final : public CorruptionLaw {
 public:
  struct Options {
    int32_t mask_id = 0;
    int samples = 1;
    int block_tokens = 1;
    double mask_prompt = 0.0;  // per token of the prompt and earlier blocks
    BlockChoice choice = BlockChoice::kWithoutReplacement;
  };
  explicit BlockAllLaw(Options options) : options_(options) {}
  std::vector<Sample> Draw(std::span<const int32_t> prompt_tokens,
                           const Completion& completion, const Place& place,
                           DrawSource& draws) const override;

 private:
  Options options_;
};

}  // namespace mdrl

#endif  // MDRL_SERVICES_LEARNER_CORRUPTION_BLOCK_ALL_H_
