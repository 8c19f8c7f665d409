// The model that a run starts from: configuration, tokenizer, weights, and the
// files that every checkpoint copies.
#ifndef MDRL_SERVICES_LEARNER_MODEL_SOURCE_H_
#define MDRL_SERVICES_LEARNER_MODEL_SOURCE_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/base/id.h"
#include "common/model/adapter_source.h"
#include "common/model/model_config.h"
#include "common/tensor/named_tensors.h"
#include "common/text/chat_template.h"
#include "common/text/tokenizer.h"
#include "services/learner/options.h"
#include "services/learner/training_files.h"

namespace mdrl {

struct ModelSource {
  ModelConfig config;
  std::shared_ptr<const Tokenizer> tokenizer;
  ChatTemplate chat;
  Digest tokenizer_hash;
  Digest base_model_hash;
  // A LoRA run reads them only: in the mapped files where they can stay.
  NamedTensors weights;
  // What a LoRA run trains, fresh from the seed.
  std::optional<LoadedAdapter> lora;
  // Of a full run config.json, tokenizer.json, ...; of a LoRA run
  // adapter_config.json and a README.md that names the base.
  std::vector<TrainingFile> files;
};

// Reads `folder`; with `random_init` its configuration and tokenizer suffice
// and the weights are drawn from `seed`. With `lora` the weights are a base
// that stays as it is. Errors name the file, tensor or key.
// REQUIRES: not both random_init and lora.
absl::StatusOr<ModelSource> ReadModelSource(
    const std::string& folder, bool random_init, uint64_t seed,
    const std::optional<LoraRunSettings>& lora = std::nullopt);

}  // namespace mdrl

#endif  // MDRL_SERVICES_LEARNER_MODEL_SOURCE_H_
