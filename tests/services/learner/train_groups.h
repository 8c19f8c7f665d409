// Groups to train on, made up from a seed.
#ifndef MDRL_TESTS_SERVICES_LEARNER_TRAIN_GROUPS_H_
#define MDRL_TESTS_SERVICES_LEARNER_TRAIN_GROUPS_H_

#include <cstdint>
#include <vector>

#include "common/base/philox.h"
#include "services/learner/batch/batch_builder.h"

namespace mdrl {

struct GroupShape {
  int prompt_tokens = 4;
  int canvas_tokens = 8;
  int completions = 3;
  int vocab = 11;  // ids 3..vocab-1 are used; 0 is the mask, 2 ends a text
};

// Lengths and rewards differ between completions; equal arguments give equal
// groups.
inline TrainGroup MakeTrainGroup(uint64_t seed, const GroupShape& shape) {
  PhiloxSequence draws(seed, Stream::kInit, 0, 2, 0);
  const auto token = [&] {
    return static_cast<int32_t>(3 + draws.NextBelow(shape.vocab - 3));
  };
  TrainGroup out;
  out.philox_key = seed * 1000003 + 17;
  out.group.key.group_id.bytes[0] = static_cast<uint8_t>(seed);
  for (int i = 0; i < shape.prompt_tokens; ++i) {
    out.prompt_tokens.push_back(token());
  }
  for (int c = 0; c < shape.completions; ++c) {
    Completion completion;
    completion.index = static_cast<uint32_t>(c);
    const int n = 1 + static_cast<int>(draws.NextBelow(shape.canvas_tokens));
    completion.effective_tokens = static_cast<uint32_t>(n);
    for (int i = 0; i < shape.canvas_tokens; ++i) {
      completion.tokens.push_back(i < n - 1 ? token() : 2);
    }
    // Two positions a step, in an order that is nobody's.
    for (int i = 0; i < shape.canvas_tokens; ++i) {
      completion.reveal_step.push_back(
          static_cast<uint16_t>((3 * i + c) % shape.canvas_tokens / 2));
    }
    completion.score.outcome = Outcome::kScored;
    completion.score.reward = draws.NextUniform();
    out.group.completions.push_back(completion);
  }
  return out;
}

}  // namespace mdrl

#endif  // MDRL_TESTS_SERVICES_LEARNER_TRAIN_GROUPS_H_
