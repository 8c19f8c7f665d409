#include "services/learner/canary.h"

#include <algorithm>

#include "ATen/core/grad_mode.h"
#include "ATen/ops/log_softmax.h"
#include "ATen/ops/max.h"
#include "ATen/ops/tensor.h"
#include "common/model/head.h"

namespace mdrl {

Canary MakeCanary(const Transformer& model) {
  const at::NoGradGuard no_grad;
  const ModelConfig& config = model.config();
  const int64_t length = std::min<int64_t>(16, config.max_sequence);
  Canary canary;
  std::vector<int64_t> ids;
  for (int64_t i = 0; i < length; ++i) {
    // Every other position holds the mask: the input that decoding sees.
    const int64_t id =
        i % 2 == 0 ? config.mask_id : i * config.vocab / (length + 1);
    ids.push_back(id);
    canary.tokens.push_back(static_cast<int32_t>(id));
    canary.positions.push_back(static_cast<int32_t>(i));
  }
  const at::Tensor hidden_LD =
      model.Hidden(at::tensor(ids, at::kLong).unsqueeze(0), 0, length)[0];
  const auto [logp_L, argmax_L] =
      at::max(at::log_softmax(Logits(model, hidden_LD), -1), -1);
  for (int64_t i = 0; i < length; ++i) {
    canary.argmax.push_back(static_cast<int32_t>(argmax_L[i].item<int64_t>()));
    canary.logp.push_back(logp_L[i].item<float>());
  }
  // Room for another order of summation, not for other weights.
  canary.tolerance = 1e-3f;
  return canary;
}

}  // namespace mdrl
