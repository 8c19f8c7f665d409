// Tiny models with random weights, for tests that need one but not a good one.
//
// Thread-safe: functions of their arguments.
#ifndef MDRL_TESTS_TESTING_TINY_MODEL_H_
#define MDRL_TESTS_TESTING_TINY_MODEL_H_

#include <cstdint>

#include "ATen/core/Tensor.h"
#include "common/model/model_config.h"
#include "common/model/transformer.h"

namespace mdrl {

// d 16, 2 layers, 4 heads over 2 key heads, MLP 24, 11 ids (mask 0, eos = pad
// 2).
ModelConfig TinyConfig();

// What config.json says of it.
extern const char kTinyConfigJson[];

// The example's shape: d 64, 3 layers, 4 heads, MLP 192, 32 ids.
ModelConfig ExampleConfig();

// The same weights for the same arguments, whatever Torch's generator did
// before. Weights are about N(0, 1/fan_in), so that logits differ clearly.
Transformer TinyModel(const ModelConfig& config = TinyConfig(),
                      at::ScalarType type = at::kFloat, uint64_t seed = 0,
                      bool requires_grad = false);

// int64 ids in [0, vocab), the same for the same arguments.
at::Tensor RandomIds(int64_t rows, int64_t positions, int64_t vocab,
                     uint64_t seed = 0);

}  // namespace mdrl

#endif  // MDRL_TESTS_TESTING_TINY_MODEL_H_
