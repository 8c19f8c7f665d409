#include "client/command/generate.h"

#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <ostream>
#include <span>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/generate/completion_line.h"
#include "common/generate/generate_prompts.h"
#include "common/generate/step_display.h"
#include "common/text/tokenizer.h"
#include "common/wire/group_wire.h"
#include "common/wire/lease_wire.h"
#include "common/wire/prompt_wire.h"

namespace mdrl {
namespace {

absl::StatusOr<std::vector<GeneratePrompt>> PromptsOf(
    const GenerateFlags& flags) {
  std::vector<GeneratePrompt> prompts = {
      {"0", {{"user", flags.prompt}}, flags.prefill}};
  if (flags.prompts_file.empty()) return prompts;
  MDRL_ASSIGN_OR_RETURN(prompts, ReadGeneratePrompts(flags.prompts_file));
  for (GeneratePrompt& prompt : prompts) {
    if (prompt.prefill.empty()) prompt.prefill = flags.prefill;
  }
  return prompts;
}

v1::GenerateRequest RequestOf(const GenerateFlags& flags,
                              const GeneratePrompt& prompt) {
  v1::GenerateRequest request;
  request.set_request_id(RandomRequestId());
  for (const Turn& turn : prompt.turns) {
    *request.add_turns() = ToProto(turn);
  }
  request.set_prefill(prompt.prefill);
  if (flags.decode_given) *request.mutable_decode() = ToProto(flags.decode);
  request.set_group_size(flags.group_size);
  if (flags.version) request.set_version(*flags.version);
  if (flags.seed) request.set_seed(*flags.seed);
  return request;
}

// The canvas after each step that revealed something.
void ShowSteps(const Completion& completion, StepDisplay& display) {
  std::map<uint16_t, std::vector<uint32_t>> by_step;
  for (uint32_t at = 0; at < completion.reveal_step.size(); ++at) {
    const uint16_t step = completion.reveal_step[at];
    if (step != kNeverRevealed) by_step[step].push_back(at);
  }
  if (by_step.empty()) return;
  const uint32_t steps = by_step.rbegin()->first + 1u;
  for (const auto& [step, positions] : by_step) {
    for (const uint32_t at : positions) {
      display.Reveal(at, completion.tokens[at]);
    }
    display.Draw(step + 1u, steps);
  }
}

}  // namespace

absl::Status RunGenerate(const Session& session, const GenerateFlags& flags) {
  MDRL_ASSIGN_OR_RETURN(const std::vector<GeneratePrompt> prompts,
                        PromptsOf(flags));
  std::unique_ptr<Tokenizer> tokenizer;
  if (flags.show_steps) {
    MDRL_ASSIGN_OR_RETURN(
        tokenizer,
        Tokenizer::Read(std::filesystem::path(flags.model) / "tokenizer.json"));
  }
  StepDisplay display(*session.err, /*in_place=*/false,
                      [&tokenizer](std::span<const int32_t> tokens) {
                        return tokenizer->Decode(tokens, /*skip_special=*/true);
                      });
  std::ofstream file;
  if (!flags.out.empty()) {
    file.open(flags.out, std::ios::trunc);
    if (!file) {
      return absl::InvalidArgumentError(flags.out + ": cannot be written");
    }
  }
  std::ostream& out = flags.out.empty() ? *session.out : file;
  MDRL_ASSIGN_OR_RETURN(const auto link, session.Connect());
  for (const GeneratePrompt& prompt : prompts) {
    const auto reply = link->Generate(RequestOf(flags, prompt));
    if (!reply.ok()) {
      return WithContext(reply.status(), absl::StrCat("prompt ", prompt.id));
    }
    MDRL_ASSIGN_OR_RETURN(const Group group, FromProto(reply->group()));
    for (size_t i = 0; i < group.completions.size(); ++i) {
      const Completion& completion = group.completions[i];
      if (flags.show_steps) {
        display.Begin(absl::StrCat("prompt ", prompt.id, ", completion ", i),
                      static_cast<uint32_t>(completion.tokens.size()));
        ShowSteps(completion, display);
      }
      const int at = static_cast<int>(i);
      out << CompletionLine(
                 prompt, completion,
                 at < reply->texts_size() ? reply->texts(at) : std::string(),
                 {.reveals = flags.reveals,
                  .version = reply->policy().version()})
          << "\n";
    }
    out.flush();
  }
  if (!out) return absl::UnavailableError("the output cannot be written");
  return absl::OkStatus();
}

}  // namespace mdrl
