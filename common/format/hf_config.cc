#include "common/format/hf_config.h"

#include <nlohmann/json.hpp>
#include <optional>

#include "absl/strings/str_cat.h"
#include "common/base/hash.h"
#include "common/base/status_macros.h"
#include "common/format/file.h"

namespace mdrl {
namespace {

using nlohmann::json;

// Above any real model, and low enough that products of two stay in 64 bits.
constexpr int64_t kMaxSize = int64_t{1} << 31;

std::string Spell(const json& value) {
  std::string text = value.dump(-1, ' ', true, json::error_handler_t::replace);
  if (text.size() > 40) text = text.substr(0, 37) + "...";
  return text;
}

// Reads typed values out of one object; remembers the first thing wrong.
class Fields {
 public:
  explicit Fields(const json& object) : object_(object) {}
  const absl::Status& status() const { return status_; }

  // Null counts as absent, as in the files themselves.
  const json* Get(const char* key) const {
    const auto found = object_.find(key);
    return found == object_.end() || found->is_null() ? nullptr : &*found;
  }

  int64_t Size(const char* key, std::optional<int64_t> otherwise) {
    const int64_t value = Integer(key, otherwise);
    if (status_.ok() && value < 1) Fail(key, "be at least 1");
    return value;
  }

  int64_t Integer(const char* key, std::optional<int64_t> otherwise) {
    const json* value = Get(key);
    if (value == nullptr) {
      if (!otherwise) Fail(key, "be there");
      return otherwise.value_or(0);
    }
    if (!value->is_number_unsigned() ||
        value->get<uint64_t>() > static_cast<uint64_t>(kMaxSize)) {
      Fail(key, absl::StrCat("be an integer from 0 to ", kMaxSize));
      return otherwise.value_or(0);
    }
    return static_cast<int64_t>(value->get<uint64_t>());
  }

  double Positive(const char* key, double otherwise) {
    const json* value = Get(key);
    if (value == nullptr) return otherwise;
    if (!value->is_number() || !(value->get<double>() > 0.0)) {
      Fail(key, "be a number above 0");
      return otherwise;
    }
    return value->get<double>();
  }

  // The only value of `key` that this build computes; absent is fine.
  void Only(const char* key, const json& supported) {
    const json* value = Get(key);
    if (value == nullptr || *value == supported) return;
    Fail(key,
         absl::StrCat("be ", Spell(supported), ": nothing else is supported"));
  }

  void Fail(const char* key, const std::string& rule) {
    if (!status_.ok()) return;
    const auto found = object_.find(key);
    status_ = absl::InvalidArgumentError(absl::StrCat(
        key,
        found == object_.end() ? std::string(" is missing; it")
                               : absl::StrCat(" is ", Spell(*found), "; it"),
        " must ", rule));
  }

 private:
  const json& object_;
  absl::Status status_;
};

void CheckSupported(Fields& fields) {
  fields.Only("model_type", "llada");
  fields.Only("block_type", "llama");
  fields.Only("activation_type", "silu");
  fields.Only("layer_norm_type", "rms");
  fields.Only("layer_norm_with_affine", true);
  fields.Only("block_group_size", 1);
  fields.Only("rope", true);
  fields.Only("rope_full_precision", true);
  for (const char* key :
       {"include_bias", "include_qkv_bias", "bias_for_layer_norm", "alibi",
        "attention_layer_norm", "input_emb_norm", "scale_logits"}) {
    fields.Only(key, false);
  }
}

int32_t TokenId(Fields& fields, const char* key, int64_t vocab,
                std::optional<int64_t> otherwise) {
  const int64_t id = fields.Integer(key, otherwise);
  if (fields.status().ok() && id >= vocab) {
    fields.Fail(key, absl::StrCat("be below the vocabulary's size ", vocab));
  }
  return static_cast<int32_t>(id);
}

absl::StatusOr<LladaConfig> FromObject(const json& object) {
  Fields fields(object);
  CheckSupported(fields);
  LladaConfig out;
  out.d_model = fields.Size("d_model", std::nullopt);
  out.n_layers = fields.Size("n_layers", std::nullopt);
  out.n_heads = fields.Size("n_heads", std::nullopt);
  const json* one_kv_head = fields.Get("multi_query_attention");
  out.n_kv_heads = fields.Size(
      "n_kv_heads",
      one_kv_head != nullptr && *one_kv_head == true ? 1 : out.n_heads);
  // Only where the size itself is absent does the ratio count.
  std::optional<int64_t> from_ratio;
  if (fields.Get("mlp_hidden_size") == nullptr &&
      fields.Get("mlp_ratio") != nullptr) {
    from_ratio = fields.Size("mlp_ratio", std::nullopt) * out.d_model;
  }
  out.mlp_hidden = fields.Size("mlp_hidden_size", from_ratio);
  const int64_t vocab_size = fields.Size("vocab_size", std::nullopt);
  out.vocab = fields.Size("embedding_size", vocab_size);
  if (const json* tying = fields.Get("weight_tying"); tying != nullptr) {
    if (!tying->is_boolean()) {
      fields.Fail("weight_tying", "be true or false");
    } else {
      out.weight_tying = tying->get<bool>();
    }
  }
  out.max_sequence = fields.Size("max_sequence_length", std::nullopt);
  out.rope_theta = fields.Positive("rope_theta", 10000.0);
  out.rms_norm_eps = fields.Positive("rms_norm_eps", 1e-5);
  out.mask_id = TokenId(fields, "mask_token_id", out.vocab, std::nullopt);
  out.eos_id = TokenId(fields, "eos_token_id", out.vocab, std::nullopt);
  out.pad_id = TokenId(fields, "pad_token_id", out.vocab, out.eos_id);
  if (const json* dtype = fields.Get("torch_dtype")) {
    if (dtype->is_string()) {
      out.torch_dtype = dtype->get<std::string>();
    } else {
      fields.Fail("torch_dtype", "be a string");
    }
  }
  MDRL_RETURN_IF_ERROR(fields.status());

  if (out.vocab < vocab_size) {
    fields.Fail("embedding_size", "be at least vocab_size");
  } else if (out.d_model % out.n_heads != 0) {
    fields.Fail("d_model",
                absl::StrCat("be a multiple of n_heads ", out.n_heads));
  } else if (out.head_dim() % 2 != 0) {
    fields.Fail("d_model", "give heads of even size, which rope halves");
  } else if (out.n_heads % out.n_kv_heads != 0) {
    fields.Fail("n_kv_heads", absl::StrCat("divide n_heads ", out.n_heads));
  }
  MDRL_RETURN_IF_ERROR(fields.status());
  return out;
}

}  // namespace

absl::StatusOr<LladaConfig> ParseLladaConfig(std::string_view text,
                                             std::string_view where) {
  const json object = json::parse(text, nullptr, /*allow_exceptions=*/false);
  if (!object.is_object()) {
    return absl::InvalidArgumentError(
        absl::StrCat(std::string(where), ": not a JSON object"));
  }
  absl::StatusOr<LladaConfig> config = FromObject(object);
  if (!config.ok()) return WithContext(config.status(), where);
  config->source_text = std::string(text);
  return config;
}

absl::StatusOr<LladaConfig> ReadLladaConfig(const std::filesystem::path& file) {
  MDRL_ASSIGN_OR_RETURN(const std::string text, ReadFile(file, 16u << 20));
  return ParseLladaConfig(text, file.string());
}

std::string CanonicalConfigJson(const LladaConfig& config) {
  return json::parse(config.source_text, nullptr, false)
      .dump(-1, ' ', false, json::error_handler_t::replace);
}

Digest FullBaseModelHash(const LladaConfig& config,
                         const Digest& tokenizer_hash) {
  return Sha256()
      .String(CanonicalConfigJson(config))
      .Bytes(tokenizer_hash)
      .Finish();
}

std::vector<TensorSpec> LladaTensors(const LladaConfig& config) {
  const uint64_t d = config.d_model;
  const uint64_t kv = config.n_kv_heads * config.head_dim();
  const uint64_t mlp = config.mlp_hidden;
  const uint64_t vocab = config.vocab;
  std::vector<TensorSpec> out;
  out.push_back({"model.transformer.wte.weight", {vocab, d}});
  for (int64_t layer = 0; layer < config.n_layers; ++layer) {
    const std::string block = absl::StrCat("model.transformer.blocks.", layer);
    out.push_back({block + ".attn_norm.weight", {d}});
    out.push_back({block + ".q_proj.weight", {d, d}});
    out.push_back({block + ".k_proj.weight", {kv, d}});
    out.push_back({block + ".v_proj.weight", {kv, d}});
    out.push_back({block + ".attn_out.weight", {d, d}});
    out.push_back({block + ".ff_norm.weight", {d}});
    out.push_back({block + ".ff_proj.weight", {mlp, d}});  // the gate
    out.push_back({block + ".up_proj.weight", {mlp, d}});
    out.push_back({block + ".ff_out.weight", {d, mlp}});
  }
  out.push_back({"model.transformer.ln_f.weight", {d}});
  if (!config.weight_tying) {
    out.push_back({"model.transformer.ff_out.weight", {vocab, d}});  // head
  }
  return out;
}

}  // namespace mdrl
