// The expectations for byte level are what tokenizers 0.21 gives for the same
// files.
#include "common/text/tokenizer.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <random>

#include "common/text/byte_alphabet.h"

namespace mdrl {
namespace {

using nlohmann::json;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

json Characters() {
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

json ByteLevel(bool prefix_space, bool words) {
  return {{"type", "ByteLevel"},
          {"add_prefix_space", prefix_space},
          {"trim_offsets", true},
          {"use_regex", words}};
}

// Bytes are their own ids; 256 is " a", 257 the added token "<s>".
json Bytes(const json& pre_tokenizer) {
  json vocab = {{"Ġa", 256}};
  for (int b = 0; b < 256; ++b) {
    vocab[SpellBytes(std::string(1, static_cast<char>(b)))] = b;
  }
  return {
      {"added_tokens", {{{"id", 257}, {"content", "<s>"}, {"special", true}}}},
      {"pre_tokenizer", pre_tokenizer},
      {"decoder", {{"type", "ByteLevel"}}},
      {"model", {{"type", "BPE"}, {"vocab", vocab}, {"merges", {"Ġ a"}}}}};
}

json Sequence(const json& split) {
  return {{"type", "Sequence"},
          {"pretokenizers", {split, ByteLevel(false, false)}}};
}

std::unique_ptr<Tokenizer> Make(const json& file) {
  auto tokenizer = Tokenizer::Parse(file.dump(), "t.json");
  EXPECT_TRUE(tokenizer.ok()) << tokenizer.status();
  return *std::move(tokenizer);
}

std::vector<int32_t> Encode(const json& file, const std::string& text) {
  const auto ids = Make(file)->Encode(text);
  EXPECT_TRUE(ids.ok()) << ids.status();
  return *ids;
}

std::string ErrorOf(const json& file) {
  const auto tokenizer = Tokenizer::Parse(file.dump(), "t.json");
  return tokenizer.ok() ? "" : std::string(tokenizer.status().message());
}

TEST(TokenizerTest, AddedTokensAreCutFirstAndLongest) {
  const auto tokenizer = Make(Characters());
  EXPECT_THAT(*tokenizer->Encode("<bos>01<b<mask>é<"),
              ElementsAre(1, 4, 5, 2, 0, 9, 6));
  EXPECT_THAT(*tokenizer->Encode(""), ElementsAre());
  EXPECT_EQ(tokenizer->size(), 10);
  EXPECT_EQ(tokenizer->IdOf("<bos>"), 1);
  EXPECT_EQ(tokenizer->IdOf("0"), 4);
  EXPECT_EQ(tokenizer->IdOf("<eos>"), std::nullopt);
}

TEST(TokenizerTest, DecodeSkipsSpecialTokensAndIdsWithoutOne) {
  const auto tokenizer = Make(Characters());
  const std::vector<int32_t> ids = {1, 4, 2, 9, 7, -3, 1 << 30, 0};
  EXPECT_EQ(tokenizer->Decode(ids, false), "<bos>0<bé<mask>");
  EXPECT_EQ(tokenizer->Decode(ids, true), "0<bé");
}

TEST(TokenizerTest, UnknownCharacterIsNamedWithItsPlace) {
  const auto tokenizer = Make(Characters());
  const auto status = tokenizer->Encode("<bos>0x").status();
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(status.message()),
              HasSubstr("\"x\" (byte 6 of the text)"));
  EXPECT_THAT(std::string(tokenizer->Encode("0\xFF").status().message()),
              HasSubstr("byte 1"));
  json lacking = Bytes(ByteLevel(false, true));
  lacking["model"]["vocab"].erase("b");
  EXPECT_THAT(std::string(Make(lacking)->Encode("ab").status().message()),
              HasSubstr("byte 0x62"));
}

TEST(TokenizerTest, ByteLevelJoinsWithinWordsAndTakesAnyText) {
  const json file = Bytes(ByteLevel(false, true));
  EXPECT_THAT(Encode(file, "a a\n"), ElementsAre('a', 256, '\n'));
  EXPECT_THAT(Encode(file, "é"), ElementsAre(0xC3, 0xA9));
  EXPECT_EQ(Make(file)->IdOf("Ġa"), 256);
}

TEST(TokenizerTest, APrefixSpaceGoesBeforeEveryStretchThatHasNone) {
  const json file = Bytes(ByteLevel(true, true));
  EXPECT_THAT(Encode(file, "a a"), ElementsAre(256, 256));
  EXPECT_THAT(Encode(file, " a"), ElementsAre(256));
  EXPECT_THAT(Encode(file, "<s>a"), ElementsAre(257, 256));
  json behind_split = Bytes(Sequence({{"type", "Split"},
                                      {"pattern", {{"Regex", "[0-9]"}}},
                                      {"behavior", "Isolated"},
                                      {"invert", false}}));
  behind_split["pre_tokenizer"]["pretokenizers"][1] = ByteLevel(true, false);
  EXPECT_THAT(Encode(behind_split, "a1b"),
              ElementsAre(256, ' ', '1', ' ', 'b'));
}

TEST(TokenizerTest, SplitsCanRemoveWhatMatchesOrWhatDoesNot) {
  json split = {{"type", "Split"},
                {"pattern", {{"String", ", "}}},
                {"behavior", "Removed"},
                {"invert", false}};
  EXPECT_THAT(Encode(Bytes(Sequence(split)), "a, b,c"),
              ElementsAre('a', 'b', ',', 'c'));
  split["pattern"] = {{"Regex", "[0-9]+"}};
  split["invert"] = true;
  EXPECT_THAT(Encode(Bytes(Sequence(split)), "a12b3"),
              ElementsAre('1', '2', '3'));
}

TEST(TokenizerTest, BothNotationsOfMergesMeanTheSame) {
  json file = Bytes(ByteLevel(false, true));
  file["model"]["merges"] = json::array({json::array({"Ġ", "a"})});
  EXPECT_THAT(Encode(file, " a"), ElementsAre(256));
}

TEST(TokenizerTest, BytesThatAreNoCharacterAreReplacedOnDecoding) {
  const auto tokenizer = Make(Bytes(ByteLevel(false, true)));
  const std::vector<int32_t> ids = {0xE4, 0xBD, 0xA0, 0xE4, 0xBD,
                                    'a',  0xFF, 0xF0, 0x9F, 0x98};
  EXPECT_EQ(tokenizer->Decode(ids, false), "你\uFFFDa\uFFFD\uFFFD");
}

TEST(TokenizerTest, TheTemplateGoesAroundATextOnRequestOnly) {
  json file = Bytes(ByteLevel(false, true));
  file["post_processor"] = {
      {"type", "TemplateProcessing"},
      {"single",
       {{{"SpecialToken", {{"id", "<s>"}, {"type_id", 0}}}},
        {{"Sequence", {{"id", "A"}, {"type_id", 0}}}}}},
      {"special_tokens",
       {{"<s>", {{"id", "<s>"}, {"ids", {257}}, {"tokens", {"<s>"}}}}}}};
  const std::vector<int32_t> ids = Encode(file, "x");
  EXPECT_THAT(ids, ElementsAre('x'));
  EXPECT_THAT(Make(file)->WithSpecialTokens(ids), ElementsAre(257, 'x'));
}

TEST(TokenizerTest, TokensThatContradictEachOtherAreRefused) {
  const std::pair<json::json_pointer, json> cases[] = {
      {"/model/vocab/a"_json_pointer, 4},
      {"/model/vocab/a"_json_pointer, -1},
      {"/model/vocab/<mask>"_json_pointer, 30},
      {"/added_tokens/0/id"_json_pointer, 1},
      {"/added_tokens/0/content"_json_pointer, "<bos>"}};
  for (const auto& [where, value] : cases) {
    json file = Characters();
    file[where] = value;
    EXPECT_THAT(ErrorOf(file), HasSubstr("t.json: ")) << where;
  }
}

TEST(TokenizerTest, HashTellsTheFilesTextFromTheTemplates) {
  EXPECT_NE(TokenizerHash("ab", ""), TokenizerHash("a", "b"));
}

TEST(TokenizerTest, MutatedFilesNeverCrash) {
  std::mt19937 random(3);
  for (const json& file : {Characters(), Bytes(ByteLevel(true, true))}) {
    const std::string good = file.dump();
    for (int round = 0; round < 1500; ++round) {
      std::string text = good;
      for (int edits = 1 + random() % 3; edits > 0; --edits) {
        text[random() % text.size()] = good[random() % good.size()];
      }
      const auto tokenizer = Tokenizer::Parse(text, "t");
      if (!tokenizer.ok()) continue;
      (*tokenizer)->Encode("<bos>01 a").status().IgnoreError();
    }
  }
}

}  // namespace
}  // namespace mdrl
