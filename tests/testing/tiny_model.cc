#include "tests/testing/tiny_model.h"

#include <cmath>
#include <utility>
#include <vector>

#include "ATen/ops/empty.h"
#include "common/base/philox.h"

namespace mdrl {
namespace {

// Sum of four uniforms, centred, with variance 1: near enough to a normal.
double RoughNormal(PhiloxSequence& draws) {
  double sum = -2.0;
  for (int i = 0; i < 4; ++i) sum += draws.NextUniform();
  return sum * std::sqrt(3.0);
}

}  // namespace

const char kTinyConfigJson[] =
    R"({"model_type": "llada", "d_model": 16, "n_layers": 2, "n_heads": 4,
        "n_kv_heads": 2, "mlp_hidden_size": 24, "vocab_size": 11,
        "embedding_size": 11, "max_sequence_length": 64, "rope": true,
        "rope_theta": 100.0, "rms_norm_eps": 1e-5, "mask_token_id": 0,
        "layer_norm_type": "rms", "activation_type": "silu",
        "block_type": "llama", "weight_tying": false,
        "eos_token_id": 2, "pad_token_id": 2})";

ModelConfig TinyConfig() {
  ModelConfig config;
  config.d_model = 16;
  config.n_layers = 2;
  config.n_heads = 4;
  config.n_kv_heads = 2;
  config.mlp_hidden = 24;
  config.vocab = 11;
  config.max_sequence = 64;
  config.rope_theta = 100.0;
  config.rms_norm_eps = 1e-5;
  config.mask_id = 0;
  config.eos_id = 2;
  config.pad_id = 2;
  return config;
}

ModelConfig ExampleConfig() {
  ModelConfig config = TinyConfig();
  config.d_model = 64;
  config.n_layers = 3;
  config.n_kv_heads = 4;
  config.mlp_hidden = 192;
  config.vocab = 32;
  return config;
}

Transformer TinyModel(const ModelConfig& config, at::ScalarType type,
                      uint64_t seed, bool requires_grad) {
  NamedTensors weights;
  uint32_t number = 0;
  for (const TensorSpec& spec : LladaTensors(config)) {
    PhiloxSequence draws(seed, Stream::kInit, number++, 0, 0);
    const std::vector<int64_t> sizes(spec.shape.begin(), spec.shape.end());
    at::Tensor tensor = at::empty(sizes, at::TensorOptions(at::kDouble));
    const bool is_norm = sizes.size() == 1;
    const double scale = 1.0 / std::sqrt(static_cast<double>(tensor.size(-1)));
    double* out = tensor.mutable_data_ptr<double>();
    for (int64_t i = 0; i < tensor.numel(); ++i) {
      const double normal = RoughNormal(draws);
      out[i] = is_norm ? 1.0 + 0.1 * normal : scale * normal;
    }
    tensor = tensor.to(type);
    tensor.requires_grad_(requires_grad);
    weights.push_back({spec.name, tensor});
  }
  SortByName(weights);
  return Transformer(config, std::move(weights));
}

at::Tensor RandomIds(int64_t rows, int64_t positions, int64_t vocab,
                     uint64_t seed) {
  PhiloxSequence draws(seed, Stream::kInit, 0, 1, 0);
  at::Tensor ids = at::empty({rows, positions}, at::TensorOptions(at::kLong));
  int64_t* out = ids.mutable_data_ptr<int64_t>();
  for (int64_t i = 0; i < ids.numel(); ++i) {
    out[i] = draws.NextBelow(static_cast<uint32_t>(vocab));
  }
  return ids;
}

}  // namespace mdrl
