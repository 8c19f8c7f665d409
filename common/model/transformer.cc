#include "common/model/transformer.h"

#include <utility>
#include <vector>

#include "ATen/ops/cat.h"
#include "ATen/ops/embedding.h"
#include "absl/strings/str_cat.h"
#include "common/base/log.h"
#include "common/kernel/attention.h"
#include "common/kernel/linear.h"
#include "common/kernel/rms_norm.h"
#include "common/kernel/swiglu.h"
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

// The products of several maps side by side. Small weights are copied together
// first, which makes one product of them; large ones would cost more to copy
// than that saves.
at::Tensor MergedLinear(const at::Tensor& x, at::TensorList weights) {
  constexpr int64_t kWorthCopying = 1 << 18;
  if (weights[0].numel() <= kWorthCopying) {
    return RowwiseLinear(x, at::cat(weights, 0));
  }
  std::vector<at::Tensor> products;
  for (const at::Tensor& weight : weights) {
    products.push_back(RowwiseLinear(x, weight));
  }
  return at::cat(products, -1);
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
  // The kernels are float32 on the CPU; anything else takes the plain path.
  if (!embedding_.is_cpu() || embedding_.scalar_type() != at::kFloat) {
    return HiddenReference(*this, ids_BT, first, last);
  }
  at::Tensor h = at::embedding(embedding_, ids_BT);
  for (int64_t i = 0; i < config_.n_layers; ++i) {
    // Only the last block may drop positions: the others feed its keys.
    const bool is_last = i + 1 == config_.n_layers;
    h = Block(blocks_[i], h, is_last ? first : 0, is_last ? last : positions);
  }
  return FusedRmsNorm(h, final_norm_, config_.rms_norm_eps);
}

at::Tensor Transformer::Attention(const BlockWeights& block,
                                  const at::Tensor& a_BTD, int64_t first,
                                  int64_t last) const {
  const AttentionHeads heads = {config_.n_heads, config_.n_kv_heads,
                                config_.head_dim()};
  if (last - first == a_BTD.size(1)) {
    return FusedSelfAttention(
        MergedLinear(a_BTD, {block.q_proj, block.k_proj, block.v_proj}), cos_,
        sin_, heads);
  }
  return FusedAttention(
      RowwiseLinear(a_BTD.slice(1, first, last), block.q_proj),
      MergedLinear(a_BTD, {block.k_proj, block.v_proj}), cos_, sin_, first,
      heads);
}

at::Tensor Transformer::Block(const BlockWeights& block,
                              const at::Tensor& h_BTD, int64_t first,
                              int64_t last) const {
  const double eps = config_.rms_norm_eps;
  const at::Tensor o =
      Attention(block, FusedRmsNorm(h_BTD, block.attn_norm, eps), first, last);
  const at::Tensor h =
      RowwiseLinearAdd(h_BTD.slice(1, first, last), o, block.attn_out);
  const at::Tensor f = FusedRmsNorm(h, block.ff_norm, eps);
  return RowwiseLinearAdd(
      h, FusedSwiGlu(MergedLinear(f, {block.ff_proj, block.up_proj})),
      block.ff_out);
}

}  // namespace mdrl
