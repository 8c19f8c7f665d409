#include "services/rollout/command/generate.h"

#include <algorithm>
#include <array>
#include <filesystem>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "ATen/Parallel.h"
#include "absl/strings/str_cat.h"
#include "common/base/memory.h"
#include "common/base/philox.h"
#include "common/base/status_macros.h"
#include "common/format/model_folder.h"
#include "common/generate/completion_line.h"
#include "common/generate/generate_prompts.h"
#include "common/generate/step_display.h"
#include "common/model/adapter_source.h"
#include "common/model/transformer.h"
#include "common/model/weights.h"
#include "common/tensor/torch_status.h"
#include "common/text/chat_template.h"
#include "common/text/tokenizer.h"
#include "services/rollout/completion_text.h"
#include "services/rollout/decode/decoder.h"

namespace mdrl {
namespace {

constexpr uint64_t kSeed = 42;

absl::StatusOr<std::unique_ptr<const Transformer>> ReadModel(
    const GenerateFlags& flags) {
  MDRL_ASSIGN_OR_RETURN(std::shared_ptr<const ModelFolder> folder,
                        ModelFolder::Open(flags.model));
  // Half: activations want room too.
  MDRL_ASSIGN_OR_RETURN(NamedTensors weights,
                        LoadFrozenWeights(folder, AvailableMemory() / 2));
  auto base =
      std::make_unique<const Transformer>(folder->config(), std::move(weights));
  if (flags.adapter.empty()) return base;
  MDRL_ASSIGN_OR_RETURN(const LoadedAdapter loaded,
                        LoadAdapter(flags.adapter, folder->config(),
                                    flags.ignore_unmatched_targets));
  return std::make_unique<const Transformer>(base->With(loaded.adapter));
}

// Prompt p's 16 bytes of Philox key material: its place.
uint64_t KeyOf(uint64_t seed, uint64_t prompt) {
  std::array<uint8_t, 16> id{};
  for (int i = 0; i < 8; ++i) {
    id[i] = static_cast<uint8_t>(prompt >> (8 * i));
  }
  return PhiloxKey(seed, static_cast<uint32_t>(Purpose::kGenerate), id);
}

// Every completion that is asked for, in output order.
struct Work {
  std::vector<DecodeRow> rows;
  std::vector<const GeneratePrompt*> prompts;  // of each row
};

absl::StatusOr<Work> MakeWork(const GenerateFlags& flags,
                              const std::vector<GeneratePrompt>& prompts,
                              const Tokenizer& tokenizer,
                              const ChatTemplate& chat) {
  Work work;
  for (size_t p = 0; p < prompts.size(); ++p) {
    const GeneratePrompt& prompt = prompts[p];
    const absl::StatusOr<std::string> text =
        chat.Render(prompt.turns, prompt.prefill);
    absl::StatusOr<std::vector<int32_t>> tokens =
        text.ok() ? tokenizer.Encode(*text) : text.status();
    if (!tokens.ok()) {
      return WithContext(tokens.status(), absl::StrCat("prompt ", prompt.id));
    }
    for (uint32_t i = 0; i < flags.group_size; ++i) {
      work.rows.push_back({*tokens, KeyOf(flags.seed.value_or(kSeed), p), i});
      work.prompts.push_back(&prompt);
    }
  }
  return work;
}

}  // namespace

absl::Status Generate(const GenerateFlags& flags, std::ostream& out,
                      std::ostream& display, bool terminal) {
  if (flags.threads > 0) at::set_num_threads(static_cast<int>(flags.threads));
  std::vector<GeneratePrompt> prompts = {
      {"0", {{"user", flags.prompt}}, flags.prefill}};
  if (!flags.prompts_file.empty()) {
    MDRL_ASSIGN_OR_RETURN(prompts, ReadGeneratePrompts(flags.prompts_file));
    for (GeneratePrompt& prompt : prompts) {
      if (prompt.prefill.empty()) prompt.prefill = flags.prefill;
    }
  }
  const std::filesystem::path folder = flags.model;
  MDRL_ASSIGN_OR_RETURN(const auto tokenizer,
                        Tokenizer::Read(folder / "tokenizer.json"));
  MDRL_ASSIGN_OR_RETURN(const ChatTemplate chat, ChatTemplate::Read(folder));
  MDRL_ASSIGN_OR_RETURN(const auto model, ReadModel(flags));
  MDRL_ASSIGN_OR_RETURN(const Work work,
                        MakeWork(flags, prompts, *tokenizer, chat));

  DecodeSettings settings = flags.decode;
  const ModelConfig& config = model->config();
  settings.forbid_ids = {static_cast<uint32_t>(config.mask_id)};
  DecoderOptions options;
  options.attend_padding = flags.attend_padding;
  MDRL_ASSIGN_OR_RETURN(const auto decoder,
                        Decoder::Create(*model, settings, options));

  StepDisplay steps(display, terminal, [&](std::span<const int32_t> tokens) {
    return tokenizer->Decode(tokens, /*skip_special=*/true);
  });
  DecodeWatch watch;
  const std::vector<DecodeRow>& rows = work.rows;
  for (size_t first = 0; first < rows.size(); first += flags.rows) {
    const auto batch = std::span(rows).subspan(
        first, std::min<size_t>(flags.rows, rows.size() - first));
    if (flags.show_steps) {
      const uint32_t prompt_tokens = batch.front().prompt_tokens.size();
      steps.Begin(absl::StrCat("prompt ", work.prompts[first]->id,
                               ", completion ", batch.front().completion),
                  settings.canvas_tokens);
      watch.reveal = [&steps, prompt_tokens](const RevealEvent& event) {
        if (event.row != 0 || event.position < prompt_tokens) return;
        steps.Reveal(event.position - prompt_tokens, event.token);
      };
      watch.progress = [&steps](uint32_t done, uint32_t total) {
        steps.Draw(done, total);
      };
    }
    MDRL_ASSIGN_OR_RETURN(const std::vector<Completion> completions,
                          decoder->Decode(batch, watch));
    for (size_t i = 0; i < completions.size(); ++i) {
      out << CompletionLine(
                 *work.prompts[first + i], completions[i],
                 CompletionText(*tokenizer, completions[i].tokens,
                                config.eos_id, /*keep_after_eos=*/false),
                 {.reveals = flags.reveals})
          << "\n";
    }
    out.flush();
  }
  if (!out) return absl::UnavailableError("the output cannot be written");
  return absl::OkStatus();
}

}  // namespace mdrl
