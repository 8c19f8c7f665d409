#include "services/learner/corruption/registry.h"

#include <string_view>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "services/learner/corruption/all.h"
#include "services/learner/corruption/bernoulli.h"
#include "services/learner/corruption/block_all.h"
#include "services/learner/corruption/block_random.h"
#include "services/learner/corruption/coupled.h"
#include "services/learner/corruption/decode_states.h"
#include "services/learner/corruption/left_to_right.h"
#include "services/learner/corruption/suffix_block.h"

namespace mdrl {
namespace {

using Settings = CorruptionSettings;
using LawPtr = std::unique_ptr<CorruptionLaw>;

LawPtr MakeAll(const Settings& s) {
  return std::make_unique<AllLaw>(
      AllLaw::Options{s.mask_id, s.samples, s.mask_prompt});
}
LawPtr MakeRandom(const Settings& s) {
  return std::make_unique<RandomLaw>(RandomLaw::Options{
      s.mask_id, s.samples, s.ratio, s.mask_prompt, s.count});
}
LawPtr MakeBlockAll(const Settings& s) {
  return std::make_unique<BlockAllLaw>(BlockAllLaw::Options{
      s.mask_id, s.samples, s.block_tokens, s.mask_prompt, s.choice});
}
LawPtr MakeBlockRandom(const Settings& s) {
  return std::make_unique<BlockRandomLaw>(
      BlockRandomLaw::Options{s.mask_id, s.samples, s.block_tokens, s.ratio,
                              s.mask_prompt, s.choice, s.score_block_only});
}
LawPtr MakeBernoulli(const Settings& s) {
  return std::make_unique<BernoulliLaw>(
      BernoulliLaw::Options{.mask_id = s.mask_id, .samples = s.samples});
}
LawPtr MakeCoupled(const Settings& s) {
  return std::make_unique<CoupledLaw>(
      CoupledLaw::Options{.mask_id = s.mask_id, .pairs = s.samples});
}
LawPtr MakeSuffixBlock(const Settings& s) {
  return std::make_unique<SuffixBlockLaw>(SuffixBlockLaw::Options{
      s.mask_id, s.samples, s.block_tokens, s.active_only});
}
LawPtr MakeDecodeStates(const Settings& s) {
  return std::make_unique<DecodeStatesLaw>(
      DecodeStatesLaw::Options{s.mask_id, s.eos_id, s.merge, s.eos_scored});
}
LawPtr MakeLeftToRight(const Settings& s) {
  return std::make_unique<LeftToRightLaw>(
      LeftToRightLaw::Options{.mask_id = s.mask_id});
}

struct Entry {
  std::string_view kind;
  LawPtr (*make)(const Settings&);
};

constexpr Entry kLaws[] = {
    {"all", MakeAll},
    {"random", MakeRandom},
    {"block_all", MakeBlockAll},
    {"block_random", MakeBlockRandom},
    {"bernoulli", MakeBernoulli},
    {"coupled", MakeCoupled},
    {"suffix_block", MakeSuffixBlock},
    {"decode_states", MakeDecodeStates},
    {"left_to_right", MakeLeftToRight},
};

absl::Status CheckRanges(const Settings& s) {
  const auto share = [](double x) { return x >= 0.0 && x <= 1.0; };
  if (s.samples < 1) {
    return absl::InvalidArgumentError("algorithm.samples must be at least 1");
  }
  if (s.block_tokens < 1) {
    return absl::InvalidArgumentError("block_tokens must be at least 1");
  }
  if (s.merge < 1) {
    return absl::InvalidArgumentError(
        "algorithm.tracerl.merge must be at least 1");
  }
  if (!share(s.mask_prompt)) {
    return absl::InvalidArgumentError(
        "algorithm.corruption.mask_prompt must lie in 0..1");
  }
  if (!share(s.ratio.low) || !share(s.ratio.high) ||
      s.ratio.low > s.ratio.high) {
    return absl::InvalidArgumentError(
        "algorithm.corruption.ratio must be two rising numbers in 0..1");
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::unique_ptr<CorruptionLaw>> MakeCorruptionLaw(
    const CorruptionSettings& settings) {
  if (absl::Status status = CheckRanges(settings); !status.ok()) return status;
  std::string known;
  for (const Entry& entry : kLaws) {
    if (entry.kind == settings.kind) return entry.make(settings);
    absl::StrAppend(&known, known.empty() ? "" : ", ", std::string(entry.kind));
  }
  return absl::InvalidArgumentError(
      absl::StrCat("algorithm.corruption.kind \"", settings.kind,
                   "\" is unknown; there are ", known));
}

}  // namespace mdrl
