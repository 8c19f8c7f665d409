#include "common/format/lora_targets.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace mdrl {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Names = std::vector<std::string>;

LladaConfig Tiny() {
  LladaConfig config;
  config.d_model = 8;
  config.n_layers = 2;
  config.n_heads = 2;
  config.n_kv_heads = 1;
  config.mlp_hidden = 12;
  config.vocab = 20;
  return config;
}

Names Modules(const absl::StatusOr<std::vector<LinearMap>>& linears) {
  EXPECT_TRUE(linears.ok()) << linears.status();
  Names out;
  if (!linears.ok()) return out;
  for (const LinearMap& linear : *linears) out.push_back(linear.module);
  return out;
}

std::string ErrorOf(const Names& targets, const TargetRules& rules = {}) {
  const auto out = ResolveTargets(Tiny(), targets, rules);
  return out.ok() ? "" : std::string(out.status().message());
}

TEST(LladaLinearsTest, SevenInEachBlockThenTheHeadWithTheirShapes) {
  const std::vector<LinearMap> linears = LladaLinears(Tiny());
  ASSERT_EQ(linears.size(), 15u);
  EXPECT_EQ(linears[1], (LinearMap{"model.transformer.blocks.0.k_proj",
                                   "k_proj", 0, 8, 4}));
  EXPECT_EQ(linears[13], (LinearMap{"model.transformer.blocks.1.ff_out",
                                    "ff_out", 1, 12, 8}));
  EXPECT_EQ(linears[14], (LinearMap{"model.transformer.ff_out", "ff_out",
                                    kHeadLayer, 8, 20}));
}

TEST(LladaLinearsTest, EachIsATensorOfTheArchitecture) {
  const std::vector<TensorSpec> tensors = LladaTensors(Tiny());
  for (const LinearMap& linear : LladaLinears(Tiny())) {
    const TensorSpec spec{
        linear.module + ".weight",
        {static_cast<uint64_t>(linear.out), static_cast<uint64_t>(linear.in)}};
    EXPECT_THAT(tensors, ::testing::Contains(spec));
  }
}

TEST(ResolveTargetsTest, BlockIsTheSevenOfEachBlockWithoutTheHead) {
  const Names block = Modules(ResolveTargets(Tiny(), Names{"block"}));
  EXPECT_EQ(block.size(), 14u);
  EXPECT_EQ(block.back(), "model.transformer.blocks.1.ff_out");
  EXPECT_EQ(Modules(ResolveTargets(Tiny(), Names{"all-linear"})), block);
}

TEST(ResolveTargetsTest, PublishedIsWhatThePublishedListReaches) {
  const Names published = Modules(ResolveTargets(Tiny(), Names{"published"}));
  const Names list = {"q_proj",    "k_proj",  "v_proj",   "o_proj",
                      "down_proj", "up_proj", "gate_proj"};
  EXPECT_EQ(published,
            Modules(ResolveTargets(Tiny(), list, {.ignore_unmatched = true})));
  EXPECT_EQ(published.size(), 8u);
}

TEST(ResolveTargetsTest, NamesMatchBySuffixInForwardOrder) {
  EXPECT_THAT(Modules(ResolveTargets(Tiny(), Names{"ff_out", "0.q_proj"})),
              ElementsAre("model.transformer.blocks.0.q_proj",
                          "model.transformer.blocks.0.ff_out",
                          "model.transformer.blocks.1.ff_out"));
  // A suffix starts at a dot.
  EXPECT_NE(ErrorOf({"proj"}), "");
}

TEST(ResolveTargetsTest, TheHeadIsMatchedOnPurposeOnly) {
  const Names by_full_name =
      Modules(ResolveTargets(Tiny(), Names{"model.transformer.ff_out"}));
  EXPECT_THAT(by_full_name, ElementsAre("model.transformer.ff_out"));
  EXPECT_NE(ErrorOf({"transformer.ff_out"}), "");
  const Names by_suffix = Modules(
      ResolveTargets(Tiny(), Names{"ff_out"}, {.head_by_suffix = true}));
  EXPECT_EQ(by_suffix.back(), "model.transformer.ff_out");
}

TEST(ResolveTargetsTest, ARegularExpressionDescribesWholeNames) {
  EXPECT_THAT(
      Modules(ResolveTargets(Tiny(), Names{R"(.*blocks\.1\.[qv]_proj)"})),
      ElementsAre("model.transformer.blocks.1.q_proj",
                  "model.transformer.blocks.1.v_proj"));
  EXPECT_THAT(ErrorOf({R"([qv]_proj)"}), HasSubstr("matches no module's"));
  EXPECT_THAT(ErrorOf({"(q"}), HasSubstr("regular expression (q"));
}

TEST(ResolveTargetsTest, NamesThatMatchNothingAreListedWithThoseThatExist) {
  const std::string error = ErrorOf({"q_proj", "o_proj", "gate_proj"});
  EXPECT_THAT(error, HasSubstr("\"o_proj\", \"gate_proj\""));
  EXPECT_THAT(error, HasSubstr("attn_out, ff_proj"));
  EXPECT_EQ(ErrorOf({"q_proj", "o_proj"}, {.ignore_unmatched = true}), "");
  EXPECT_THAT(ErrorOf({"o_proj"}, {.ignore_unmatched = true}),
              HasSubstr("\"o_proj\""));
  EXPECT_THAT(ErrorOf({}), HasSubstr("none was given"));
}

}  // namespace
}  // namespace mdrl
