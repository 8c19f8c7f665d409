#include "services/rollout/decode/decoder.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
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

// Every way to decode; rows with prompts of 2 to 9 tokens.
std::vector<std::pair<std::string, DecodeSettings>> EveryStrategy() {
  std::vector<std::pair<std::string, DecodeSettings>> all;
  const auto add = [&all](const std::string& name, auto change) {
    DecodeSettings settings = Settings();
    settings.temperature = 1.2f;
    change(settings);
    all.emplace_back(name, settings);
  };
  add("low confidence", [](auto&) {});
  add("arg-max", [](auto& s) { s.temperature = 0.0f; });
  add("random", [](auto& s) { s.reveal = Reveal::kRandom; });
  add("full canvas", [](auto& s) { s.block_tokens = 12; });
  add("uneven", [](auto& s) { s.decode_steps = 8; });
  add("guided", [](auto& s) { s.cfg_scale = 1.5f; });
  add("threshold", [](auto& s) {
    s.reveal = Reveal::kThreshold;
    s.threshold = 0.3f;
  });
  add("stopping", [](auto& s) { s.stop_at_eos = true; });
  for (const DecodeCache cache : {DecodeCache::kPrefix, DecodeCache::kDual}) {
    const std::string name = cache == DecodeCache::kDual ? "dual" : "prefix";
    add(name, [cache](auto& s) { s.cache = cache; });
    add(name + " with a threshold", [cache](auto& s) {
      s.cache = cache;
      s.reveal = Reveal::kThreshold;
      s.threshold = 0.3f;
      s.stop_at_eos = true;
    });
  }
  return all;
}

std::vector<DecodeRow> MixedRows(uint32_t count) {
  std::vector<DecodeRow> rows;
  for (uint32_t i = 0; i < count; ++i) {
    DecodeRow row{{}, 5 + i, i};
    for (uint32_t t = 0; t < 2 + (i * 5) % 8; ++t) {
      row.prompt_tokens.push_back(1 + (i + t * 3) % 30);
    }
    rows.push_back(std::move(row));
  }
  return rows;
}

TEST(DecoderTest, ShufflingAndSplittingBatchesChangesNoBit) {
  const Transformer model = TinyModel(ExampleConfig());
  const auto rows = MixedRows(20);
  for (const auto& [name, settings] : EveryStrategy()) {
    const auto together = Decoded(model, settings, rows);
    // Another order (7 is prime to 20), cut into batches of 1, 2, 3, ...
    std::vector<DecodeRow> shuffled;
    for (size_t i = 0; i < rows.size(); ++i) {
      shuffled.push_back(rows[i * 7 % rows.size()]);
    }
    size_t at = 0;
    for (size_t size = 1; at < shuffled.size(); at += size, ++size) {
      const auto part = Decoded(model, settings,
                                std::span(shuffled).subspan(
                                    at, std::min(size, shuffled.size() - at)));
      for (Completion completion : part) {
        const Completion& expected = together[completion.index];
        completion.forwards = expected.forwards;  // of the batch
        EXPECT_EQ(completion, expected) << name << ", row " << completion.index;
      }
    }
  }
}

TEST(DecoderTest, AThresholdTakesAsManyForwardsAsItNeeds) {
  const Transformer model = TinyModel(ExampleConfig());
  DecodeSettings settings = Settings();
  settings.reveal = Reveal::kThreshold;
  const auto rows = Rows(3);
  settings.threshold = 0.0f;  // everything passes
  EXPECT_EQ(Decoded(model, settings, rows)[0].forwards, 3u);
  settings.threshold = 1.0f;  // nothing does: the best one is revealed
  const auto one_by_one = Decoded(model, settings, rows);
  EXPECT_EQ(one_by_one[0].forwards, 12u);
  for (const Completion& c : one_by_one) {
    std::vector<uint16_t> steps = c.reveal_step;
    std::sort(steps.begin(), steps.end());
    for (uint16_t i = 0; i < 12; ++i) EXPECT_EQ(steps[i], i);
  }
}

TEST(DecoderTest, ACacheReadsOnlyWhatItMustAndChangesTheResult) {
  const Transformer model = TinyModel(ExampleConfig());
  DecodeSettings settings = Settings();
  settings.decode_steps = 12;
  const auto rows = Rows(4);
  const auto exact = Decoded(model, settings, rows);
  for (const DecodeCache cache : {DecodeCache::kPrefix, DecodeCache::kDual}) {
    settings.cache = cache;
    const auto decoder = Decoder::Create(model, settings);
    std::vector<std::pair<uint32_t, uint32_t>> fed;
    DecodeWatch watch;
    watch.forward = [&fed](const ForwardEvent& event) {
      fed.emplace_back(event.from, event.to);
    };
    const auto cached = (*decoder)->Decode(rows, watch);
    ASSERT_TRUE(cached.ok()) << cached.status();
    ASSERT_EQ(fed.size(), 12u);
    for (uint32_t i = 0; i < 12; ++i) {
      const uint32_t begin = 4 + i / 4 * 4;
      EXPECT_EQ(fed[i].first, i % 4 == 0 ? 0 : begin);
      EXPECT_EQ(fed[i].second,
                i % 4 == 0 || cache == DecodeCache::kPrefix ? 16 : begin + 4);
    }
    // An approximation: some confidence differs, if no token does.
    EXPECT_NE(cached->front().confidence, exact.front().confidence);
  }
}

TEST(DecoderTest, GuidanceMovesAwayFromWhatThePromptDoesNotSay) {
  const Transformer model = TinyModel(ExampleConfig());
  DecodeSettings settings = Settings();
  settings.temperature = 0.0f;
  const auto plain = Decoded(model, settings, Rows(4));
  settings.cfg_scale = 2.0f;
  const auto guided = Decoded(model, settings, Rows(4));
  EXPECT_NE(guided, plain);
  EXPECT_EQ(guided[0].forwards, plain[0].forwards);
}

TEST(DecoderTest, AttendedPaddingMakesARowDependOnItsCompany) {
  const Transformer model = TinyModel(ExampleConfig());
  const auto rows = MixedRows(4);
  DecoderOptions options;
  options.attend_padding = true;
  const auto together = Decoded(model, Settings(), rows, options);
  int differ = 0;
  for (size_t i = 0; i < rows.size(); ++i) {
    const auto alone =
        Decoded(model, Settings(), std::span(rows).subspan(i, 1), options)[0];
    differ += alone.confidence != together[i].confidence;
  }
  EXPECT_EQ(differ, 3) << "all but the longest";
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
// masked in their stead, as in the published decoder.
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

TEST(DecoderTest, PromptsThatDoNotFitAreRefused) {
  const Transformer model = TinyModel();
  const auto decoder = Decoder::Create(model, Settings());
  auto rows = Rows(1);
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
  EXPECT_THAT(refusal([](auto& s) { s.cfg_scale = -1; }),
              HasSubstr("cfg_scale"));
  EXPECT_THAT(refusal([](auto& s) {
                s.cfg_scale = 1;
                s.cache = DecodeCache::kDual;
              }),
              HasSubstr("guidance has no cache"));
  EXPECT_THAT(refusal([](auto& s) { s.cache = DecodeCache::kBlockCausal; }),
              HasSubstr("UNIMPLEMENTED: decode: cache block_causal"));
  EXPECT_THAT(refusal([](auto& s) {
                s.reveal = Reveal::kThreshold;
                s.threshold = 1.5f;
              }),
              HasSubstr("threshold must be a probability"));
  EXPECT_THAT(refusal([](auto& s) { s.swap_at = SwapAt::kBlock; }),
              HasSubstr("UNIMPLEMENTED: decode: swap_at"));
  EXPECT_THAT(refusal([](auto& s) { s.reveal = Reveal::kUnspecified; }),
              HasSubstr("INVALID_ARGUMENT"));
}

}  // namespace
}  // namespace mdrl
