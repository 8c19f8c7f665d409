#include "common/model/transformer_reference.h"

#include <cmath>
#include <limits>
#include <vector>

#include "ATen/TensorIndexing.h"
#include "ATen/TensorOperators.h"
#include "ATen/ops/arange.h"
#include "ATen/ops/cat.h"
#include "ATen/ops/embedding.h"
#include "ATen/ops/matmul.h"
#include "ATen/ops/silu.h"
#include "ATen/ops/softmax.h"
#include "ATen/ops/tensor.h"
#include "ATen/ops/zeros.h"
#include "absl/strings/str_cat.h"
#include "common/model/rope.h"

namespace mdrl {
namespace {

// [B, T, heads * E] -> [B, heads, T, E]
at::Tensor SplitHeads(const at::Tensor& x, int64_t heads) {
  return x.reshape({x.size(0), x.size(1), heads, -1}).transpose(1, 2);
}

// Positions of each row counted from the begin of its span, [B, 1, T]; at
// padding some position that exists.
at::Tensor PositionsOf(std::span<const RowSpan> real_B, int64_t rows,
                       int64_t positions) {
  at::Tensor index_BT =
      at::arange(positions, at::TensorOptions(at::kLong)).expand({rows, -1});
  if (real_B.empty()) return index_BT;
  std::vector<int64_t> begins;
  for (const RowSpan& span : real_B) begins.push_back(span.begin);
  return (index_BT - at::tensor(begins).unsqueeze(-1)).clamp_min(0);
}

// True where row b's position t is padding: [B, T].
at::Tensor PaddingOf(std::span<const RowSpan> real_B, int64_t positions) {
  std::vector<int64_t> begins, ends;
  for (const RowSpan& span : real_B) {
    begins.push_back(span.begin);
    ends.push_back(span.end);
  }
  const at::Tensor index_T =
      at::arange(positions, at::TensorOptions(at::kLong));
  return (index_T < at::tensor(begins).unsqueeze(-1)) |
         (index_T >= at::tensor(ends).unsqueeze(-1));
}

// Queries of positions [from, from + L) of the T positions of kv_BTY.
at::Tensor AttentionReference(const Transformer& model, const at::Tensor& q_BLX,
                              const at::Tensor& kv_BTY, int64_t from,
                              std::span<const RowSpan> real_B) {
  const ModelConfig& config = model.config();
  const int64_t positions = kv_BTY.size(1);
  const RopeAngles angles = MakeRopeAngles(
      positions, config.head_dim(), config.rope_theta, model.compute_type());
  const at::Tensor index_BT =
      PositionsOf(real_B, kv_BTY.size(0), positions).to(kv_BTY.device());
  // [B, 1, T, E]: the same for every head.
  const at::Tensor cos =
      angles.cos_TE.to(kv_BTY.device()).index({index_BT}).unsqueeze(1);
  const at::Tensor sin =
      angles.sin_TE.to(kv_BTY.device()).index({index_BT}).unsqueeze(1);
  const int64_t to = from + q_BLX.size(1);
  const auto keys_values = kv_BTY.chunk(2, -1);
  const at::Tensor q =
      ApplyRope(SplitHeads(q_BLX, config.n_heads), cos.slice(2, from, to),
                sin.slice(2, from, to));
  at::Tensor k =
      ApplyRope(SplitHeads(keys_values[0], config.n_kv_heads), cos, sin);
  at::Tensor v = SplitHeads(keys_values[1], config.n_kv_heads);
  // Grouped queries: head h reads key head h / (n_heads / n_kv_heads).
  const int64_t shared = config.n_heads / config.n_kv_heads;
  k = k.repeat_interleave(shared, 1);
  v = v.repeat_interleave(shared, 1);
  const double scale = 1.0 / std::sqrt(static_cast<double>(q.size(-1)));
  at::Tensor score = at::matmul(q, k.transpose(-1, -2)) * scale;
  if (!real_B.empty()) {
    score = score.masked_fill(PaddingOf(real_B, positions)
                                  .unsqueeze(1)
                                  .unsqueeze(1)
                                  .to(score.device()),
                              -std::numeric_limits<double>::infinity());
  }
  const at::Tensor o =
      at::matmul(at::softmax(score, -1), v).transpose(1, 2).flatten(2);
  if (real_B.empty()) return o;
  return o.masked_fill(PaddingOf(real_B, positions)
                           .slice(1, from, to)
                           .unsqueeze(-1)
                           .to(o.device()),
                       0.0);
}

// One block over positions [from, from + L); `slot`, if any, holds the keys and
// values of all positions and takes over those of these.
at::Tensor BlockReference(const Transformer& model, const BlockWeights& block,
                          const at::Tensor& h_BLD, int64_t from,
                          const at::Tensor* slot,
                          std::span<const RowSpan> real_B) {
  const double eps = model.config().rms_norm_eps;
  const at::Tensor a = RmsNormReference(h_BLD, block.attn_norm, eps);
  at::Tensor kv = at::cat(
      {ApplyReference(block.k_proj, a), ApplyReference(block.v_proj, a)}, -1);
  if (slot != nullptr) {
    slot->slice(1, from, from + h_BLD.size(1)).copy_(kv);
    kv = *slot;
  }
  const at::Tensor o = AttentionReference(
      model, ApplyReference(block.q_proj, a), kv, from, real_B);
  const at::Tensor h = h_BLD + ApplyReference(block.attn_out, o);
  const at::Tensor f = RmsNormReference(h, block.ff_norm, eps);
  return h + ApplyReference(block.ff_out,
                            at::silu(ApplyReference(block.ff_proj, f)) *
                                ApplyReference(block.up_proj, f));
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
                           const HiddenObserver& observer,
                           std::span<const RowSpan> real_B) {
  const auto see = [&observer](const std::string& name, const at::Tensor& h) {
    if (observer) observer(name, h);
  };
  at::Tensor h =
      at::embedding(model.embedding(), ids_BT).to(model.compute_type());
  see("hidden_embedding", h);
  for (size_t i = 0; i < model.blocks().size(); ++i) {
    h = BlockReference(model, model.blocks()[i], h, 0, nullptr, real_B);
    see(absl::StrCat("hidden_after_block_", i), h);
  }
  h = RmsNormReference(h, model.final_norm(), model.config().rms_norm_eps);
  see("hidden_after_ln_f", h);
  return h.slice(1, first, last);
}

at::Tensor HiddenCachedReference(const Transformer& model,
                                 const at::Tensor& ids_BL, int64_t from,
                                 int64_t first, int64_t last, KvCache& cache,
                                 std::span<const RowSpan> real_B) {
  const ModelConfig& config = model.config();
  at::Tensor h =
      at::embedding(model.embedding(), ids_BL).to(model.compute_type());
  if (cache.kv_BTY.empty()) {
    const int64_t width = 2 * config.n_kv_heads * config.head_dim();
    for (int64_t i = 0; i < config.n_layers; ++i) {
      cache.kv_BTY.push_back(
          at::zeros({h.size(0), h.size(1), width}, h.options()));
    }
  }
  for (size_t i = 0; i < model.blocks().size(); ++i) {
    h = BlockReference(model, model.blocks()[i], h, from, &cache.kv_BTY[i],
                       real_B);
  }
  return RmsNormReference(h, model.final_norm(), config.rms_norm_eps)
      .slice(1, first - from, last - from);
}

}  // namespace mdrl
