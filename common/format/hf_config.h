// config.json of a LLaDA checkpoint and the tensors that it
// implies. What this build cannot compute is refused by name.
//
// Plain values; safe from any thread.
#ifndef MDRL_COMMON_FORMAT_HF_CONFIG_H_
#define MDRL_COMMON_FORMAT_HF_CONFIG_H_

#include <cstdint>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "common/base/id.h"

namespace mdrl {

// Dropouts are not read: every forward here runs without them.
struct LladaConfig {
  int64_t d_model = 0;
  int64_t n_layers = 0;
  int64_t n_heads = 0;
  int64_t n_kv_heads = 0;  // divides n_heads
  int64_t mlp_hidden = 0;
  int64_t vocab = 0;          // rows of the embedding and of the head
  bool weight_tying = false;  // the embedding is the head too
  int64_t max_sequence = 0;
  double rope_theta = 10000.0;
  double rms_norm_eps = 1e-5;
  int32_t mask_id = 0;
  int32_t eos_id = 0;
  int32_t pad_id = 0;  // eos_id where the file has none
  std::string
      torch_dtype;  // "float32", "bfloat16"; empty where the file has none

  // The file as it was read, unknown keys and all: what a checkpoint copies.
  std::string source_text;

  int64_t head_dim() const { return d_model / n_heads; }
};

// InvalidArgument names the key and what would be right. `where` (a file
// name) is put in front of every message.
absl::StatusOr<LladaConfig> ParseLladaConfig(std::string_view json,
                                             std::string_view where);
absl::StatusOr<LladaConfig> ReadLladaConfig(const std::filesystem::path& file);

// config.json as canonical JSON: keys sorted, no white space. What hashes are
// over.
std::string CanonicalConfigJson(const LladaConfig& config);

// base_model_hash of a full run: SHA-256 over the canonical config (framed)
// and the tokenizer's hash.
Digest FullBaseModelHash(const LladaConfig& config,
                         const Digest& tokenizer_hash);

struct TensorSpec {
  std::string name;
  std::vector<uint64_t> shape;  // linear weights: [out, in]
  friend bool operator==(const TensorSpec&, const TensorSpec&) = default;
};

// The 9 n_layers + 3 tensors of the architecture, in forward order; without the
// head where it is tied.
std::vector<TensorSpec> LladaTensors(const LladaConfig& config);

}  // namespace mdrl

#endif  // MDRL_COMMON_FORMAT_HF_CONFIG_H_
