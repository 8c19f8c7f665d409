#include "common/generate/generate_flags.h"

#include <algorithm>
#include <array>
#include <functional>
#include <map>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/base/error.h"
#include "common/base/status_macros.h"

namespace mdrl {

namespace {

constexpr GenerateOption kOptions[] = {
    {"--model", "DIR", "A model folder; with --learner only its tokenizer"},
    {"--adapter", "DIR", "A PEFT folder or a checkpoint of a LoRA run"},
    {"--prompt", "TEXT", "Decodes this one"},
    {"--prompts", "FILE", "JSON lines with prompt or messages, and prefill"},
    {"--prefill", "TEXT", "What every answer begins with"},
    {"--learner", "ADDRESS", "The workers of its run decode"},
    {"--version", "V", "With --learner: policy; else the newest"},
    {"--canvas", "N", "Positions to fill, 256"},
    {"--block", "B", "Positions of a block, 32"},
    {"--steps", "S", "Denoising steps, canvas / 2"},
    {"--temperature", "T", "0 takes the most likely token"},
    {"--reveal", "WORD", "low_confidence, random or threshold"},
    {"--threshold", "P", "For --reveal threshold, 0.9"},
    {"--cache", "WORD", "none; prefix and dual are approximations"},
    {"--cfg-scale", "W", "Classifier-free guidance, 0"},
    {"--no-stop-at-eos", "", "Fills the canvas behind the first end too"},
    {"-n", "N", "Completions per prompt, 1"},
    {"--seed", "S", "Of the noise, 42; with --learner the run's"},
    {"--rows", "N", "Completions that share a forward, 8"},
    {"--threads", "N", "All cores"},
    {"--reveals", "", "Step and confidence of every position"},
    {"--show-steps", "", "Shows how a canvas is filled"},
    {"--compat", "WORD", "attend_padding or ignore_unmatched_targets"},
    {"--out", "FILE", "Instead of standard output"},
};

absl::Status Usage(const std::string& message) {
  return ErrorWith(absl::StatusCode::kInvalidArgument, reason::kUsage, "",
                   absl::StrCat(message, "; see generate --help"));
}

using Take = std::function<bool(std::string_view value)>;

struct ValueFlag {
  Take take;
  const char* takes;  // "a number from 1 on"
};

ValueFlag Any(std::optional<uint64_t>& out) {
  return {[&out](std::string_view value) {
            return absl::SimpleAtoi(
                absl::string_view(value.data(), value.size()), &out.emplace());
          },
          "a number from 0 on"};
}

template <typename Number>
ValueFlag From(Number least, Number& out, const char* takes) {
  return {[least, &out](std::string_view value) {
            return absl::SimpleAtoi(
                       absl::string_view(value.data(), value.size()), &out) &&
                   out >= least;
          },
          takes};
}

ValueFlag Fraction(float& out, float most, const char* takes) {
  return {[most, &out](std::string_view value) {
            return absl::SimpleAtof(
                       absl::string_view(value.data(), value.size()), &out) &&
                   out >= 0.0f && out <= most;
          },
          takes};
}

ValueFlag Text(std::string& out) {
  return {[&out](std::string_view value) {
            out = std::string(value);
            return true;
          },
          "a text"};
}

template <typename Value>
ValueFlag Word(std::map<std::string, Value, std::less<>> words, Value& out,
               const char* takes) {
  return {[words = std::move(words), &out](std::string_view value) {
            const auto found = words.find(value);
            if (found == words.end()) return false;
            out = found->second;
            return true;
          },
          takes};
}

std::map<std::string_view, ValueFlag> ValueFlags(GenerateFlags& flags) {
  DecodeSettings& decode = flags.decode;
  static constexpr char kFromOne[] = "a number from 1 on";
  constexpr float kLarge = 1e6f;
  return {
      {"--model", Text(flags.model)},
      {"--learner", Text(flags.learner)},
      {"--adapter", Text(flags.adapter)},
      {"--prompt", Text(flags.prompt)},
      {"--prompts", Text(flags.prompts_file)},
      {"--prefill", Text(flags.prefill)},
      {"--out", Text(flags.out)},
      {"--canvas", From(1u, decode.canvas_tokens, kFromOne)},
      {"--block", From(1u, decode.block_tokens, kFromOne)},
      {"--steps", From(1u, decode.decode_steps, kFromOne)},
      {"-n", From(1u, flags.group_size, kFromOne)},
      {"--rows", From(1u, flags.rows, kFromOne)},
      {"--threads", From(1u, flags.threads, kFromOne)},
      {"--seed", Any(flags.seed)},
      {"--version", Any(flags.version)},
      {"--temperature",
       Fraction(decode.temperature, kLarge, "a number from 0 on")},
      {"--cfg-scale", Fraction(decode.cfg_scale, kLarge, "a number from 0 on")},
      {"--threshold", Fraction(decode.threshold, 1.0f, "a probability")},
      {"--reveal",
       Word<Reveal>({{"low_confidence", Reveal::kLowConfidence},
                     {"random", Reveal::kRandom},
                     {"threshold", Reveal::kThreshold}},
                    decode.reveal, "low_confidence, random or threshold")},
      {"--cache", Word<DecodeCache>({{"none", DecodeCache::kNone},
                                     {"prefix", DecodeCache::kPrefix},
                                     {"dual", DecodeCache::kDual}},
                                    decode.cache, "none, prefix or dual")},
      {"--compat",
       {[&flags](std::string_view value) {
          if (value == "attend_padding") return flags.attend_padding = true;
          if (value == "ignore_unmatched_targets") {
            return flags.ignore_unmatched_targets = true;
          }
          return false;
        },
        "attend_padding or ignore_unmatched_targets"}}};
}

bool TakeSwitch(std::string_view flag, GenerateFlags& flags) {
  if (flag == "--show-steps") return flags.show_steps = true;
  if (flag == "--reveals") return flags.reveals = true;
  if (flag == "--no-stop-at-eos") {
    flags.decode.stop_at_eos = false;
    return flags.decode_given = true;
  }
  if (flag == "--help" || flag == "-h") return flags.help = true;
  return false;
}

// What a learner's policy decides by itself.
constexpr std::array<std::string_view, 4> kHereOnly = {"--adapter", "--rows",
                                                       "--threads", "--compat"};
constexpr std::array<std::string_view, 8> kDecodes = {
    "--canvas", "--block",     "--steps", "--temperature",
    "--reveal", "--threshold", "--cache", "--cfg-scale"};

template <size_t N>
bool Among(const std::array<std::string_view, N>& names,
           std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

absl::Status Check(const GenerateFlags& flags,
                   const std::vector<std::string_view>& here_only) {
  if (!flags.learner.empty() && !here_only.empty()) {
    return Usage(absl::StrCat(std::string(here_only.front()),
                              " is for decoding here, not with --learner"));
  }
  if (flags.learner.empty() && flags.version) {
    return Usage("--version is for --learner");
  }
  if (flags.model.empty() && (flags.learner.empty() || flags.show_steps)) {
    return Usage(flags.learner.empty()
                     ? "--model is missing"
                     : "--show-steps needs --model, the run's model folder: a "
                       "learner sends tokens, whose texts are its tokenizer's");
  }
  if (flags.prompt.empty() == flags.prompts_file.empty()) {
    return Usage("give either --prompt or --prompts");
  }
  const DecodeSettings& decode = flags.decode;
  if (decode.canvas_tokens % decode.block_tokens != 0) {
    return Usage(absl::StrCat("--canvas ", decode.canvas_tokens,
                              " is not a multiple of --block ",
                              decode.block_tokens));
  }
  return absl::OkStatus();
}

}  // namespace

std::span<const GenerateOption> GenerateOptions() { return kOptions; }

std::string GenerateUsage() {
  std::string text =
      "mdrl-rollout generate --model DIR [--adapter DIR] "
      "(--prompt TEXT | --prompts FILE)\n"
      "  decodes prompts without a run and writes one JSON line per "
      "completion\n";
  for (const GenerateOption& option : kOptions) {
    const std::string head = absl::StrCat(
        option.name, *option.value == '\0' ? "" : " ", option.value);
    absl::StrAppendFormat(&text, "    %-20s %s\n", head, option.what);
  }
  return text;
}

absl::StatusOr<GenerateFlags> ParseGenerateFlags(
    std::span<const std::string_view> arguments) {
  GenerateFlags flags;
  flags.decode.canvas_tokens = 256;
  flags.decode.block_tokens = 32;
  flags.decode.stop_at_eos = true;
  flags.decode.threshold = 0.9f;
  const auto known = ValueFlags(flags);
  std::vector<std::string_view> here_only;
  for (size_t i = 0; i < arguments.size(); ++i) {
    std::string_view flag = arguments[i];
    if (TakeSwitch(flag, flags)) continue;
    // Both --flag=value and --flag value.
    const size_t equals = flag.starts_with("--") ? flag.find('=') : flag.npos;
    const bool joined = equals != flag.npos;
    const auto found = known.find(flag.substr(0, equals));
    if (found == known.end()) {
      return Usage(
          absl::StrCat("unknown argument \"", std::string(flag), "\""));
    }
    if (!joined && i + 1 == arguments.size()) {
      return Usage(absl::StrCat(std::string(flag), " needs a value"));
    }
    const std::string_view value =
        joined ? flag.substr(equals + 1) : arguments[++i];
    if (!found->second.take(value)) {
      return Usage(absl::StrCat(std::string(found->first), " takes ",
                                found->second.takes, ", not \"",
                                std::string(value), "\""));
    }
    if (Among(kHereOnly, found->first)) here_only.push_back(found->first);
    if (Among(kDecodes, found->first)) flags.decode_given = true;
  }
  if (flags.help) return flags;
  if (flags.decode.decode_steps == 0) {
    flags.decode.decode_steps =
        std::max(flags.decode.canvas_tokens / flags.decode.block_tokens,
                 flags.decode.canvas_tokens / 2);
  }
  MDRL_RETURN_IF_ERROR(Check(flags, here_only));
  return flags;
}

}  // namespace mdrl
