#include "common/text/tokenizer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <random>

namespace mdrl {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

json Example() {
  return {{"version", "1.0"},
          {"added_tokens",
           {{{"id", 0}, {"content", "<mask>"}, {"special", true}},
            {{"id", 1}, {"content", "<bos>"}, {"special", true}},
            {{"id", 2}, {"content", "<b"}, {"special", false}}}},
          {"normalizer", nullptr},
          {"pre_tokenizer", nullptr},
          {"decoder", {{"type", "Fuse"}}},
          {"model",
           {{"type", "BPE"},
            {"vocab", {{"<bos>", 1}, {"0", 4}, {"1", 5}, {"é", 9}, {"<", 6}}},
            {"merges", json::array()}}}};
}

std::unique_ptr<Tokenizer> Make() {
  auto tokenizer = Tokenizer::Parse(Example().dump(), "t.json");
  EXPECT_TRUE(tokenizer.ok()) << tokenizer.status();
  return *std::move(tokenizer);
}

std::string ErrorOf(const json& file) {
  const auto tokenizer = Tokenizer::Parse(file.dump(), "t.json");
  return tokenizer.ok() ? "" : std::string(tokenizer.status().message());
}

TEST(TokenizerTest, AddedTokensAreCutFirstAndLongest) {
  const auto tokenizer = Make();
  EXPECT_THAT(*tokenizer->Encode("<bos>01<b<mask>é<"),
              ElementsAre(1, 4, 5, 2, 0, 9, 6));
  EXPECT_THAT(*tokenizer->Encode(""), ElementsAre());
  EXPECT_EQ(tokenizer->size(), 10);
  EXPECT_EQ(tokenizer->IdOf("<bos>"), 1);
  EXPECT_EQ(tokenizer->IdOf("0"), 4);
  EXPECT_EQ(tokenizer->IdOf("<eos>"), std::nullopt);
}

TEST(TokenizerTest, DecodeSkipsSpecialTokensAndIdsWithoutOne) {
  const auto tokenizer = Make();
  const std::vector<int32_t> ids = {1, 4, 2, 9, 7, -3, 1 << 30, 0};
  EXPECT_EQ(tokenizer->Decode(ids, false), "<bos>0<bé<mask>");
  EXPECT_EQ(tokenizer->Decode(ids, true), "0<bé");
}

TEST(TokenizerTest, UnknownCharacterIsNamedWithItsPlace) {
  const auto tokenizer = Make();
  const auto status = tokenizer->Encode("<bos>0x").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()), HasSubstr("\"x\" (token 3)"));
  EXPECT_THAT(std::string(tokenizer->Encode("0\xFF").status().message()),
              HasSubstr("byte 1"));
}

TEST(TokenizerTest, UnsupportedPartsAreNamed) {
  const std::pair<json::json_pointer, json> cases[] = {
      {"/normalizer"_json_pointer, {{"type", "NFC"}}},
      {"/pre_tokenizer"_json_pointer, {{"type", "ByteLevel"}}},
      {"/post_processor"_json_pointer, {{"type", "TemplateProcessing"}}},
      {"/decoder"_json_pointer, {{"type", "ByteLevel"}}},
      {"/model/type"_json_pointer, "Unigram"},
      {"/model/merges"_json_pointer, {"0 1"}},
      {"/model/byte_fallback"_json_pointer, true},
      {"/model/unk_token"_json_pointer, "<unk>"},
      {"/added_tokens/0/lstrip"_json_pointer, true},
      {"/model/vocab/01"_json_pointer, 20},
      {"/model/vocab/a"_json_pointer, 4},
      {"/model/vocab/a"_json_pointer, -1},
      {"/added_tokens/0/id"_json_pointer, 1},
      {"/model/vocab"_json_pointer, 3}};
  for (const auto& [where, value] : cases) {
    json file = Example();
    file[where] = value;
    EXPECT_THAT(ErrorOf(file), HasSubstr("t.json: ")) << where;
  }
  json bytes = Example();
  bytes["pre_tokenizer"] = {{"type", "ByteLevel"}};
  EXPECT_THAT(ErrorOf(bytes), HasSubstr("pre_tokenizer ByteLevel"));
}

TEST(TokenizerTest, HashTellsTheFilesTextFromTheTemplates) {
  EXPECT_NE(TokenizerHash("ab", ""), TokenizerHash("a", "b"));
}

TEST(TokenizerTest, MutatedFilesNeverCrash) {
  const std::string good = Example().dump();
  std::mt19937 random(3);
  for (int round = 0; round < 3000; ++round) {
    std::string text = good;
    for (int edits = 1 + random() % 3; edits > 0; --edits) {
      text[random() % text.size()] = good[random() % good.size()];
    }
    const auto tokenizer = Tokenizer::Parse(text, "t");
    if (tokenizer.ok()) (*tokenizer)->Encode("<bos>01").status().IgnoreError();
  }
}

}  // namespace
}  // namespace mdrl
