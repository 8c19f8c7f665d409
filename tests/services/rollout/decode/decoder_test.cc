#include "services/rollout/decode/decoder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "ATen/core/Tensor.h"
#include "tests/testing/tiny_model.h"

namespace mdrl {
namespace {

using ::testing::Each;
using ::testing::HasSubstr;

DecodeSettings Settings() {
  DecodeSettings settings;
  settings.canvas_tokens = 12;
  settings.block_tokens = 4;
  settings.decode_steps = 6;
  settings.temperature = 0.9f;
  settings.forbid_ids = {0};
  return settings;
}

std::vector<DecodeRow> Rows(uint32_t count) {
  std::vector<DecodeRow> rows;
  for (uint32_t i = 0; i < count; ++i) {
    rows.push_back({{1, 3, static_cast<int32_t>(3 + i % 8), 5}, 99, i});
  }
  return rows;
}

std::vector<Completion> Decoded(const Transformer& model,
                                const DecodeSettings& settings,
                                std::span<const DecodeRow> rows,
                                DecoderOptions options = {}) {
  auto decoder = Decoder::Create(model, settings, options);
  EXPECT_TRUE(decoder.ok()) << decoder.status();
  auto out = (*decoder)->Decode(rows);
  EXPECT_TRUE(out.ok()) << out.status();
  return *std::move(out);
}

TEST(DecoderTest, EveryPositionIsRevealedOnceInItsBlock) {
  const Transformer model = TinyModel();
  for (const Completion& c : Decoded(model, Settings(), Rows(3))) {
    ASSERT_EQ(c.tokens.size(), 12u);
    EXPECT_EQ(c.forwards, 6u);
    std::vector<int> per_step(6);
    for (uint32_t p = 0; p < 12; ++p) {
      EXPECT_NE(c.tokens[p], 0);
      EXPECT_EQ(c.reveal_step[p] / 2, p / 4) << "two steps per block";
      ++per_step[c.reveal_step[p]];
      EXPECT_GT(c.confidence[p], 0.0f);
    }
    EXPECT_THAT(per_step, Each(2));
  }
}

TEST(DecoderTest, ACompletionDoesNotDependOnItsCompany) {
  const Transformer model = TinyModel(ExampleConfig());
  for (const uint32_t block : {1, 4, 12}) {
    for (const bool stop : {false, true}) {
      DecodeSettings settings = Settings();
      settings.block_tokens = block;
      settings.decode_steps = 12;
      settings.stop_at_eos = stop;
      settings.temperature = 1.5f;
      const auto rows = Rows(33);
      const auto together = Decoded(model, settings, rows);
      for (const size_t i : {0, 1, 17, 32}) {
        auto alone = Decoded(model, settings, std::span(rows).subspan(i, 1))[0];
        alone.forwards = together[i].forwards;  // of the batch, by definition
        EXPECT_EQ(alone, together[i]) << "row " << i << ", block " << block;
      }
    }
  }
}

TEST(DecoderTest, AtTemperatureZeroOnlyTheRandomRevealNeedsTheKey) {
  const Transformer model = TinyModel();
  DecodeSettings settings = Settings();
  settings.temperature = 0.0f;
  auto rows = Rows(1);
  const auto first = Decoded(model, settings, rows);
  rows[0].philox_key = 7;
  EXPECT_EQ(Decoded(model, settings, rows), first);
  settings.reveal = Reveal::kRandom;
  const auto random = Decoded(model, settings, rows);
  rows[0].philox_key = 8;
  EXPECT_NE(Decoded(model, settings, rows)[0].reveal_step,
            random[0].reveal_step);
}

TEST(DecoderTest, CompletionsOfAGroupDiffer) {
  const Transformer model = TinyModel();
  auto rows = Rows(2);
  rows[1].prompt_tokens = rows[0].prompt_tokens;
  const auto out = Decoded(model, Settings(), rows);
  EXPECT_NE(out[0].tokens, out[1].tokens);
}

TEST(DecoderTest, ARowStopsAfterTheBlockOfItsFirstEos) {
  const Transformer model = TinyModel();
  DecodeSettings settings = Settings();
  settings.temperature = 3.0f;  // EOS (2) comes up in some rows, early and late
  const auto rows = Rows(40);
  const auto full = Decoded(model, settings, rows);
  settings.stop_at_eos = true;
  const auto stopped = Decoded(model, settings, rows);
  int early = 0;
  for (size_t i = 0; i < rows.size(); ++i) {
    EXPECT_EQ(stopped[i].effective_tokens, full[i].effective_tokens);
    EXPECT_EQ(stopped[i].truncated, full[i].truncated);
    const uint32_t n = full[i].effective_tokens;
    const uint32_t end = full[i].truncated ? 12 : (n + 3) / 4 * 4;
    early += end < 12;
    for (uint32_t p = 0; p < 12; ++p) {
      if (p < end) {
        EXPECT_EQ(stopped[i].tokens[p], full[i].tokens[p]);
        EXPECT_EQ(stopped[i].reveal_step[p], full[i].reveal_step[p]);
      } else {
        EXPECT_EQ(stopped[i].tokens[p], 2);
        EXPECT_EQ(stopped[i].reveal_step[p], kNeverRevealed);
        EXPECT_EQ(stopped[i].confidence[p], 0.0f);
      }
    }
  }
  EXPECT_GT(early, 3);
  EXPECT_LT(early, 40);
}

// Two masks in the prompt are filled first, and two canvas positions stay
// masked in their stead (algorithms.md, correction 4).
TEST(DecoderTest, AMaskInThePromptIsRefusedUnlessAllowed) {
  const Transformer model = TinyModel();
  auto rows = Rows(1);
  rows[0].prompt_tokens[1] = rows[0].prompt_tokens[2] = 0;
  const auto decoder = Decoder::Create(model, Settings());
  const auto refused = (*decoder)->Decode(rows).status();
  EXPECT_EQ(refused.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_THAT(std::string(refused.message()), HasSubstr("mask token 0"));

  DecoderOptions options;
  options.allow_masked_prompts = true;
  const auto out = Decoded(model, Settings(), rows, options)[0];
  EXPECT_EQ(std::count(out.tokens.begin(), out.tokens.end(), 0), 2);
  EXPECT_EQ(std::count(out.reveal_step.begin(), out.reveal_step.end(),
                       kNeverRevealed),
            2);
}

TEST(DecoderTest, CancellingEndsItBetweenForwards) {
  const Transformer model = TinyModel();
  const auto decoder = Decoder::Create(model, Settings());
  std::vector<uint32_t> progress;
  DecodeWatch watch;
  watch.progress = [&](uint32_t done, uint32_t total) {
    EXPECT_EQ(total, 6u);
    progress.push_back(done);
  };
  watch.cancelled = [&] { return progress.size() == 2; };
  EXPECT_EQ((*decoder)->Decode(Rows(2), watch).status().code(),
            absl::StatusCode::kCancelled);
  EXPECT_THAT(progress, testing::ElementsAre(1, 2));
}

TEST(DecoderTest, MoreStepsThanPositionsCostNoForwards) {
  const Transformer model = TinyModel();
  DecodeSettings settings = Settings();
  settings.decode_steps = 60;
  const auto out = Decoded(model, settings, Rows(1));
  EXPECT_EQ(out[0].forwards, 12u);
}

TEST(DecoderTest, ABrokenModelIsAnErrorAndNotAToken) {
  const Transformer model = TinyModel();
  model.final_norm().fill_(std::numeric_limits<float>::quiet_NaN());
  const auto decoder = Decoder::Create(model, Settings());
  EXPECT_EQ((*decoder)->Decode(Rows(1)).status().code(),
            absl::StatusCode::kInternal);
}

TEST(DecoderTest, PromptsThatCannotShareAForwardAreRefused) {
  const Transformer model = TinyModel();
  const auto decoder = Decoder::Create(model, Settings());
  auto rows = Rows(2);
  rows[1].prompt_tokens.push_back(1);
  EXPECT_EQ((*decoder)->Decode(rows).status().code(),
            absl::StatusCode::kInvalidArgument);
  rows = Rows(1);
  rows[0].prompt_tokens[0] = 11;
  EXPECT_EQ((*decoder)->Decode(rows).status().code(),
            absl::StatusCode::kInvalidArgument);
  rows[0].prompt_tokens.assign(53, 1);
  EXPECT_EQ((*decoder)->Decode(rows).status().code(),
            absl::StatusCode::kInvalidArgument);
  EXPECT_TRUE((*decoder)->Decode({})->empty());
}

TEST(DecodeSettingsTest, WhatCannotBeIsNamed) {
  const Transformer model = TinyModel();
  const auto refusal = [&](auto change) {
    DecodeSettings settings = Settings();
    change(settings);
    return Decoder::Create(model, settings).status().ToString();
  };
  EXPECT_THAT(refusal([](auto& s) { s.block_tokens = 5; }),
              HasSubstr("block_tokens 5 must divide canvas_tokens 12"));
  EXPECT_THAT(refusal([](auto& s) { s.canvas_tokens = 128; }),
              HasSubstr("canvas_tokens 128"));
  EXPECT_THAT(refusal([](auto& s) { s.decode_steps = 0; }),
              HasSubstr("decode_steps"));
  EXPECT_THAT(refusal([](auto& s) { s.temperature = -1; }),
              HasSubstr("temperature"));
  EXPECT_THAT(refusal([](auto& s) { s.forbid_ids = {11}; }),
              HasSubstr("forbid_ids has 11"));
  EXPECT_THAT(refusal([](auto& s) { s.cfg_scale = 1; }),
              HasSubstr("UNIMPLEMENTED: decode: cfg_scale"));
  EXPECT_THAT(refusal([](auto& s) { s.cache = DecodeCache::kPrefix; }),
              HasSubstr("UNIMPLEMENTED: decode: cache"));
  EXPECT_THAT(refusal([](auto& s) { s.reveal = Reveal::kThreshold; }),
              HasSubstr("UNIMPLEMENTED: decode: reveal threshold"));
  EXPECT_THAT(refusal([](auto& s) { s.swap_at = SwapAt::kBlock; }),
              HasSubstr("UNIMPLEMENTED: decode: swap_at"));
  EXPECT_THAT(refusal([](auto& s) { s.reveal = Reveal::kUnspecified; }),
              HasSubstr("INVALID_ARGUMENT"));
}

}  // namespace
}  // namespace mdrl
