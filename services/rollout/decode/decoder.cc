#include "services/rollout/decode/decoder.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "c10/core/InferenceMode.h"
#include "common/base/status_macros.h"
#include "common/tensor/torch_status.h"
#include "services/rollout/decode/decode_settings.h"
#include "services/rollout/decode/remasking.h"
#include "services/rollout/decode/unmask_schedule.h"

namespace mdrl {

absl::StatusOr<std::unique_ptr<Decoder>> Decoder::Create(
    const Transformer& model, DecodeSettings settings, DecoderOptions options) {
  MDRL_RETURN_IF_ERROR(CheckDecodeSettings(settings, model.config()));
  return std::unique_ptr<Decoder>(
      new Decoder(model, std::move(settings), options));
}

Decoder::Decoder(const Transformer& model, DecodeSettings settings,
                 DecoderOptions options)
    : model_(model),
      settings_(std::move(settings)),
      options_(options),
      noise_(options.noise != nullptr ? *options.noise : philox_),
      sampler_(settings_.temperature, settings_.forbid_ids, noise_) {}

uint32_t Decoder::blocks() const {
  return settings_.canvas_tokens / settings_.block_tokens;
}

uint32_t Decoder::steps_per_block() const {
  // Each forward of a threshold reveals something, so that a block is done
  // after as many as it has positions.
  return by_threshold() ? settings_.block_tokens
                        : StepsPerBlock(settings_.decode_steps, blocks());
}

uint32_t Decoder::total_steps() const { return blocks() * steps_per_block(); }

absl::Status Decoder::CheckPrompts(std::span<const DecodeRow> rows) const {
  const ModelConfig& config = model_.config();
  for (const DecodeRow& row : rows) {
    const size_t length = row.prompt_tokens.size();
    if (length + settings_.canvas_tokens > size_t(config.max_sequence)) {
      return absl::InvalidArgumentError(
          absl::StrCat("a prompt of ", length, " tokens and a canvas of ",
                       settings_.canvas_tokens, " exceed the model's ",
                       config.max_sequence, " positions"));
    }
    if (row.completion >= (1u << 24)) {
      return absl::InvalidArgumentError(
          absl::StrCat("completion ", row.completion, " is above 2^24 - 1"));
    }
    for (const int32_t token : row.prompt_tokens) {
      if (token < 0 || token >= config.vocab) {
        return absl::InvalidArgumentError(
            absl::StrCat("prompt token ", token, " is outside the vocabulary",
                         " of ", config.vocab));
      }
      if (token == config.mask_id && !options_.allow_masked_prompts) {
        return absl::InvalidArgumentError(
            absl::StrCat("the prompt holds the mask token ", token,
                         ", which decoding would fill in place of the canvas"));
      }
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<Completion>> Decoder::Decode(
    std::span<const DecodeRow> rows, const DecodeWatch& watch) const {
  std::vector<Completion> completions;
  if (rows.empty()) return completions;
  MDRL_RETURN_IF_ERROR(CheckPrompts(rows));
  MDRL_ASSIGN_OR_RETURN(const std::vector<Canvas> canvases, RunTorch([&] {
                          const c10::InferenceMode no_grad;
                          return Run(rows, watch);
                        }));
  uint32_t forwards = 0;
  for (const Canvas& canvas : canvases) {
    forwards = std::max(forwards, canvas.forwards);
  }
  for (const Canvas& canvas : canvases) {
    completions.push_back(CompletionOf(canvas, model_.config().eos_id));
    completions.back().forwards = forwards;
  }
  return completions;
}

absl::StatusOr<std::vector<Canvas>> Decoder::Run(
    std::span<const DecodeRow> rows, const DecodeWatch& watch) const {
  const ModelConfig& config = model_.config();
  std::vector<Canvas> canvases = MakeCanvases(rows, settings_.canvas_tokens,
                                              config.mask_id, config.pad_id);
  std::vector<Canvas*> active;
  for (Canvas& canvas : canvases) active.push_back(&canvas);
  BlockPlace place;
  place.prompt_end = canvases.front().prompt_end();
  place.columns = place.prompt_end + settings_.canvas_tokens;
  for (uint32_t block = 0; block < blocks() && !active.empty(); ++block) {
    place.begin = place.prompt_end + block * settings_.block_tokens;
    place.end = place.begin + settings_.block_tokens;
    MDRL_RETURN_IF_ERROR(RunBlock(active, block, place, watch));
    if (!settings_.stop_at_eos) continue;
    std::erase_if(active,
                  [&](Canvas* canvas) { return StopAtEos(*canvas, place); });
  }
  return canvases;
}

absl::Status Decoder::RunBlock(std::span<Canvas* const> active, uint32_t block,
                               const BlockPlace& place,
                               const DecodeWatch& watch) const {
  const int64_t mask = model_.config().mask_id;
  for (Canvas* canvas : active) {
    canvas->masked_in_block = std::count(canvas->ids.begin() + place.begin,
                                         canvas->ids.begin() + place.end, mask);
    // By a threshold a row counts its own forwards: how many others need in a
    // block is not its business.
    canvas->first_step =
        by_threshold() ? canvas->forwards : block * steps_per_block();
  }
  BlockForward forward(model_, settings_, place, options_.attend_padding);
  for (uint32_t s = 0; s < steps_per_block(); ++s) {
    if (watch.cancelled && watch.cancelled()) {
      return absl::CancelledError("decode was cancelled");
    }
    std::vector<Canvas*> revealing;
    for (Canvas* canvas : active) {
      if (Reveals(*canvas, place, s)) revealing.push_back(canvas);
    }
    // A forward that reveals nothing would change nothing.
    if (!revealing.empty()) {
      // A cache keeps its rows for the whole block.
      const std::span<Canvas* const> fed =
          settings_.cache == DecodeCache::kNone ? revealing : active;
      if (watch.forward) {
        watch.forward({block, static_cast<uint32_t>(fed.size()), forward.from(),
                       forward.to()});
      }
      MDRL_RETURN_IF_ERROR(Step(forward, fed, place, s, watch));
    }
    if (watch.progress) {
      watch.progress(block * steps_per_block() + s + 1, total_steps());
    }
  }
  return absl::OkStatus();
}

bool Decoder::Reveals(const Canvas& canvas, const BlockPlace& place,
                      uint32_t s) const {
  if (by_threshold()) {
    return canvas.AnyMask(place.begin, place.end, model_.config().mask_id);
  }
  return RevealsAt(canvas.masked_in_block, steps_per_block(), s) > 0;
}

absl::Status Decoder::Step(BlockForward& forward,
                           std::span<Canvas* const> canvases,
                           const BlockPlace& place, uint32_t s,
                           const DecodeWatch& watch) const {
  const int64_t mask = model_.config().mask_id;
  // Every masked position that is fed, up to the block's end, is a candidate:
  // one that chose the mask token itself comes up again. The whole block is
  // read even where little of it is masked: the shape of a row's products, and
  // with it the last bit of its numbers, must not depend on the rows beside it.
  std::vector<std::vector<uint32_t>> candidates(canvases.size());
  uint32_t first = place.begin;
  for (size_t i = 0; i < canvases.size(); ++i) {
    if (!Reveals(*canvases[i], place, s)) continue;
    candidates[i] = canvases[i]->Masked(forward.from(), place.end, mask);
    if (!candidates[i].empty()) first = std::min(first, candidates[i].front());
  }
  at::Tensor logits_BRV = forward.Logits(canvases, first, place.end);
  const int64_t vocab = logits_BRV.size(2);
  float* const logits = logits_BRV.mutable_data_ptr<float>();
  for (size_t i = 0; i < canvases.size(); ++i) {
    if (candidates[i].empty()) continue;
    Canvas& canvas = *canvases[i];
    ++canvas.forwards;
    std::vector<Choice> choices;
    for (const uint32_t column : candidates[i]) {
      const int64_t row = i * int64_t{place.end - first} + (column - first);
      const auto choice =
          sampler_.Choose(std::span(logits + row * vocab, vocab),
                          KeyOf(canvas, canvas.first_step + s, column));
      if (!choice) {
        return absl::InternalError(
            absl::StrCat("the model's logits are not finite at decode step ",
                         canvas.first_step + s));
      }
      choices.push_back(*choice);
    }
    Reveal(canvas, candidates[i], choices, s, watch);
  }
  return absl::OkStatus();
}

void Decoder::Reveal(Canvas& canvas, std::span<const uint32_t> columns,
                     std::span<const Choice> choices, uint32_t s,
                     const DecodeWatch& watch) const {
  const uint32_t step = canvas.first_step + s;
  std::vector<float> rank;
  for (size_t i = 0; i < columns.size(); ++i) {
    rank.push_back(settings_.reveal == Reveal::kRandom
                       ? noise_.Remasking(KeyOf(canvas, step, columns[i]))
                       : choices[i].confidence);
  }
  const std::vector<int32_t> chosen =
      by_threshold() ? AtLeast(rank, settings_.threshold)
                     : MostConfident(rank, RevealsAt(canvas.masked_in_block,
                                                     steps_per_block(), s));
  for (const int32_t i : chosen) {
    const uint32_t column = columns[i];
    canvas.ids[column] = choices[i].token;
    if (column >= canvas.prompt_end()) {
      const uint32_t position = column - canvas.prompt_end();
      canvas.reveal_step[position] = static_cast<uint16_t>(step);
      canvas.confidence[position] = choices[i].confidence;
    }
    if (watch.reveal) {
      watch.reveal({step, canvas.index, column - canvas.pad, choices[i].token,
                    choices[i].confidence});
    }
  }
}

bool Decoder::StopAtEos(Canvas& canvas, const BlockPlace& place) const {
  const auto begin = canvas.ids.begin() + place.prompt_end;
  const auto end = canvas.ids.begin() + place.end;
  const auto eos =
      std::find(begin, end, static_cast<int64_t>(model_.config().eos_id));
  if (eos == end) return false;
  // A position that chose the mask token comes up again in a later block.
  if (std::find(canvas.ids.begin() + canvas.pad, eos,
                static_cast<int64_t>(model_.config().mask_id)) != eos) {
    return false;
  }
  std::fill(end, canvas.ids.end(), model_.config().eos_id);
  return true;
}

NoiseKey Decoder::KeyOf(const Canvas& canvas, uint32_t step,
                        uint32_t column) const {
  const uint32_t prompt = canvas.prompt_end();
  return {canvas.row->philox_key, canvas.row->completion, canvas.index, step,
          column >= prompt ? column - prompt
                           : settings_.canvas_tokens + column - canvas.pad};
}

}  // namespace mdrl
