#include "common/format/hf_config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>

namespace mdrl {
namespace {

using ::testing::HasSubstr;

nlohmann::json Tiny() {
  return {{"model_type", "llada"},  {"d_model", 64},
          {"n_layers", 3},          {"n_heads", 4},
          {"mlp_hidden_size", 160}, {"vocab_size", 640},
          {"mask_token_id", 500},   {"eos_token_id", 481},
          {"rope_theta", 5e5},      {"max_sequence_length", 512}};
}

std::string ErrorOf(const nlohmann::json& config) {
  const auto parsed = ParseLladaConfig(config.dump(), "m/config.json");
  return parsed.ok() ? "" : std::string(parsed.status().message());
}

TEST(HfConfigTest, AbsentKeysTakeTheirPublishedMeaning) {
  const auto config = ParseLladaConfig(Tiny().dump(), "c");
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_EQ(config->n_kv_heads, 4);
  EXPECT_EQ(config->vocab, 640);
  EXPECT_EQ(config->pad_id, 481);
  EXPECT_EQ(config->head_dim(), 16);
  nlohmann::json ratio = Tiny();
  ratio["mlp_hidden_size"] = nullptr;
  ratio["mlp_ratio"] = 4;
  EXPECT_EQ(ParseLladaConfig(ratio.dump(), "c")->mlp_hidden, 256);
}

TEST(HfConfigTest, ATiedHeadHasNoTensorOfItsOwn) {
  nlohmann::json tied = Tiny();
  const auto apart = ParseLladaConfig(tied.dump(), "c");
  tied["weight_tying"] = true;
  const auto config = ParseLladaConfig(tied.dump(), "c");
  ASSERT_TRUE(config.ok()) << config.status();
  EXPECT_TRUE(config->weight_tying);
  EXPECT_EQ(LladaTensors(*config).size() + 1, LladaTensors(*apart).size());
}

TEST(HfConfigTest, UnsupportedValuesAreRefusedByFileAndKey) {
  const std::pair<const char*, nlohmann::json> cases[] = {
      {"weight_tying", "yes"},
      {"include_bias", true},
      {"include_qkv_bias", true},
      {"alibi", true},
      {"activation_type", "gelu"},
      {"block_type", "sequential"},
      {"layer_norm_type", "low_precision"},
      {"rope", false},
      {"scale_logits", true},
      {"model_type", "llama"},
      {"block_group_size", 2},
      {"attention_layer_norm", true}};
  for (const auto& [key, value] : cases) {
    nlohmann::json config = Tiny();
    config[key] = value;
    EXPECT_THAT(ErrorOf(config), HasSubstr("m/config.json: "));
    EXPECT_THAT(ErrorOf(config), HasSubstr(key));
    EXPECT_THAT(ErrorOf(config), HasSubstr(value.dump()));
  }
}

TEST(HfConfigTest, SizesThatCannotBeAreRefused) {
  const std::pair<const char*, nlohmann::json> cases[] = {
      {"d_model", 0},          {"d_model", 66},        {"d_model", 1e300},
      {"n_heads", -4},         {"n_layers", "3"},      {"n_kv_heads", 3},
      {"vocab_size", 1e15},    {"mask_token_id", 640}, {"eos_token_id", -1},
      {"embedding_size", 600}, {"rope_theta", 0},      {"rms_norm_eps", "x"},
      {"d_model", 12}};
  for (const auto& [key, value] : cases) {
    nlohmann::json config = Tiny();
    config[key] = value;
    EXPECT_THAT(ErrorOf(config), HasSubstr(key)) << value;
  }
  nlohmann::json lacking = Tiny();
  lacking.erase("mask_token_id");
  EXPECT_THAT(ErrorOf(lacking), HasSubstr("mask_token_id is missing"));
  EXPECT_FALSE(ParseLladaConfig("[1", "c").ok());
  EXPECT_FALSE(ParseLladaConfig("[]", "c").ok());
}

TEST(HfConfigTest, UnknownKeysArePreservedAndHashIgnoresWhiteSpace) {
  nlohmann::json with = Tiny();
  with["auto_map"] = {{"AutoModel", "x"}};
  const auto dense = ParseLladaConfig(with.dump(), "c");
  const auto spaced = ParseLladaConfig(with.dump(3), "c");
  EXPECT_EQ(spaced->source_text, with.dump(3));
  EXPECT_EQ(CanonicalConfigJson(*spaced), with.dump());
  EXPECT_EQ(FullBaseModelHash(*dense, {}), FullBaseModelHash(*spaced, {}));
  EXPECT_NE(FullBaseModelHash(*dense, {}),
            FullBaseModelHash(*ParseLladaConfig(Tiny().dump(), "c"), {}));
}

TEST(HfConfigTest, TheEightBillionModelHas291Tensors) {
  nlohmann::json config = Tiny();
  config["d_model"] = 4096;
  config["n_layers"] = config["n_heads"] = 32;
  config["mlp_hidden_size"] = 12288;
  config["vocab_size"] = config["embedding_size"] = 126464;
  const auto parsed = ParseLladaConfig(config.dump(), "c");
  ASSERT_TRUE(parsed.ok());
  uint64_t parameters = 0;
  const auto tensors = LladaTensors(*parsed);
  for (const TensorSpec& tensor : tensors) {
    uint64_t size = 1;
    for (const uint64_t dimension : tensor.shape) size *= dimension;
    parameters += size;
  }
  EXPECT_EQ(tensors.size(), 291u);
  EXPECT_EQ(parameters, 8015581184u);  // of LLaDA-8B
}

}  // namespace
}  // namespace mdrl
