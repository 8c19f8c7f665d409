// golden/tokenizer: what the reference library's tokenizer made of each text.
#include <gtest/gtest.h>

#include <memory>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "common/format/file.h"
#include "common/text/byte_alphabet.h"
#include "common/text/pre_tokenizer.h"
#include "common/text/tokenizer.h"
#include "common/text/tokenizer_spec.h"
#include "tests/testing/golden.h"

namespace mdrl {
namespace {

using nlohmann::json;

// A list of one golden folder: all its entries are one test.
struct ListCase {
  std::filesystem::path folder;
  std::string list;
  json entries;
};

std::vector<ListCase> Cases() {
  std::vector<ListCase> out;
  for (const auto& folder : GoldenFoldersOf("tokenizer")) {
    const json vectors = ReadJson(folder / "vectors.json");
    for (const auto& [list, entries] : vectors.items()) {
      out.push_back({folder, list, entries});
    }
  }
  return out;
}

class GoldenTokenizerTest : public ::testing::TestWithParam<ListCase> {
 protected:
  void SetUp() override {
    auto tokenizer = Tokenizer::Read(GetParam().folder / "tokenizer.json");
    ASSERT_TRUE(tokenizer.ok()) << tokenizer.status();
    tokenizer_ = *std::move(tokenizer);
  }

  void CheckDecode(const json& entry) {
    const auto ids = entry["ids"].get<std::vector<int32_t>>();
    EXPECT_EQ(tokenizer_->Decode(ids, false), entry["decode"]);
    EXPECT_EQ(tokenizer_->Decode(ids, true), entry["decode_skip_special"]);
  }

  void CheckEncode(const json& entry) {
    const auto ids = tokenizer_->Encode(entry["text"].get<std::string>());
    ASSERT_TRUE(ids.ok()) << ids.status();
    EXPECT_EQ(json(*ids), entry["ids"]);
    json from_tokens = json::array();
    for (const auto& token : entry["tokens"]) {
      from_tokens.push_back(*tokenizer_->IdOf(token.get<std::string>()));
    }
    EXPECT_EQ(from_tokens, entry["ids"]);
    CheckDecode(entry);
  }

  void CheckPieces(const json& entry) {
    const auto spec =
        ParseTokenizerSpec(*ReadFile(GetParam().folder / "tokenizer.json"));
    ASSERT_TRUE(spec.ok()) << spec.status();
    const auto pre_tokenizer = PreTokenizer::Create(*spec);
    ASSERT_TRUE(pre_tokenizer.ok()) << pre_tokenizer.status();
    const std::string text = entry["text"];
    PreTokenizer::Pieces pieces;
    ASSERT_TRUE(pre_tokenizer->Cut(text, &pieces).ok());
    json spelled = json::array();
    for (const std::string_view piece : pieces.views) {
      spelled.push_back(SpellBytes(piece));
    }
    EXPECT_EQ(spelled, entry["pieces"]);
  }

  std::unique_ptr<const Tokenizer> tokenizer_;
};

TEST_P(GoldenTokenizerTest, EveryEntryIsExact) {
  ASSERT_FALSE(GetParam().entries.empty());
  for (const json& entry : GetParam().entries) {
    SCOPED_TRACE(entry.dump());
    if (GetParam().list == "encode") {
      CheckEncode(entry);
    } else if (GetParam().list == "decode_only") {
      CheckDecode(entry);
    } else if (GetParam().list == "pre_tokenize") {
      CheckPieces(entry);
    } else {
      GTEST_SKIP() << "not covered: " << GetParam().folder << ": the list "
                   << GetParam().list;
    }
  }
}

GTEST_ALLOW_UNINSTANTIATED_PARAMETERIZED_TEST(GoldenTokenizerTest);
INSTANTIATE_TEST_SUITE_P(Golden, GoldenTokenizerTest,
                         ::testing::ValuesIn(Cases()), [](const auto& info) {
                           return TestName(info.param.list) + "_" +
                                  std::to_string(info.index);
                         });

}  // namespace
}  // namespace mdrl
