#include "services/learner/corruption/decode_states.h"

#include <algorithm>
#include <limits>
#include <map>
#include <utility>

#include "common/base/log.h"
#include "services/learner/corruption/canvas.h"

namespace mdrl {
namespace {

constexpr int kNoRun = std::numeric_limits<int>::max();

// The run of each position; kNoRun where it was never revealed.
std::vector<int> Runs(const std::vector<uint16_t>& reveal_step, int merge) {
  std::map<uint16_t, int> run_of;
  for (const uint16_t step : reveal_step) {
    if (step != kNeverRevealed) run_of[step] = 0;
  }
  int rank = 0;
  for (auto& [step, run] : run_of) run = rank++ / merge;
  std::vector<int> runs;
  runs.reserve(reveal_step.size());
  for (const uint16_t step : reveal_step) {
    runs.push_back(step == kNeverRevealed ? kNoRun : run_of[step]);
  }
  return runs;
}

}  // namespace

std::vector<Sample> DecodeStatesLaw::Draw(
    std::span<const int32_t> prompt_tokens, const Completion& completion,
    const Place&, DrawSource&) const {
  const int length = static_cast<int>(completion.tokens.size());
  MDRL_CHECK(completion.reveal_step.size() == completion.tokens.size())
      << "a completion without its reveals";
  const std::vector<int> runs = Runs(completion.reveal_step, options_.merge);
  int last = -1;
  for (const int run : runs) {
    if (run != kNoRun) last = std::max(last, run);
  }
  std::vector<bool> may_score(length, true);
  int eos = 0;
  for (int i = 0; i < length && options_.eos_scored.has_value(); ++i) {
    if (completion.tokens[i] != options_.eos_id) continue;
    may_score[i] = eos++ < *options_.eos_scored;
  }

  std::vector<Sample> samples;
  for (int run = 0; run <= last; ++run) {
    Sample sample = CleanSample(prompt_tokens, completion);
    for (int i = 0; i < length; ++i) {
      if (runs[i] < run) continue;
      sample.input[prompt_tokens.size() + i] = options_.mask_id;
      sample.scored[i] = runs[i] == run && may_score[i];
      if (sample.scored[i]) sample.weight = 1.0;
    }
    if (sample.weight > 0.0) samples.push_back(std::move(sample));
  }
  return samples;
}

}  // namespace mdrl
