// LoRA updates of SPG on the sizes of the reference bench: 12 sequences x 2
// samples, rank 8 on q, k, v and up; the median over the repetitions that fit.
//
//   update_bench [threads] [seconds per size]
//
// One JSON object per size, as bench.py prints.
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <vector>

#include "ATen/Parallel.h"
#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/base/memory.h"
#include "common/format/lora_targets.h"
#include "common/model/lora.h"
#include "services/learner/algorithm/spg.h"
#include "services/learner/corruption/block_random.h"
#include "services/learner/update/policy_update.h"
#include "tests/services/learner/train_groups.h"
#include "tests/testing/tiny_model.h"

namespace mdrl {
namespace {

struct Size {
  const char* name;
  int64_t d, layers, heads, mlp, vocab;
  int prompt, canvas, block;
};
constexpr Size kSizes[] = {
    {"tiny", 64, 2, 4, 128, 64, 16, 32, 8},
    {"small", 128, 4, 4, 256, 256, 32, 64, 16},
    {"medium", 256, 6, 8, 512, 1024, 64, 64, 32},
};

ModelConfig ConfigOf(const Size& size) {
  ModelConfig config = TinyConfig();
  config.d_model = size.d;
  config.n_layers = size.layers;
  config.n_heads = config.n_kv_heads = size.heads;
  config.mlp_hidden = size.mlp;
  config.vocab = size.vocab;
  config.max_sequence = size.prompt + size.canvas;
  return config;
}

Transformer WithLora(const ModelConfig& config) {
  const std::vector<std::string> published = {"published"};
  const auto linears = ResolveTargets(config, published);
  MDRL_CHECK(linears.ok()) << linears.status();
  std::vector<LoraTarget> targets;
  for (const LinearMap& linear : *linears) targets.push_back({linear, 8, 2.0});
  return TinyModel(config).With(Adapter::Init(std::move(targets), 0));
}

// Two groups of six, each canvas full.
std::vector<TrainGroup> Groups(const Size& size) {
  std::vector<TrainGroup> groups;
  for (uint64_t g = 0; g < 2; ++g) {
    groups.push_back(
        MakeTrainGroup(g, {.prompt_tokens = size.prompt,
                           .canvas_tokens = size.canvas,
                           .completions = 6,
                           .vocab = static_cast<int>(size.vocab)}));
    for (Completion& completion : groups.back().group.completions) {
      completion.effective_tokens = static_cast<uint32_t>(size.canvas);
    }
  }
  return groups;
}

double Seconds(Clock& clock, absl::Time since) {
  return absl::ToDoubleSeconds(clock.Now() - since);
}

void Time(const Size& size, int threads, double seconds) {
  const Transformer model = WithLora(ConfigOf(size));
  const Spg spg({},
                std::make_unique<BlockRandomLaw>(BlockRandomLaw::Options{
                    .mask_id = 0, .samples = 2, .block_tokens = size.block}));
  PolicyUpdateOptions options;
  options.lr.peak = 3e-6;
  options.adamw.weight_decay = 0.1;
  options.iterations = 1000;
  Clock& clock = Clock::Real();
  PolicyUpdate update(spg, model, model.trainable(), options, clock);
  MDRL_CHECK(update.BeginRound(Groups(size)).ok());
  std::vector<double> times;
  const absl::Time start = clock.Now();
  for (int k = 0; k < update.steps(); ++k) {
    if (k > 3 && Seconds(clock, start) > seconds) break;
    const absl::Time before = clock.Now();
    MDRL_CHECK(update.Step(k).ok());
    if (k > 0) times.push_back(Seconds(clock, before));  // allocators warm up
  }
  std::sort(times.begin(), times.end());
  std::printf(
      "{\"what\": \"update\", \"size\": \"%s\", \"sequences\": 12, "
      "\"samples\": 2, \"threads\": %d, \"ms_per_update\": %.3f, "
      "\"repetitions\": %zu}\n",
      size.name, threads, 1e3 * times[times.size() / 2], times.size());
  std::fflush(stdout);
}

}  // namespace
}  // namespace mdrl

int main(int argc, char** argv) {
  mdrl::KeepFreedMemory();  // as the learner
  const int threads = argc > 1 ? std::atoi(argv[1]) : 1;
  const double seconds = argc > 2 ? std::atof(argv[2]) : 3.0;
  at::set_num_threads(threads);
  for (const mdrl::Size& size : mdrl::kSizes)
    mdrl::Time(size, threads, seconds);
  return 0;
}
