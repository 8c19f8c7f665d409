#include "common/model/transformer_reference.h"

#include <cmath>

#include "ATen/TensorOperators.h"
#include "ATen/ops/embedding.h"
#include "ATen/ops/linear.h"
#include "ATen/ops/matmul.h"
#include "ATen/ops/silu.h"
#include "ATen/ops/softmax.h"
#include "absl/strings/str_cat.h"
#include "common/model/rope.h"

namespace mdrl {
namespace {

// [B, T, heads * E] -> [B, heads, T, E]
at::Tensor SplitHeads(const at::Tensor& x, int64_t heads) {
  return x.view({x.size(0), x.size(1), heads, -1}).transpose(1, 2);
}

at::Tensor AttentionReference(const ModelConfig& config,
                              const BlockWeights& block,
                              const at::Tensor& a_BTD,
                              const RopeAngles& angles) {
  const at::Tensor q =
      ApplyRope(SplitHeads(at::linear(a_BTD, block.q_proj), config.n_heads),
                angles.cos_TE, angles.sin_TE);
  at::Tensor k =
      ApplyRope(SplitHeads(at::linear(a_BTD, block.k_proj), config.n_kv_heads),
                angles.cos_TE, angles.sin_TE);
  at::Tensor v = SplitHeads(at::linear(a_BTD, block.v_proj), config.n_kv_heads);
  // Grouped queries: head h reads key head h / (n_heads / n_kv_heads).
  const int64_t shared = config.n_heads / config.n_kv_heads;
  k = k.repeat_interleave(shared, 1);
  v = v.repeat_interleave(shared, 1);
  const double scale = 1.0 / std::sqrt(static_cast<double>(q.size(-1)));
  const at::Tensor weight =
      at::softmax(at::matmul(q, k.transpose(-1, -2)) * scale, -1);
  const at::Tensor o = at::matmul(weight, v).transpose(1, 2).flatten(2);
  return at::linear(o, block.attn_out);
}

}  // namespace

at::Tensor RmsNormReference(const at::Tensor& x, const at::Tensor& weight,
                            double eps) {
  const at::Tensor wide =
      x.to(x.scalar_type() == at::kDouble ? at::kDouble : at::kFloat);
  const at::Tensor mean = wide.square().mean(-1, /*keepdim=*/true);
  return weight * (wide * (mean + eps).rsqrt()).to(x.scalar_type());
}

at::Tensor HiddenReference(const Transformer& model, const at::Tensor& ids_BT,
                           int64_t first, int64_t last,
                           const HiddenObserver& observer) {
  const ModelConfig& config = model.config();
  const double eps = config.rms_norm_eps;
  const auto see = [&observer](const std::string& name, const at::Tensor& h) {
    if (observer) observer(name, h);
  };
  const RopeAngles angles =
      MakeRopeAngles(ids_BT.size(1), config.d_model / config.n_heads,
                     config.rope_theta, model.embedding().scalar_type());
  at::Tensor h = at::embedding(model.embedding(), ids_BT);
  see("hidden_embedding", h);
  for (size_t i = 0; i < model.blocks().size(); ++i) {
    const BlockWeights& block = model.blocks()[i];
    h = h + AttentionReference(config, block,
                               RmsNormReference(h, block.attn_norm, eps),
                               angles);
    const at::Tensor f = RmsNormReference(h, block.ff_norm, eps);
    h = h + at::linear(at::silu(at::linear(f, block.ff_proj)) *
                           at::linear(f, block.up_proj),
                       block.ff_out);
    see(absl::StrCat("hidden_after_block_", i), h);
  }
  h = RmsNormReference(h, model.final_norm(), eps);
  see("hidden_after_ln_f", h);
  return h.slice(1, first, last);
}

}  // namespace mdrl
