// Writes a checkpoint of LLaDA-8B's shape with random bfloat16 weights:
//
//   make_llada8b FOLDER [LAYERS] [VOCABULARY]
//
// 291 tensors, 16,031,162,368 bytes in four shards, in about 150 MB of memory.
// Values are uniform in (-0.03, 0.03), about the published initialisation;
// norms are 1. Equal arguments give equal bytes. Fewer layers or rows make a
// smaller model of the same width.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "common/base/status_macros.h"
#include "common/format/file.h"
#include "common/format/hf_config.h"
#include "common/format/safetensors_writer.h"
#include "common/format/weight_files.h"

namespace mdrl {
namespace {

constexpr size_t kStretch = 32 << 20;  // bytes made at once

std::string ConfigJson(int layers, int vocabulary) {
  const nlohmann::json config = {{"activation_type", "silu"},
                                 {"architectures", {"LLaDAModelLM"}},
                                 {"block_type", "llama"},
                                 {"d_model", 4096},
                                 {"embedding_size", vocabulary},
                                 {"eos_token_id", vocabulary - 383},
                                 {"layer_norm_type", "rms"},
                                 {"mask_token_id", vocabulary - 128},
                                 {"max_sequence_length", 4096},
                                 {"mlp_hidden_size", 12288},
                                 {"model_type", "llada"},
                                 {"n_heads", 32},
                                 {"n_kv_heads", 32},
                                 {"n_layers", layers},
                                 {"pad_token_id", vocabulary - 383},
                                 {"rms_norm_eps", 1e-5},
                                 {"rope", true},
                                 {"rope_full_precision", true},
                                 {"rope_theta", 500000.0},
                                 {"torch_dtype", "bfloat16"},
                                 {"vocab_size", vocabulary},
                                 {"weight_tying", false}};
  return config.dump(2) + "\n";
}

// xorshift64*: no test looks at the values, and Philox would take minutes.
class Bits {
 public:
  explicit Bits(uint64_t seed) : state_(seed * 2 + 1) {}
  uint64_t Next() {
    state_ ^= state_ >> 12;
    state_ ^= state_ << 25;
    state_ ^= state_ >> 27;
    return state_ * 0x2545F4914F6CDD1Dull;
  }

 private:
  uint64_t state_;
};

uint16_t Bfloat16(float value) {
  uint32_t word;
  std::memcpy(&word, &value, sizeof(word));
  return static_cast<uint16_t>(word >> 16);
}

void Fill(std::vector<uint16_t>* values, bool norm, Bits* bits) {
  static const std::vector<uint16_t> table = [] {
    std::vector<uint16_t> out(1 << 16);
    for (size_t i = 0; i < out.size(); ++i) {
      out[i] = Bfloat16((static_cast<float>(i) / 32768.0f - 1.0f) * 0.03f);
    }
    return out;
  }();
  for (size_t i = 0; i < values->size(); i += 4) {
    uint64_t word = bits->Next();
    for (size_t j = i; j < std::min(i + 4, values->size()); ++j) {
      (*values)[j] = norm ? Bfloat16(1.0f) : table[word & 0xFFFF];
      word >>= 16;
    }
  }
}

absl::Status WriteShard(const std::filesystem::path& file,
                        const std::vector<TensorDescription>& tensors,
                        Bits* bits) {
  MDRL_ASSIGN_OR_RETURN(
      const std::unique_ptr<SafetensorsWriter> writer,
      SafetensorsWriter::Create(file, tensors, {{"format", "pt"}}));
  for (const TensorDescription& tensor : writer->order()) {
    const bool norm = tensor.shape.size() == 1;
    MDRL_ASSIGN_OR_RETURN(uint64_t missing, BytesOf(tensor));
    while (missing > 0) {
      std::vector<uint16_t> values(std::min<uint64_t>(missing, kStretch) / 2);
      Fill(&values, norm, bits);
      MDRL_RETURN_IF_ERROR(writer->Append(
          {reinterpret_cast<const char*>(values.data()), values.size() * 2}));
      missing -= values.size() * 2;
    }
  }
  return writer->Finish();
}

absl::Status Make(const std::filesystem::path& folder, int layers,
                  int vocabulary) {
  std::filesystem::create_directories(folder);
  const std::string text = ConfigJson(layers, vocabulary);
  MDRL_ASSIGN_OR_RETURN(const LladaConfig config,
                        ParseLladaConfig(text, "config.json"));
  MDRL_RETURN_IF_ERROR(WriteFileAtomically(folder / kConfigFile, text));
  std::vector<TensorDescription> tensors;
  for (const TensorSpec& spec : LladaTensors(config)) {
    tensors.push_back({spec.name, "BF16", spec.shape});
  }
  MDRL_ASSIGN_OR_RETURN(const std::vector<Shard> shards, PlanShards(tensors));
  Bits bits(8);
  for (const Shard& shard : shards) {
    std::vector<TensorDescription> here;
    for (const size_t i : shard.tensors) here.push_back(tensors[i]);
    MDRL_RETURN_IF_ERROR(WriteShard(folder / shard.file, here, &bits));
    std::printf("%s\n", shard.file.c_str());
  }
  if (shards.size() == 1) return absl::OkStatus();
  return WriteFileAtomically(folder / kWeightIndexFile,
                             WeightIndexJson(tensors, shards));
}

int Main(int argc, char** argv) {
  int layers = 32;
  int vocabulary = 126464;
  if (argc < 2 || argc > 4 ||
      (argc > 2 && !absl::SimpleAtoi(argv[2], &layers)) ||
      (argc > 3 &&
       (!absl::SimpleAtoi(argv[3], &vocabulary) || vocabulary < 384))) {
    std::fprintf(stderr, "usage: make_llada8b FOLDER [LAYERS] [VOCABULARY]\n");
    return 2;
  }
  const absl::Status status = Make(argv[1], layers, vocabulary);
  if (!status.ok()) {
    std::fprintf(stderr, "%s\n", std::string(status.message()).c_str());
  }
  return status.ok() ? 0 : 1;
}

}  // namespace
}  // namespace mdrl

int main(int argc, char** argv) { return mdrl::Main(argc, argv); }
