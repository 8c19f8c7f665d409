#include "common/model/transformer.h"

#include <algorithm>
#include <cmath>
#include <utility>

#include "ATen/TensorOperators.h"
#include "ATen/ops/cat.h"
#include "ATen/ops/embedding.h"
#include "ATen/ops/linear.h"
#include "ATen/ops/scaled_dot_product_attention.h"
#include "ATen/ops/silu.h"
#include "absl/strings/str_cat.h"
#include "common/base/log.h"
#include "common/model/rope.h"
#include "common/model/transformer_reference.h"
#include "common/tensor/tensor_bytes.h"

namespace mdrl {
namespace {

constexpr char kRoot[] = "model.transformer.";

at::Tensor Take(const NamedTensors& weights, const std::string& name) {
  const at::Tensor* tensor = FindTensor(weights, name);
  MDRL_CHECK(tensor != nullptr) << "no weight " << name;
  return *tensor;
}

}  // namespace

Transformer::Transformer(ModelConfig config, NamedTensors weights)
    : config_(std::move(config)), weights_(std::move(weights)) {
  const auto specs = LladaTensors(config_);
  MDRL_CHECK(specs.size() == weights_.size())
      << weights_.size() << " tensors, " << specs.size() << " expected";
  for (const TensorSpec& spec : specs) {
    MDRL_CHECK(ShapeOf(Take(weights_, spec.name)) == spec.shape)
        << "weight " << spec.name << " has another shape";
  }
  for (int64_t i = 0; i < config_.n_layers; ++i) {
    const auto take = [this, i](const char* name) {
      return Take(weights_, absl::StrCat(kRoot, "blocks.", i, ".", name));
    };
    blocks_.push_back({take("attn_norm.weight"), take("q_proj.weight"),
                       take("k_proj.weight"), take("v_proj.weight"),
                       take("attn_out.weight"), take("ff_norm.weight"),
                       take("ff_proj.weight"), take("up_proj.weight"),
                       take("ff_out.weight")});
  }
  embedding_ = Take(weights_, absl::StrCat(kRoot, "wte.weight"));
  final_norm_ = Take(weights_, absl::StrCat(kRoot, "ln_f.weight"));
  head_ = Take(weights_, absl::StrCat(kRoot, "ff_out.weight"));
  RopeAngles angles =
      MakeRopeAngles(config_.max_sequence, config_.d_model / config_.n_heads,
                     config_.rope_theta, embedding_.scalar_type());
  cos_ = std::move(angles.cos_TE);
  sin_ = std::move(angles.sin_TE);
}

at::Tensor Transformer::Hidden(const at::Tensor& ids_BT, int64_t first,
                               int64_t last) const {
  const int64_t positions = ids_BT.size(1);
  MDRL_CHECK(0 <= first && first < last && last <= positions &&
             positions <= config_.max_sequence)
      << "positions " << first << ".." << last << " of " << positions;
  at::Tensor h = at::embedding(embedding_, ids_BT);
  for (int64_t i = 0; i < config_.n_layers; ++i) {
    // Only the last block may drop positions: the others feed its keys.
    const bool is_last = i + 1 == config_.n_layers;
    h = Block(blocks_[i], h, is_last ? first : 0, is_last ? last : positions);
  }
  return RmsNormReference(h, final_norm_, config_.rms_norm_eps);
}

at::Tensor Transformer::Block(const BlockWeights& block,
                              const at::Tensor& h_BTD, int64_t first,
                              int64_t last) const {
  const int64_t rows = h_BTD.size(0), positions = h_BTD.size(1);
  const auto heads = [rows](const at::Tensor& x, int64_t n) {
    return x.view({rows, x.size(1), n, -1}).transpose(1, 2);
  };
  const at::Tensor a =
      RmsNormReference(h_BTD, block.attn_norm, config_.rms_norm_eps);
  const at::Tensor q = ApplyRope(
      heads(at::linear(a.slice(1, first, last), block.q_proj), config_.n_heads),
      cos_.slice(0, first, last), sin_.slice(0, first, last));
  const at::Tensor k =
      ApplyRope(heads(at::linear(a, block.k_proj), config_.n_kv_heads),
                cos_.slice(0, 0, positions), sin_.slice(0, 0, positions));
  const at::Tensor v = heads(at::linear(a, block.v_proj), config_.n_kv_heads);
  const at::Tensor o = at::scaled_dot_product_attention(
      q, k, v, /*attn_mask=*/{}, /*dropout_p=*/0.0, /*is_causal=*/false,
      /*scale=*/std::nullopt,
      /*enable_gqa=*/config_.n_heads != config_.n_kv_heads);
  const at::Tensor h = h_BTD.slice(1, first, last) +
                       at::linear(o.transpose(1, 2).flatten(2), block.attn_out);
  const at::Tensor f = RmsNormReference(h, block.ff_norm, config_.rms_norm_eps);
  return h + at::linear(at::silu(at::linear(f, block.ff_proj)) *
                            at::linear(f, block.up_proj),
                        block.ff_out);
}

}  // namespace mdrl
