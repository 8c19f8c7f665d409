// `suffix_block`: whole blocks at the end and a random part of the block
// before them (DTM's block interpolant, arXiv 2604.18739).
#ifndef MDRL_SERVICES_LEARNER_CORRUPTION_SUFFIX_BLOCK_H_
#define MDRL_SERVICES_LEARNER_CORRUPTION_SUFFIX_BLOCK_H_

#include <cstdint>
#include <span>
#include <vector>

#include "services/learner/corruption/corruption_law.h"

namespace mdrl {

// m uniform on 1..L: the last floor((m - 1) / B) blocks are masked, and ((m -
// 1) mod B) + 1 random positions of the block before them. Earlier blocks and
// the prompt are clean; the tail after n is ordinary text. Scored: the masked
// positions of that block, and of the whole blocks too unless `active_only`.
// The weight is 1.
// REQUIRES: L is a multiple of B.
class SuffixBlockLaw final : public CorruptionLaw {
 public:
  struct Options {
    int32_t mask_id = 0;
    int samples = 1;
    int block_tokens = 1;  // B
    bool active_only = true;
  };
  explicit SuffixBlockLaw(Options options) : options_(options) {}
  std::vector<Sample> Draw(std::span<const int32_t> prompt_tokens,
                           const Completion& completion, const Place& place,
                           DrawSource& draws) const override;

 private:
  Options options_;
};

}  // namespace mdrl

#endif  // MDRL_SERVICES_LEARNER_CORRUPTION_SUFFIX_BLOCK_H_
