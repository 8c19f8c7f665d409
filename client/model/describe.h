// `mdrlctl model inspect`: what a model folder holds and how much memory it
// needs, from its configuration and the headers of its weights alone.
#ifndef MDRL_CLIENT_MODEL_DESCRIBE_H_
#define MDRL_CLIENT_MODEL_DESCRIBE_H_

#include <cstdint>
#include <filesystem>
#include <map>
#include <string>

#include "absl/status/statusor.h"
#include "common/format/hf_config.h"
#include "common/format/memory_estimate.h"

namespace mdrl {

struct ModelDescription {
  LladaConfig config;
  std::string architecture;  // the class that the folder names
  uint64_t parameters = 0;
  uint64_t tensors = 0;
  uint64_t files = 0;         // of weights; 0: only described, not there
  uint64_t weight_bytes = 0;  // as stored
  std::map<std::string, uint64_t> tensors_by_dtype;
  int32_t tokens = 0;  // one more than the largest id; 0: no tokenizer
  bool has_template = false;
};

// Any error of the folder's parts: configuration, weights, tokenizer, template;
// InvalidArgument if the tokenizer has ids that the embedding lacks.
absl::StatusOr<ModelDescription> DescribeModel(
    const std::filesystem::path& folder);

// For people, with estimates for `shape` and adapters of `lora_rank`.
std::string DescriptionText(const ModelDescription& model,
                            const WorkShape& shape, int64_t lora_rank);
// The same as one line of JSON.
std::string DescriptionJson(const ModelDescription& model,
                            const WorkShape& shape, int64_t lora_rank);

}  // namespace mdrl

#endif  // MDRL_CLIENT_MODEL_DESCRIBE_H_
