#include "services/rollout/command/generate_flags.h"

#include <algorithm>
#include <functional>
#include <map>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "common/base/status_macros.h"

namespace mdrl {

const char kGenerateUsage[] =
    R"(mdrl-rollout generate --model DIR [--adapter DIR] (--prompt TEXT | --prompts FILE)
  decodes prompts without a run and writes one JSON line per completion
    --prompts FILE       JSON lines with "prompt" or "messages", and "prefill" if any
    --prefill TEXT       what every answer begins with
    --canvas N           positions to fill, 256; --block B, 32; --steps S, canvas / 2
    --temperature T      0 takes the most likely token
    --reveal WORD        low_confidence, random or threshold; --threshold P, 0.9
    --cache WORD         none; prefix and dual are approximations
    --cfg-scale W        classifier-free guidance, 0
    --no-stop-at-eos     fill the canvas behind the first end of sequence too
    -n N                 completions per prompt, 1; --seed S, 42
    --rows N             completions that share a forward, 8; --threads N, all cores
    --reveals            step and confidence of every position in the output
    --show-steps         the first completion of each forward as it is filled
    --compat WORD        attend_padding or ignore_unmatched_targets
    --out FILE           instead of standard output
)";

namespace {

absl::Status Usage(const std::string& message) {
  return ErrorWith(absl::StatusCode::kInvalidArgument, reason::kUsage, "",
                   absl::StrCat(message, "; see mdrl-rollout generate --help"));
}

using Take = std::function<bool(std::string_view value)>;

struct ValueFlag {
  Take take;
  const char* takes;  // "a number from 1 on"
};

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
  constexpr char kFromOne[] = "a number from 1 on";
  constexpr float kLarge = 1e6f;
  return {
      {"--model", Text(flags.model)},
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
      {"--seed", From(uint64_t{0}, flags.seed, "a number from 0 on")},
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
    return true;
  }
  if (flag == "--help" || flag == "-h") return flags.help = true;
  return false;
}

absl::Status Check(const GenerateFlags& flags) {
  if (flags.model.empty()) return Usage("--model is missing");
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

absl::StatusOr<GenerateFlags> ParseGenerateFlags(
    std::span<const std::string_view> arguments) {
  GenerateFlags flags;
  flags.decode.canvas_tokens = 256;
  flags.decode.block_tokens = 32;
  flags.decode.stop_at_eos = true;
  flags.decode.threshold = 0.9f;
  const auto known = ValueFlags(flags);
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
  }
  if (flags.help) return flags;
  if (flags.decode.decode_steps == 0) {
    flags.decode.decode_steps =
        std::max(flags.decode.canvas_tokens / flags.decode.block_tokens,
                 flags.decode.canvas_tokens / 2);
  }
  MDRL_RETURN_IF_ERROR(Check(flags));
  return flags;
}

}  // namespace mdrl
