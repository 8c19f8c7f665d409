#include "common/model/transformer.h"

#include <utility>

#include "ATen/ops/embedding.h"
#include "ATen/ops/empty.h"
#include "absl/strings/str_cat.h"
#include "common/base/log.h"
#include "common/kernel/attention.h"
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

at::ScalarType ComputeType(const at::Tensor& weight) {
  if (!weight.is_cpu() || weight.scalar_type() == at::kDouble) {
    return weight.scalar_type();
  }
  return at::kFloat;
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
  embedding_ = Take(weights_, absl::StrCat(kRoot, "wte.weight"));
  compute_type_ = ComputeType(embedding_);
  const auto norm = [this](const std::string& name) {
    // An alias where the type is right already: training reaches it.
    return Take(weights_, name).to(compute_type_);
  };
  for (int64_t i = 0; i < config_.n_layers; ++i) {
    const std::string block = absl::StrCat(kRoot, "blocks.", i, ".");
    const auto map = [this, &block](const char* name) {
      return Linear{Take(weights_, absl::StrCat(block, name)), {}, {}};
    };
    blocks_.push_back({norm(block + "attn_norm.weight"),
                       norm(block + "ff_norm.weight"), map("q_proj.weight"),
                       map("k_proj.weight"), map("v_proj.weight"),
                       map("attn_out.weight"), map("ff_proj.weight"),
                       map("up_proj.weight"), map("ff_out.weight")});
  }
  final_norm_ = norm(absl::StrCat(kRoot, "ln_f.weight"));
  head_ = {config_.weight_tying
               ? embedding_
               : Take(weights_, absl::StrCat(kRoot, "ff_out.weight")),
           {},
           {}};
  RopeAngles angles =
      MakeRopeAngles(config_.max_sequence, config_.d_model / config_.n_heads,
                     config_.rope_theta, compute_type_);
  cos_ = std::move(angles.cos_TE);
  sin_ = std::move(angles.sin_TE);
}

Transformer Transformer::With(Adapter adapter) const {
  Transformer adapted = *this;
  adapted.Adapt(std::move(adapter));
  return adapted;
}

Transformer Transformer::WithoutAdapter() const {
  Transformer base = *this;
  base.Adapt(std::nullopt);
  return base;
}

void Transformer::Adapt(std::optional<Adapter> adapter) {
  adapter_ = std::move(adapter);
  const auto adapt = [this](Linear& linear, const std::string& module) {
    const Adapter::Factors factors =
        adapter_ ? adapter_->Of(module) : Adapter::Factors{};
    linear.lora_a = factors.a_RI;
    linear.lora_b = factors.b_OR;
    linear.scale = factors.scale;
  };
  for (size_t i = 0; i < blocks_.size(); ++i) {
    const std::string root = absl::StrCat(kRoot, "blocks.", i, ".");
    BlockWeights& block = blocks_[i];
    adapt(block.q_proj, root + "q_proj");
    adapt(block.k_proj, root + "k_proj");
    adapt(block.v_proj, root + "v_proj");
    adapt(block.attn_out, root + "attn_out");
    adapt(block.ff_proj, root + "ff_proj");
    adapt(block.up_proj, root + "up_proj");
    adapt(block.ff_out, root + "ff_out");
  }
  adapt(head_, absl::StrCat(kRoot, "ff_out"));
}

bool Transformer::UsesKernels() const {
  return embedding_.is_cpu() && compute_type_ == at::kFloat;
}

at::Tensor Transformer::Embed(const at::Tensor& ids) const {
  return at::embedding(embedding_, ids).to(compute_type_);
}

at::Tensor Transformer::Hidden(const at::Tensor& ids_BT, int64_t first,
                               int64_t last,
                               std::span<const RowSpan> real_B) const {
  const int64_t positions = ids_BT.size(1);
  MDRL_CHECK(0 <= first && first < last && last <= positions &&
             positions <= config_.max_sequence)
      << "positions " << first << ".." << last << " of " << positions;
  if (!UsesKernels()) {
    return HiddenReference(*this, ids_BT, first, last, nullptr, real_B);
  }
  at::Tensor h = Embed(ids_BT);
  for (int64_t i = 0; i < config_.n_layers; ++i) {
    // Only the last block may drop positions: the others feed its keys.
    const bool is_last = i + 1 == config_.n_layers;
    h = Block(blocks_[i], h, /*from=*/0, is_last ? first : 0,
              is_last ? last : positions, /*cached=*/nullptr, real_B);
  }
  return FusedRmsNorm(h, final_norm_, config_.rms_norm_eps);
}

at::Tensor Transformer::HiddenCached(const at::Tensor& ids_BL, int64_t from,
                                     int64_t first, int64_t last,
                                     KvCache& cache,
                                     std::span<const RowSpan> real_B) const {
  const int64_t to = from + ids_BL.size(1);
  MDRL_CHECK(from <= first && first < last && last <= to &&
             to <= config_.max_sequence)
      << "positions " << first << ".." << last << " of " << from << ".." << to;
  if (!UsesKernels()) {
    return HiddenCachedReference(*this, ids_BL, from, first, last, cache,
                                 real_B);
  }
  at::Tensor h = Embed(ids_BL);
  if (cache.kv_BTY.empty()) {
    MDRL_CHECK(from == 0) << "an empty cache holds nothing before " << from;
    const int64_t width = 2 * config_.n_kv_heads * config_.head_dim();
    for (int64_t i = 0; i < config_.n_layers; ++i) {
      cache.kv_BTY.push_back(
          at::empty({ids_BL.size(0), to, width}, h.options()));
    }
  }
  for (int64_t i = 0; i < config_.n_layers; ++i) {
    const bool is_last = i + 1 == config_.n_layers;
    h = Block(blocks_[i], h, from, is_last ? first : from, is_last ? last : to,
              &cache.kv_BTY[i], real_B);
  }
  return FusedRmsNorm(h, final_norm_, config_.rms_norm_eps);
}

at::Tensor Transformer::Attention(const BlockWeights& block,
                                  const at::Tensor& a_BLD, int64_t from,
                                  int64_t first, int64_t last,
                                  const at::Tensor* cached,
                                  std::span<const RowSpan> real_B) const {
  const AttentionHeads heads = {config_.n_heads, config_.n_kv_heads,
                                config_.head_dim()};
  const int64_t length = a_BLD.size(1);
  if (cached == nullptr && last - first == length) {
    return FusedSelfAttention(
        ApplyMerged({&block.q_proj, &block.k_proj, &block.v_proj}, a_BLD), cos_,
        sin_, heads, real_B);
  }
  at::Tensor kv = ApplyMerged({&block.k_proj, &block.v_proj}, a_BLD);
  if (cached != nullptr) {
    cached->slice(1, from, from + length).copy_(kv);
    kv = *cached;
  }
  return FusedAttention(
      Apply(block.q_proj, a_BLD.slice(1, first - from, last - from)), kv, cos_,
      sin_, first, heads, real_B);
}

at::Tensor Transformer::Block(const BlockWeights& block,
                              const at::Tensor& h_BLD, int64_t from,
                              int64_t first, int64_t last,
                              const at::Tensor* cached,
                              std::span<const RowSpan> real_B) const {
  const double eps = config_.rms_norm_eps;
  const at::Tensor o =
      Attention(block, FusedRmsNorm(h_BLD, block.attn_norm, eps), from, first,
                last, cached, real_B);
  const at::Tensor h =
      ApplyAdd(block.attn_out, h_BLD.slice(1, first - from, last - from), o);
  const at::Tensor f = FusedRmsNorm(h, block.ff_norm, eps);
  return ApplyAdd(
      block.ff_out, h,
      FusedSwiGlu(ApplyMerged({&block.ff_proj, &block.up_proj}, f)));
}

}  // namespace mdrl
