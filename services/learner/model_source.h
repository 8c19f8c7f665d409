// The model that a run starts from: configuration, tokenizer, weights, and the
// files that every checkpoint copies.
#ifndef MDRL_SERVICES_LEARNER_MODEL_SOURCE_H_
#define MDRL_SERVICES_LEARNER_MODEL_SOURCE_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/base/id.h"
#include "common/model/model_config.h"
#include "common/tensor/named_tensors.h"
#include "common/text/chat_template.h"
#include "common/text/tokenizer.h"
#include "services/learner/training_files.h"

namespace mdrl {

struct ModelSource {
  ModelConfig config;
  std::shared_ptr<const Tokenizer> tokenizer;
  ChatTemplate chat;
  Digest tokenizer_hash;
  Digest base_model_hash;
  NamedTensors weights;
  std::vector<TrainingFile> files;  // config.json, tokenizer.json, ...
};

// Reads `folder`; with `random_init` its configuration and tokenizer suffice
// and the weights are drawn from `seed`. Errors name the file or tensor.
absl::StatusOr<ModelSource> ReadModelSource(const std::string& folder,
                                            bool random_init, uint64_t seed);

}  // namespace mdrl

#endif  // MDRL_SERVICES_LEARNER_MODEL_SOURCE_H_
