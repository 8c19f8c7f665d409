// `block_random`: SPG's law; it follows the semi-autoregressive decoder
// (arXiv 2510.09541).
//
// A random part of a random block, everything after the block, and tokens
// before it with a small probability are masked.
#ifndef MDRL_SERVICES_LEARNER_CORRUPTION_BLOCK_RANDOM_H_
#define MDRL_SERVICES_LEARNER_CORRUPTION_BLOCK_RANDOM_H_

#include <cstdint>
#include <span>
#include <vector>

#include "services/learner/corruption/block_choice.h"
#include "services/learner/corruption/canvas.h"
#include "services/learner/corruption/corruption_law.h"

namespace mdrl {

class BlockRandomLaw final : public CorruptionLaw {
 public:
  struct Options {
    int32_t mask_id = 0;
    int samples = 2;
    int block_tokens = 1;
    MaskRatio ratio = {};
    double mask_prompt = 0.15;  // per token of the prompt and earlier blocks
    BlockChoice choice = BlockChoice::kWithoutReplacement;
    // Of the masked positions only those of the chosen block are scored. The
    // published code makes such a mask and never uses it.
    bool score_block_only = false;
  };
  explicit BlockRandomLaw(Options options) : options_(options) {}
  std::vector<Sample> Draw(std::span<const int32_t> prompt_tokens,
                           const Completion& completion, const Place& place,
                           DrawSource& draws) const override;

 private:
  Options options_;
};

}  // namespace mdrl

#endif  // MDRL_SERVICES_LEARNER_CORRUPTION_BLOCK_RANDOM_H_
