#include "services/rollout/decode/decoder.h"

#include <algorithm>
#include <utility>

#include "ATen/ops/empty.h"
#include "ATen/ops/from_blob.h"
#include "absl/strings/str_cat.h"
#include "c10/core/InferenceMode.h"
#include "common/base/log.h"
#include "common/base/status_macros.h"
#include "common/model/head.h"
#include "common/tensor/torch_status.h"
#include "services/rollout/decode/decode_settings.h"
#include "services/rollout/decode/remasking.h"
#include "services/rollout/decode/unmask_schedule.h"

namespace mdrl {

// One row: prompt and canvas as they stand, and how its canvas came about.
struct Decoder::Canvas {
  const DecodeRow* row = nullptr;
  uint32_t index = 0;  // in the call of Decode()
  std::vector<int64_t> ids;
  std::vector<uint16_t> reveal_step;  // per canvas position
  std::vector<float> confidence;
  uint32_t masked_in_block = 0;  // when the block began
  uint32_t forwards = 0;
};

namespace {

at::Tensor IdsOf(const auto& active) {
  const int64_t positions = active.front()->ids.size();
  at::Tensor ids_BT =
      at::empty({static_cast<int64_t>(active.size()), positions},
                at::TensorOptions().dtype(at::kLong));
  int64_t* out = ids_BT.mutable_data_ptr<int64_t>();
  for (const auto* canvas : active) {
    out = std::copy(canvas->ids.begin(), canvas->ids.end(), out);
  }
  return ids_BT;
}

}  // namespace

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
  return StepsPerBlock(settings_.decode_steps, blocks());
}

absl::Status Decoder::CheckPrompts(std::span<const DecodeRow> rows) const {
  const ModelConfig& config = model_.config();
  const size_t length = rows.front().prompt_tokens.size();
  if (length + settings_.canvas_tokens > size_t(config.max_sequence)) {
    return absl::InvalidArgumentError(
        absl::StrCat("a prompt of ", length, " tokens and a canvas of ",
                     settings_.canvas_tokens, " exceed the model's ",
                     config.max_sequence, " positions"));
  }
  for (const DecodeRow& row : rows) {
    if (row.prompt_tokens.size() != length) {
      return absl::InvalidArgumentError(absl::StrCat(
          "prompts of ", length, " and ", row.prompt_tokens.size(),
          " tokens in one decode; only equal lengths share a forward"));
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
  for (const Canvas& canvas : canvases) {
    completions.push_back(Finish(canvas));
    completions.back().forwards = canvases.front().forwards;
    for (const Canvas& other : canvases) {
      completions.back().forwards =
          std::max(completions.back().forwards, other.forwards);
    }
  }
  return completions;
}

absl::StatusOr<std::vector<Decoder::Canvas>> Decoder::Run(
    std::span<const DecodeRow> rows, const DecodeWatch& watch) const {
  const uint32_t n = settings_.canvas_tokens;
  const int64_t mask = model_.config().mask_id;
  std::vector<Canvas> canvases(rows.size());
  std::vector<Canvas*> active;
  for (size_t i = 0; i < rows.size(); ++i) {
    Canvas& canvas = canvases[i];
    canvas.row = &rows[i];
    canvas.index = static_cast<uint32_t>(i);
    canvas.ids.assign(rows[i].prompt_tokens.begin(),
                      rows[i].prompt_tokens.end());
    canvas.ids.resize(canvas.ids.size() + n, mask);
    canvas.reveal_step.assign(n, kNeverRevealed);
    canvas.confidence.assign(n, 0.0f);
    active.push_back(&canvas);
  }
  const size_t prompt = rows.front().prompt_tokens.size();
  const int64_t eos = model_.config().eos_id;
  for (uint32_t block = 0; block < blocks() && !active.empty(); ++block) {
    const size_t begin = prompt + block * settings_.block_tokens;
    const size_t end = begin + settings_.block_tokens;
    for (Canvas* canvas : active) {
      canvas->masked_in_block = std::count(canvas->ids.begin() + begin,
                                           canvas->ids.begin() + end, mask);
    }
    for (uint32_t s = 0; s < steps_per_block(); ++s) {
      if (watch.cancelled && watch.cancelled()) {
        return absl::CancelledError("decode was cancelled");
      }
      const uint32_t step = block * steps_per_block() + s;
      MDRL_RETURN_IF_ERROR(Step(active, step, block, watch));
      if (watch.progress) watch.progress(step + 1, total_steps());
    }
    if (!settings_.stop_at_eos) continue;
    std::erase_if(active, [&](Canvas* canvas) {
      const auto stop = canvas->ids.begin() + end;
      if (std::find(canvas->ids.begin() + prompt, stop, eos) == stop) {
        return false;
      }
      std::fill(stop, canvas->ids.end(), eos);
      return true;
    });
  }
  return canvases;
}

absl::Status Decoder::Step(std::vector<Canvas*>& active, uint32_t step,
                           uint32_t block, const DecodeWatch& watch) const {
  const int64_t mask = model_.config().mask_id;
  const uint32_t length = active.front()->ids.size();
  const uint32_t end =
      length - settings_.canvas_tokens + (block + 1) * settings_.block_tokens;
  // Every masked position up to the block's end is a candidate: one that chose
  // the mask token itself comes up again. The whole block is read even where
  // little of it is masked: the shape of a row's products, and with it the last
  // bit of its numbers, must not depend on the rows beside it.
  std::vector<std::vector<uint32_t>> candidates(active.size());
  uint32_t first = end - settings_.block_tokens;
  bool reveals = false;
  for (size_t i = 0; i < active.size(); ++i) {
    for (uint32_t p = 0; p < end; ++p) {
      if (active[i]->ids[p] == mask) candidates[i].push_back(p);
    }
    if (!candidates[i].empty()) first = std::min(first, candidates[i].front());
    reveals |= RevealsAt(active[i]->masked_in_block, steps_per_block(),
                         step % steps_per_block()) > 0;
  }
  // A forward that reveals nothing would change nothing.
  if (!reveals) return absl::OkStatus();

  const at::Tensor hidden = model_.Hidden(IdsOf(active), first, end);
  at::Tensor logits =
      Logits(model_, hidden.flatten(0, 1)).to(at::kFloat).contiguous();
  const int64_t vocab = logits.size(1);
  float* const logits_RV = logits.mutable_data_ptr<float>();
  for (size_t i = 0; i < active.size(); ++i) {
    Canvas& canvas = *active[i];
    ++canvas.forwards;
    std::vector<Choice> choices;
    for (const uint32_t position : candidates[i]) {
      const int64_t row = i * int64_t{end - first} + (position - first);
      const auto choice =
          sampler_.Choose(std::span(logits_RV + row * vocab, vocab),
                          KeyOf(canvas, step, position));
      if (!choice) {
        return absl::InternalError(absl::StrCat(
            "the model's logits are not finite at decode step ", step));
      }
      choices.push_back(*choice);
    }
    Reveal(canvas, candidates[i], choices, step, watch);
  }
  return absl::OkStatus();
}

void Decoder::Reveal(Canvas& canvas, std::span<const uint32_t> positions,
                     std::span<const Choice> choices, uint32_t step,
                     const DecodeWatch& watch) const {
  const uint32_t prompt = canvas.row->prompt_tokens.size();
  std::vector<float> rank;
  for (size_t i = 0; i < positions.size(); ++i) {
    rank.push_back(settings_.reveal == Reveal::kRandom
                       ? noise_.Remasking(KeyOf(canvas, step, positions[i]))
                       : choices[i].confidence);
  }
  const uint32_t count = RevealsAt(canvas.masked_in_block, steps_per_block(),
                                   step % steps_per_block());
  for (const int32_t i : MostConfident(rank, count)) {
    const uint32_t position = positions[i];
    canvas.ids[position] = choices[i].token;
    if (position >= prompt) {
      canvas.reveal_step[position - prompt] = static_cast<uint16_t>(step);
      canvas.confidence[position - prompt] = choices[i].confidence;
    }
    if (watch.reveal) {
      watch.reveal({step, canvas.index, position, choices[i].token,
                    choices[i].confidence});
    }
  }
}

NoiseKey Decoder::KeyOf(const Canvas& canvas, uint32_t step,
                        uint32_t position) const {
  const uint32_t prompt = canvas.row->prompt_tokens.size();
  return {canvas.row->philox_key, canvas.row->completion, canvas.index, step,
          position >= prompt ? position - prompt
                             : settings_.canvas_tokens + position};
}

Completion Decoder::Finish(const Canvas& canvas) const {
  Completion completion;
  completion.index = canvas.row->completion;
  completion.tokens.assign(
      canvas.ids.begin() + canvas.row->prompt_tokens.size(), canvas.ids.end());
  completion.reveal_step = canvas.reveal_step;
  completion.confidence = canvas.confidence;
  const auto eos = std::find(completion.tokens.begin(), completion.tokens.end(),
                             model_.config().eos_id);
  completion.truncated = eos == completion.tokens.end();
  completion.effective_tokens = static_cast<uint32_t>(
      eos - completion.tokens.begin() + (completion.truncated ? 0 : 1));
  return completion;
}

}  // namespace mdrl
