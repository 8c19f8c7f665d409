#include "services/learner/corruption/block_choice.h"

#include <algorithm>

#include "common/base/log.h"

namespace mdrl {

std::vector<int> ChooseBlocks(BlockChoice choice, int samples,
                              int effective_tokens, int canvas_tokens,
                              int block_tokens, DrawSource& draws) {
  MDRL_CHECK(block_tokens > 0) << "a block needs a length";
  const int content =
      std::max(1, (effective_tokens + block_tokens - 1) / block_tokens);
  const int all =
      std::max(1, (canvas_tokens + block_tokens - 1) / block_tokens);
  draws.Open(DrawSource::Scope::kCompletion, 0);
  const std::vector<int32_t> order =
      draws.Permutation(choice == BlockChoice::kModulo ? all : content);
  std::vector<int> blocks(samples);
  for (int s = 0; s < samples; ++s) {
    blocks[s] = order[s % order.size()] % content;
  }
  return blocks;
}

}  // namespace mdrl
