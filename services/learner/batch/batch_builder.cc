#include "services/learner/batch/batch_builder.h"

#include <algorithm>
#include <map>
#include <utility>

#include "ATen/core/TensorAccessor.h"
#include "ATen/ops/empty.h"
#include "ATen/ops/zeros.h"
#include "common/base/log.h"
#include "services/learner/corruption/draw_source.h"

namespace mdrl {
namespace {

// Corruption draws of a place that are for training.
constexpr uint32_t kTrainingUse = 0;

struct DrawnSample {
  int64_t index;  // b * S + s
  Sample sample;
};

// By prompt and canvas length.
using Shelves = std::map<std::pair<int64_t, int64_t>, std::vector<DrawnSample>>;

MicroBatch Pack(std::span<const DrawnSample> samples, int64_t prompt,
                int64_t canvas) {
  const int64_t rows = static_cast<int64_t>(samples.size());
  MicroBatch out;
  out.prompt_tokens = prompt;
  out.ids_RT = at::empty({rows, prompt + canvas}, at::kLong);
  out.target_RL = at::empty({rows, canvas}, at::kLong);
  out.scored_RL = at::empty({rows, canvas}, at::kBool);
  out.sample_R = at::empty({rows}, at::kLong);
  for (int64_t r = 0; r < rows; ++r) {
    const Sample& sample = samples[r].sample;
    MDRL_CHECK(static_cast<int64_t>(sample.input.size()) == prompt + canvas &&
               static_cast<int64_t>(sample.target.size()) == canvas &&
               static_cast<int64_t>(sample.scored.size()) == canvas)
        << "a corruption law changed a canvas's length";
    std::copy(sample.input.begin(), sample.input.end(),
              out.ids_RT.data_ptr<int64_t>() + r * (prompt + canvas));
    std::copy(sample.target.begin(), sample.target.end(),
              out.target_RL.data_ptr<int64_t>() + r * canvas);
    std::copy(sample.scored.begin(), sample.scored.end(),
              out.scored_RL.data_ptr<bool>() + r * canvas);
    out.sample_R.data_ptr<int64_t>()[r] = samples[r].index;
  }
  return out;
}

}  // namespace

StepRows CollectRows(std::span<const TrainGroup> groups) {
  StepRows out;
  std::vector<double> rewards;
  std::vector<int64_t> group_of;
  for (const TrainGroup& group : groups) {
    const size_t first = rewards.size();
    for (const Completion& completion : group.group.completions) {
      if (!completion.score.reward.has_value()) continue;
      out.rows.push_back({&group, &completion});
      rewards.push_back(*completion.score.reward);
      group_of.push_back(static_cast<int64_t>(out.groups));
      out.tokens += completion.effective_tokens;
    }
    ++out.groups;
    const auto same = [&](double r) { return r == rewards[first]; };
    if (std::all_of(rewards.begin() + first, rewards.end(), same)) {
      ++out.zero_spread;
    }
  }
  const int64_t rows = static_cast<int64_t>(rewards.size());
  out.reward_B = at::empty({rows}, at::kDouble);
  out.group_B = at::empty({rows}, at::kLong);
  out.length_B = at::empty({rows}, at::kDouble);
  for (int64_t b = 0; b < rows; ++b) {
    out.reward_B.data_ptr<double>()[b] = rewards[b];
    out.group_B.data_ptr<int64_t>()[b] = group_of[b];
    out.length_B.data_ptr<double>()[b] =
        out.rows[b].completion->effective_tokens;
  }
  return out;
}

StepBatch BuildStep(const StepRows& step, const std::vector<bool>& read,
                    const CorruptionLaw& law, int step_in_round,
                    int steps_in_round, int64_t micro_batch_tokens) {
  MDRL_CHECK(read.size() == step.rows.size());
  std::vector<std::vector<Sample>> drawn(step.rows.size());
  int64_t samples = 1;
  int64_t longest = 1;
  for (size_t b = 0; b < step.rows.size(); ++b) {
    const auto& [group, completion] = step.rows[b];
    longest =
        std::max(longest, static_cast<int64_t>(completion->tokens.size()));
    if (!read[b]) continue;
    const Place place{
        .completion = static_cast<int>(completion->index),
        .group_size = static_cast<int>(group->group.completions.size()),
        .step_in_round = step_in_round,
        .steps_in_round = steps_in_round};
    PhiloxDraws draws(group->philox_key, kTrainingUse, place);
    drawn[b] = law.Draw(group->prompt_tokens, *completion, place, draws);
    samples = std::max(samples, static_cast<int64_t>(drawn[b].size()));
  }

  const int64_t rows = static_cast<int64_t>(step.rows.size());
  StepBatch out;
  out.scored_BSL = at::zeros({rows, samples, longest}, at::kBool);
  out.weight_BS = at::zeros({rows, samples}, at::kDouble);
  auto scored = out.scored_BSL.accessor<bool, 3>();
  auto weight = out.weight_BS.accessor<double, 2>();
  Shelves shelves;
  for (int64_t b = 0; b < rows; ++b) {
    const int64_t prompt =
        static_cast<int64_t>(step.rows[b].group->prompt_tokens.size());
    for (int64_t s = 0; s < static_cast<int64_t>(drawn[b].size()); ++s) {
      Sample& sample = drawn[b][s];
      const int64_t canvas = static_cast<int64_t>(sample.target.size());
      for (int64_t i = 0; i < canvas; ++i) scored[b][s][i] = sample.scored[i];
      weight[b][s] = sample.weight;
      shelves[{prompt, canvas}].push_back({b * samples + s, std::move(sample)});
    }
  }
  for (const auto& [lengths, shelf] : shelves) {
    const auto [prompt, canvas] = lengths;
    const size_t fit = static_cast<size_t>(
        std::max<int64_t>(1, micro_batch_tokens / (prompt + canvas)));
    for (size_t first = 0; first < shelf.size(); first += fit) {
      const size_t size = std::min(fit, shelf.size() - first);
      out.micro_batches.push_back(
          Pack(std::span(shelf).subspan(first, size), prompt, canvas));
      out.tokens += out.micro_batches.back().tokens();
    }
  }
  return out;
}

}  // namespace mdrl
