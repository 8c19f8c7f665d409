// Which block each sample of a completion masks.
#ifndef MDRL_SERVICES_LEARNER_CORRUPTION_BLOCK_CHOICE_H_
#define MDRL_SERVICES_LEARNER_CORRUPTION_BLOCK_CHOICE_H_

#include <vector>

#include "services/learner/corruption/corruption_law.h"

namespace mdrl {

// kWithoutReplacement: uniform over the blocks that hold content (positions
// i <= n), a block repeated only when there are more samples than blocks.
// kModulo, the published law: a permutation of all blocks of the canvas, each
// entry modulo the number of content blocks; not uniform, and repeats.
enum class BlockChoice { kWithoutReplacement, kModulo };

// Opens kCompletion and draws one permutation.
// REQUIRES: block_tokens > 0.
std::vector<int> ChooseBlocks(BlockChoice choice, int samples,
                              int effective_tokens, int canvas_tokens,
                              int block_tokens, DrawSource& draws);

}  // namespace mdrl

#endif  // MDRL_SERVICES_LEARNER_CORRUPTION_BLOCK_CHOICE_H_
