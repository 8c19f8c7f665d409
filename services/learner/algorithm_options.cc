#include "services/learner/algorithm_options.h"

#include "common/config/derived.h"
#include "common/config/enum_word.h"

namespace mdrl {
namespace {

using config::v1::Algorithm;

AlgorithmSettings::Corruption ToCorruption(const config::v1::Run& run) {
  const Algorithm& from = run.algorithm();
  AlgorithmSettings::Corruption to;
  if (from.corruption().has_kind()) to.kind = Word(from.corruption().kind());
  to.samples = static_cast<int>(from.samples());
  if (from.corruption().has_mask_prompt()) {
    to.mask_prompt = from.corruption().mask_prompt();
  }
  to.ratio = {from.corruption().ratio(0), from.corruption().ratio(1)};
  to.score_block_only = from.corruption().score_block_only();
  to.block_tokens = static_cast<int>(run.rollout().decode().block_tokens());
  if (HasCompat(run, "published_block_law")) to.choice = BlockChoice::kModulo;
  return to;
}

}  // namespace

AlgorithmSettings ToAlgorithm(const config::v1::Run& run) {
  const Algorithm& from = run.algorithm();
  AlgorithmSettings to;
  to.name = from.name();
  if (from.has_advantage()) to.advantage = Word(from.advantage());
  to.corruption = ToCorruption(run);
  to.spg = {from.spg().beta(), from.spg().omega(), Word(from.spg().negative()),
            from.spg().negative_weight(), from.spg().negative_cap()};
  to.diffu_grpo = {from.diffu_grpo().clip(), from.diffu_grpo().kl_beta()};
  to.wd1 = {from.wd1().psi(), HasCompat(run, "published_wd1_batch")};
  to.unigrpo = {
      from.unigrpo().clip(), from.unigrpo().kl_beta(),
      from.unigrpo().has_sweep()
          ? from.unigrpo().sweep()
          : to.corruption.kind.empty() || to.corruption.kind == "random"};
  to.bgpo.divisor = from.bgpo().divisor();
  if (from.bgpo().has_clip()) to.bgpo.clip = from.bgpo().clip();
  to.rspo = {from.rspo().lambda(), from.rspo().centre_per_group()};
  to.dtm = {from.dtm().h(), from.dtm().control_variate(),
            from.dtm().active_only()};
  to.espo = {from.espo().clip_low(), from.espo().clip_high(),
             from.espo().kl_beta()};
  to.tracerl = {static_cast<int>(from.tracerl().merge()),
                static_cast<int>(from.tracerl().eos_scored()),
                from.tracerl().clip(), from.tracerl().kl_beta()};
  to.justgrpo.clip = from.justgrpo().clip();
  return to;
}

}  // namespace mdrl
