// The mask predictor of LLaDA: token ids in, hidden rows out
// (arXiv 2502.09992).
//
// Bidirectional attention without a mask, over every position of a row or over
// its span of real ones. RMSNorm, rotary angles and softmax in float32 (float64
// for float64 weights).
//
// On the CPU arithmetic is float32 (float64 for float64 weights) whatever the
// weights are stored in: a narrower one is widened a part at a time while it is
// used, so that mapped weights may stay mapped. Elsewhere arithmetic has the
// type of the weights.
//
// Shapes: B rows, T positions, L = last - first positions read, D = d_model.
// Float32 on the CPU runs through common/kernel, where a row's numbers do not
// depend on the other rows of the batch; anything else takes the plain path of
// transformer_reference.h.
// Thread-safe once built, as long as nobody writes the weights.
#ifndef MDRL_COMMON_MODEL_TRANSFORMER_H_
#define MDRL_COMMON_MODEL_TRANSFORMER_H_

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "ATen/core/Tensor.h"
#include "common/model/linear.h"
#include "common/model/lora.h"
#include "common/model/model_config.h"
#include "common/tensor/named_tensors.h"
#include "common/tensor/row_span.h"

namespace mdrl {

// The weights of one block.
struct BlockWeights {
  at::Tensor attn_norm, ff_norm;
  Linear q_proj, k_proj, v_proj, attn_out;
  Linear ff_proj, up_proj, ff_out;
};

// Keys (before rope), then values, of every block at every position, as the
// last forward over that position left them: [B, T, 2 kv_heads E] per block.
// Made by Transformer::HiddenCached(); not thread-safe.
struct KvCache {
  std::vector<at::Tensor> kv_BTY;
};

class Transformer {
 public:
  // Shares the tensors' storage: whoever updates them in place updates the
  // model. Those that require a gradient get one through Hidden().
  // REQUIRES: `weights` are exactly LladaTensors(config), floating point, and
  // those that are trained float32 or float64; common/model/weights.h checks
  // what comes from outside.
  Transformer(ModelConfig config, NamedTensors weights);

  // The same base with an adapter on, or off: the weights are shared, so this
  // costs a few handles. The reference policy of a LoRA run is
  // WithoutAdapter(). REQUIRES: the adapter was made for this configuration.
  Transformer With(Adapter adapter) const;
  Transformer WithoutAdapter() const;

  // Rows after the last norm at positions [first, last): [B, L, D]. Exact: only
  // work that these rows do not need is left out. With `real_B` each row gets
  // the numbers that it has without the padding around its span.
  // REQUIRES: ids_BT int64 in [0, vocab), 0 <= first < last <= T <=
  // max_sequence; real_B is empty or has a span in [0, T] per row.
  at::Tensor Hidden(const at::Tensor& ids_BT, int64_t first, int64_t last,
                    std::span<const RowSpan> real_B = {}) const;

  // The same from the ids of positions [from, from + ids_BL.size(1)) alone: the
  // keys and values of all others are those of `cache`, and those of these
  // positions overwrite theirs. Exact where every position is fed, which an
  // empty cache wants and fills; else as good as the cache is fresh.
  // REQUIRES: no gradient is wanted; [first, last) lies in what is fed; all
  // calls with one cache have the same rows and spans.
  at::Tensor HiddenCached(const at::Tensor& ids_BL, int64_t from, int64_t first,
                          int64_t last, KvCache& cache,
                          std::span<const RowSpan> real_B = {}) const;

  const ModelConfig& config() const { return config_; }
  // Of the base, without the adapter's.
  const NamedTensors& weights() const { return weights_; }
  // nullptr: the base alone.
  const Adapter* adapter() const { return adapter_ ? &*adapter_ : nullptr; }
  // What training changes: the adapter's tensors if there is one, else all
  // weights.
  const NamedTensors& trainable() const {
    return adapter_ ? adapter_->tensors() : weights_;
  }
  const std::vector<BlockWeights>& blocks() const { return blocks_; }
  const at::Tensor& embedding() const { return embedding_; }
  const at::Tensor& final_norm() const { return final_norm_; }
  // [V, D]; the embedding where the configuration ties them.
  const Linear& head() const { return head_; }
  // What hidden rows are computed in.
  at::ScalarType compute_type() const { return compute_type_; }

 private:
  // Sets A, B and scale of every map, or clears them.
  void Adapt(std::optional<Adapter> adapter);
  bool UsesKernels() const;
  at::Tensor Embed(const at::Tensor& ids) const;
  // Of positions [from, from + L); `cached` is the block's slot, or nullptr.
  at::Tensor Attention(const BlockWeights& block, const at::Tensor& a_BLD,
                       int64_t from, int64_t first, int64_t last,
                       const at::Tensor* cached,
                       std::span<const RowSpan> real_B) const;
  at::Tensor Block(const BlockWeights& block, const at::Tensor& h_BLD,
                   int64_t from, int64_t first, int64_t last,
                   const at::Tensor* cached,
                   std::span<const RowSpan> real_B) const;

  ModelConfig config_;
  NamedTensors weights_;
  std::optional<Adapter> adapter_;
  at::ScalarType compute_type_;
  std::vector<BlockWeights> blocks_;
  at::Tensor embedding_, final_norm_;
  Linear head_;
  at::Tensor cos_, sin_;  // [max_sequence, head_dim]
};

}  // namespace mdrl

#endif  // MDRL_COMMON_MODEL_TRANSFORMER_H_
