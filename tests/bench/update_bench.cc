// An SPG update of the example's size: 96 completions, K 2, prompt 18,
// canvas 16.
//
//   update_bench [threads] [updates]
#include <cstdio>
#include <cstdlib>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "ATen/Parallel.h"
#include "services/learner/algorithm/spg.h"
#include "services/learner/corruption/block_random.h"
#include "services/learner/update/policy_update.h"
#include "tests/services/learner/train_groups.h"
#include "tests/testing/tiny_model.h"

int main(int argc, char** argv) {
  using namespace mdrl;
  at::set_num_threads(argc > 1 ? std::atoi(argv[1]) : 2);
  const int updates = argc > 2 ? std::atoi(argv[2]) : 20;
  const Transformer model = TinyModel(ExampleConfig());
  const Spg spg({}, std::make_unique<BlockRandomLaw>(BlockRandomLaw::Options{
                        .mask_id = 0, .samples = 2, .block_tokens = 8}));
  std::vector<TrainGroup> groups;
  for (uint64_t g = 0; g < 12; ++g) {
    groups.push_back(MakeTrainGroup(
        g, {.prompt_tokens = 18, .canvas_tokens = 16, .completions = 8}));
    for (Completion& completion : groups.back().group.completions) {
      completion.effective_tokens = 16;
    }
  }
  PolicyUpdateOptions options;
  options.lr.peak = 1e-4;
  options.iterations = updates + 2;
  PolicyUpdate update(spg, model, model.weights(), options, Clock::Real());
  if (!update.BeginRound(groups).ok()) return 1;
  std::map<std::string, double> seconds;
  double total = 0.0;
  for (int k = 0; k < update.steps(); ++k) {
    const absl::Time start = Clock::Real().Now();
    const auto stats = update.Step(k);
    if (!stats.ok()) return 1;
    if (k < 2) continue;  // allocators and threads warm up
    total += absl::ToDoubleSeconds(Clock::Real().Now() - start);
    for (const auto& [phase, time] : stats->seconds) seconds[phase] += time;
  }
  std::printf("update %.1f ms", 1e3 * total / updates);
  for (const auto& [phase, time] : seconds) {
    std::printf("  %s %.1f", phase.c_str(), 1e3 * time / updates);
  }
  std::printf("\n");
  return 0;
}
