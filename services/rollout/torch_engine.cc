#include "services/rollout/torch_engine.h"

#include <algorithm>
#include <cmath>
#include <span>
#include <utility>
#include <vector>

#include "ATen/Parallel.h"
#include "ATen/core/Tensor.h"
#include "ATen/ops/argmax.h"
#include "ATen/ops/log_softmax.h"
#include "ATen/ops/tensor.h"
#include "absl/strings/str_cat.h"
#include "c10/core/InferenceMode.h"
#include "common/base/memory.h"
#include "common/base/status_macros.h"
#include "common/format/model_folder.h"
#include "common/model/adapter_source.h"
#include "common/model/head.h"
#include "common/model/transformer.h"
#include "common/model/weights.h"
#include "common/tensor/torch_status.h"
#include "services/rollout/decode/decoder.h"

namespace mdrl {
namespace {

class TorchPolicy : public LoadedPolicy {
 public:
  explicit TorchPolicy(Transformer model) : model_(std::move(model)) {}

  const Transformer& model() const { return model_; }

  absl::StatusOr<std::vector<std::vector<Completion>>> Decode(
      std::span<const Lease* const> leases,
      const StepWatch& watch) const override {
    MDRL_ASSIGN_OR_RETURN(const auto decoder,
                          Decoder::Create(model_, leases.front()->decode));
    std::vector<DecodeRow> rows;
    for (const Lease* lease : leases) {
      for (uint32_t i = 0; i < lease->group_size; ++i) {
        rows.push_back({lease->prompt_tokens, lease->philox_key, i});
      }
    }
    bool go_on = true;
    DecodeWatch decode_watch;
    decode_watch.cancelled = [&go_on] { return !go_on; };
    decode_watch.progress = [&go_on, &watch](uint32_t done, uint32_t total) {
      go_on = watch(done, total);
    };
    MDRL_ASSIGN_OR_RETURN(std::vector<Completion> completions,
                          decoder->Decode(rows, decode_watch));
    std::vector<std::vector<Completion>> groups;
    auto next = completions.begin();
    for (const Lease* lease : leases) {
      const auto end = next + lease->group_size;
      groups.emplace_back(std::make_move_iterator(next),
                          std::make_move_iterator(end));
      next = end;
    }
    return groups;
  }

 private:
  const Transformer model_;
};

// Repeats the learner's small forward (docs/protocol.md). A manifest without a
// canary has nothing to repeat.
absl::Status CheckCanary(const Transformer& model, const Canary& canary) {
  if (canary.tokens.empty() || canary.positions.empty()) {
    return absl::OkStatus();
  }
  const int64_t length = static_cast<int64_t>(canary.tokens.size());
  const LladaConfig& config = model.config();
  const auto outside = [](const std::vector<int32_t>& values, int64_t end) {
    return std::any_of(values.begin(), values.end(),
                       [end](int32_t v) { return v < 0 || v >= end; });
  };
  if (length > config.max_sequence || outside(canary.tokens, config.vocab) ||
      outside(canary.positions, length) ||
      canary.argmax.size() != canary.positions.size() ||
      canary.logp.size() != canary.positions.size()) {
    return absl::DataLossError("canary: it does not fit this model");
  }
  const c10::InferenceMode no_grad;
  const std::vector<int64_t> ids(canary.tokens.begin(), canary.tokens.end());
  const at::Tensor hidden_LD =
      model.Hidden(at::tensor(ids).unsqueeze(0), 0, length)[0];
  for (size_t i = 0; i < canary.positions.size(); ++i) {
    const int64_t at = canary.positions[i];
    const at::Tensor logp_V =
        at::log_softmax(Logits(model, hidden_LD.narrow(0, at, 1)), -1)[0];
    const int64_t best = at::argmax(logp_V).item<int64_t>();
    const float logp = logp_V[best].item<float>();
    if (best != canary.argmax[i] ||
        !(std::abs(logp - canary.logp[i]) <= canary.tolerance)) {
      return absl::DataLossError(
          absl::StrCat("canary: position ", at, " gives token ", best, " with ",
                       logp, ", the learner had token ", canary.argmax[i],
                       " with ", canary.logp[i]));
    }
  }
  return absl::OkStatus();
}

}  // namespace

struct TorchEngine::Base {
  Transformer model;
};

TorchEngine::TorchEngine(LladaConfig config, int threads_per_lane)
    : config_(std::move(config)), threads_per_lane_(threads_per_lane) {}

TorchEngine::~TorchEngine() = default;

absl::Status TorchEngine::ReadBase(const std::string& folder) {
  MDRL_ASSIGN_OR_RETURN(std::shared_ptr<const ModelFolder> opened,
                        ModelFolder::Open(folder));
  // Half: activations want room too.
  MDRL_ASSIGN_OR_RETURN(NamedTensors weights,
                        LoadFrozenWeights(opened, AvailableMemory() / 2));
  return RunTorch(
      [&] { base_.reset(new Base{Transformer(config_, std::move(weights))}); });
}

absl::StatusOr<std::shared_ptr<const LoadedPolicy>> TorchEngine::LoadAdapterOf(
    const Snapshot& snapshot) const {
  if (base_ == nullptr) {
    return absl::InvalidArgumentError(
        "the learner publishes adapters, and this worker's configuration has "
        "lora.enabled false");
  }
  const Manifest& manifest = snapshot.manifest;
  MDRL_ASSIGN_OR_RETURN(Adapter adapter,
                        UnpackAdapter(config_, manifest.adapter_config_json,
                                      manifest.tensors, snapshot.bytes));
  return RunTorch([&]() -> absl::StatusOr<std::shared_ptr<const LoadedPolicy>> {
    auto policy =
        std::make_shared<TorchPolicy>(base_->model.With(std::move(adapter)));
    MDRL_RETURN_IF_ERROR(CheckCanary(policy->model(), manifest.canary));
    return policy;
  });
}

absl::StatusOr<std::shared_ptr<const LoadedPolicy>> TorchEngine::Load(
    const Snapshot& snapshot) {
  if (snapshot.manifest.encoding == Encoding::kAdapter) {
    return LoadAdapterOf(snapshot);
  }
  MDRL_ASSIGN_OR_RETURN(
      NamedTensors weights,
      UnpackWeights(config_, snapshot.manifest.tensors, snapshot.bytes));
  return RunTorch([&]() -> absl::StatusOr<std::shared_ptr<const LoadedPolicy>> {
    auto policy =
        std::make_shared<TorchPolicy>(Transformer(config_, std::move(weights)));
    MDRL_RETURN_IF_ERROR(
        CheckCanary(policy->model(), snapshot.manifest.canary));
    return policy;
  });
}

void TorchEngine::PrepareThread() { at::set_num_threads(threads_per_lane_); }

}  // namespace mdrl
