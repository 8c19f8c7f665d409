#include "services/rollout/decode/decode_settings.h"

#include <cmath>
#include <set>
#include <string>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "services/rollout/decode/unmask_schedule.h"

namespace mdrl {
namespace {

absl::Status Later(const std::string& what) {
  return absl::UnimplementedError(
      absl::StrCat("decode: ", what, " is not implemented in this release"));
}

absl::Status Wrong(const std::string& what) {
  return absl::InvalidArgumentError(absl::StrCat("decode: ", what));
}

absl::Status CheckWords(const DecodeSettings& settings) {
  if (settings.reveal == Reveal::kUnspecified) {
    return Wrong("reveal is not set; give low_confidence, random or threshold");
  }
  if (settings.cache == DecodeCache::kUnspecified) {
    return Wrong("cache is not set; give none, prefix or dual");
  }
  if (settings.cache == DecodeCache::kBlockCausal) {
    return Later("cache block_causal");
  }
  if (settings.swap_at == SwapAt::kUnspecified) {
    return Wrong("swap_at is not set; give group");
  }
  if (settings.swap_at != SwapAt::kGroup) {
    return Later("swap_at other than group");
  }
  return absl::OkStatus();
}

absl::Status CheckNumbers(const DecodeSettings& settings) {
  if (!(settings.temperature >= 0.0f) || std::isinf(settings.temperature)) {
    return Wrong("temperature must be 0 or a positive number");
  }
  if (!(settings.cfg_scale >= 0.0f) || std::isinf(settings.cfg_scale)) {
    return Wrong("cfg_scale must be 0 or a positive number");
  }
  if (settings.cfg_scale > 0.0f && settings.cache != DecodeCache::kNone) {
    return Wrong("cfg_scale above 0 needs cache none: guidance has no cache");
  }
  if (settings.reveal == Reveal::kThreshold &&
      !(settings.threshold >= 0.0f && settings.threshold <= 1.0f)) {
    return Wrong("threshold must be a probability");
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status CheckDecodeSettings(const DecodeSettings& settings,
                                 const ModelConfig& model) {
  if (settings.canvas_tokens == 0 || settings.block_tokens == 0 ||
      settings.canvas_tokens % settings.block_tokens != 0) {
    return Wrong(absl::StrCat("block_tokens ", settings.block_tokens,
                              " must divide canvas_tokens ",
                              settings.canvas_tokens));
  }
  if (settings.canvas_tokens > model.max_sequence) {
    return Wrong(absl::StrCat("canvas_tokens ", settings.canvas_tokens,
                              " exceeds the model's ", model.max_sequence,
                              " positions"));
  }
  // Step numbers end below 0xFFFF, which says "never revealed". A threshold
  // takes as many steps as it takes, at most one per position.
  const uint32_t blocks = settings.canvas_tokens / settings.block_tokens;
  if (settings.reveal == Reveal::kThreshold
          ? settings.canvas_tokens > 0xFFFF
          : settings.decode_steps == 0 ||
                uint64_t{blocks} *
                        StepsPerBlock(settings.decode_steps, blocks) >
                    0xFFFF) {
    return Wrong(absl::StrCat("decode_steps ", settings.decode_steps,
                              " must be 1..65535"));
  }
  MDRL_RETURN_IF_ERROR(CheckNumbers(settings));
  const std::set<uint32_t> forbidden(settings.forbid_ids.begin(),
                                     settings.forbid_ids.end());
  if (!forbidden.empty() && *forbidden.rbegin() >= uint64_t(model.vocab)) {
    return Wrong(absl::StrCat("forbid_ids has ", *forbidden.rbegin(),
                              ", the vocabulary ends at ", model.vocab - 1));
  }
  if (forbidden.size() >= uint64_t(model.vocab)) {
    return Wrong("forbid_ids leaves no token to choose");
  }
  return CheckWords(settings);
}

}  // namespace mdrl
