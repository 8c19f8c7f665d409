// The mask predictor of LLaDA: token ids in, hidden rows out
// (algorithms.md 12.2).
//
// Bidirectional attention over every position, no mask: what is fed is
// attended, padding included. RMSNorm, rotary angles and softmax in float32
// (float64 for float64 weights).
//
// Shapes: B rows, T positions, L = last - first positions read, D = d_model.
// Float32 on the CPU runs through common/kernel, where a row's numbers do not
// depend on the other rows of the batch; anything else takes the plain path of
// transformer_reference.h.
// Thread-safe once built, as long as nobody writes the weights.
#ifndef MDRL_COMMON_MODEL_TRANSFORMER_H_
#define MDRL_COMMON_MODEL_TRANSFORMER_H_

#include <cstdint>
#include <string>
#include <vector>

#include "ATen/core/Tensor.h"
#include "common/model/model_config.h"
#include "common/tensor/named_tensors.h"

namespace mdrl {

// The weights of one block. Linear maps are stored [out, in].
struct BlockWeights {
  at::Tensor attn_norm, q_proj, k_proj, v_proj, attn_out;
  at::Tensor ff_norm, ff_proj, up_proj, ff_out;
};

class Transformer {
 public:
  // Shares the tensors' storage: whoever updates them in place updates the
  // model. Those that require a gradient get one through Hidden().
  // REQUIRES: `weights` are exactly LladaTensors(config), of one floating
  // type; common/model/weights.h checks what comes from outside.
  Transformer(ModelConfig config, NamedTensors weights);

  // Rows after the last norm at positions [first, last): [B, L, D]. Exact: only
  // work that these rows do not need is left out.
  // REQUIRES: ids_BT int64 in [0, vocab), 0 <= first < last <= T <=
  // max_sequence.
  at::Tensor Hidden(const at::Tensor& ids_BT, int64_t first,
                    int64_t last) const;

  const ModelConfig& config() const { return config_; }
  const NamedTensors& weights() const { return weights_; }
  const std::vector<BlockWeights>& blocks() const { return blocks_; }
  const at::Tensor& embedding() const { return embedding_; }
  const at::Tensor& final_norm() const { return final_norm_; }
  const at::Tensor& head() const { return head_; }  // [V, D]

 private:
  at::Tensor Attention(const BlockWeights& block, const at::Tensor& a_BTD,
                       int64_t first, int64_t last) const;
  at::Tensor Block(const BlockWeights& block, const at::Tensor& h_BTD,
                   int64_t first, int64_t last) const;

  ModelConfig config_;
  NamedTensors weights_;
  std::vector<BlockWeights> blocks_;
  at::Tensor embedding_, final_norm_, head_;
  at::Tensor cos_, sin_;  // [max_sequence, head_dim]
};

}  // namespace mdrl

#endif  // MDRL_COMMON_MODEL_TRANSFORMER_H_
