#include "common/text/tokenizer_spec.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <string>

#include "common/text/pre_tokenizer.h"

namespace mdrl {
namespace {

using nlohmann::json;
using ::testing::HasSubstr;

json Example() {
  return {{"added_tokens", {{{"id", 2}, {"content", "<s>"}}}},
          {"pre_tokenizer",
           {{"type", "Sequence"},
            {"pretokenizers",
             {{{"type", "Split"},
               {"pattern", {{"Regex", "\\p{L}+"}}},
               {"behavior", "Isolated"},
               {"invert", false}},
              {{"type", "ByteLevel"}, {"use_regex", false}}}}}},
          {"decoder", {{"type", "ByteLevel"}}},
          {"model",
           {{"type", "BPE"}, {"vocab", {{"a", 0}, {"b", 1}}}, {"merges", {}}}}};
}

std::string ErrorOf(const json& file) {
  const auto spec = ParseTokenizerSpec(file.dump());
  return spec.ok() ? "" : std::string(spec.status().message());
}

TEST(TokenizerSpecTest, DefaultsAreTheReferenceLibrarys) {
  const auto spec = ParseTokenizerSpec(Example().dump());
  ASSERT_TRUE(spec.ok()) << spec.status();
  EXPECT_TRUE(spec->prefix_space);
  EXPECT_FALSE(spec->split_words);
  EXPECT_FALSE(spec->ignore_merges);
  ASSERT_EQ(spec->added.size(), 1u);
  EXPECT_TRUE(spec->added[0].normalized);  // as it is not special
}

TEST(TokenizerSpecTest, UnsupportedPartsAreRefusedByName) {
  const std::tuple<json::json_pointer, json, const char*> cases[] = {
      {"/normalizer"_json_pointer, {{"type", "NFC"}}, "normalizer NFC"},
      {"/truncation"_json_pointer, {{"max_length", 8}}, "truncation"},
      {"/padding"_json_pointer, {{"strategy", "x"}}, "padding"},
      {"/pre_tokenizer/pretokenizers/0/type"_json_pointer, "Metaspace",
       "pre_tokenizer Metaspace"},
      {"/pre_tokenizer/pretokenizers/0/type"_json_pointer, "Sequence",
       "Sequence within one"},
      {"/pre_tokenizer/pretokenizers/0/behavior"_json_pointer, "Contiguous",
       "behavior \"Contiguous\""},
      {"/pre_tokenizer/pretokenizers/0/pattern"_json_pointer, "x", "pattern"},
      {"/pre_tokenizer/pretokenizers/1/use_regex"_json_pointer, 3, "use_regex"},
      {"/post_processor"_json_pointer, {{"type", "Bert"}}, "Bert"},
      {"/decoder/type"_json_pointer, "Fuse", "decoder Fuse"},
      {"/model/type"_json_pointer, "Unigram", "model type Unigram"},
      {"/model/byte_fallback"_json_pointer, true, "byte_fallback"},
      {"/model/dropout"_json_pointer, 0.1, "dropout"},
      {"/model/end_of_word_suffix"_json_pointer, "</w>", "end_of_word_suffix"},
      {"/model/merges"_json_pointer, {"a"}, "merge \"a\""},
      {"/model/merges"_json_pointer, {"a b c"}, "merge"},
      {"/model/vocab"_json_pointer, 3, "model.vocab"},
      {"/model/vocab/a"_json_pointer, 1.5, "token \"a\""},
      {"/added_tokens"_json_pointer, 3, "added_tokens"},
      {"/added_tokens/0/lstrip"_json_pointer, "yes", "lstrip"},
      {"/added_tokens/0/content"_json_pointer, "", "content"}};
  for (const auto& [where, value, word] : cases) {
    json file = Example();
    file[where] = value;
    EXPECT_THAT(ErrorOf(file), HasSubstr(word)) << where;
  }
}

TEST(TokenizerSpecTest, NothingMayFollowByteLevel) {
  json file = Example();
  auto& parts = file["pre_tokenizer"]["pretokenizers"];
  parts = {parts[1], parts[0]};
  EXPECT_THAT(ErrorOf(file), HasSubstr("Split behind ByteLevel"));
  parts = {parts[1]};
  file["decoder"]["type"] = "Fuse";
  EXPECT_THAT(ErrorOf(file), HasSubstr("Split without ByteLevel"));
}

TEST(TokenizerSpecTest, AnUnknownTokenIsRefusedWhereItCouldBeNeeded) {
  json file = Example();
  file["model"]["unk_token"] = "a";
  EXPECT_EQ(ErrorOf(file), "");
  file["pre_tokenizer"] = nullptr;
  file["decoder"]["type"] = "Fuse";
  EXPECT_THAT(ErrorOf(file), HasSubstr("unk_token"));
}

TEST(PreTokenizerTest, PatternsThatMeanSomethingElseElsewhereAreRefused) {
  for (const char* pattern : {"\\h", "[a&&b]", "(", "\\Qx\\E", "x\\K"}) {
    TokenizerSpec spec;
    spec.splits = {{pattern}};
    EXPECT_THAT(std::string(PreTokenizer::Create(spec).status().message()),
                HasSubstr("pre_tokenizer Split"))
        << pattern;
  }
}

TEST(PreTokenizerTest, SpacesAreUnicodesAndEmptyMatchesOnlyCut) {
  const auto cut = [](const char* pattern, const std::string& text) {
    TokenizerSpec spec;
    spec.splits = {{pattern}};
    PreTokenizer::Pieces pieces;
    EXPECT_TRUE(PreTokenizer::Create(spec)->Cut(text, &pieces).ok());
    return std::vector<std::string>(pieces.views.begin(), pieces.views.end());
  };
  EXPECT_THAT(cut("\\s+|\\S+", "a\u180Eb\u0085c"),
              ::testing::ElementsAre("a\u180Eb", "\u0085", "c"));
  EXPECT_THAT(cut("(?=b)|x", "aébxb"),
              ::testing::ElementsAre("aé", "b", "x", "b"));
  EXPECT_THAT(cut("x", ""), ::testing::ElementsAre());
}

}  // namespace
}  // namespace mdrl
