// The example's decode and its forward and backward, fast path beside the plain
// one; and a denoising step of the sizes that are compared with eager PyTorch.
//
// CPU time is the number to read on a machine that does other work as well.
#include <benchmark/benchmark.h>

#include <cstdint>
#include <vector>

#include "ATen/Parallel.h"
#include "ATen/TensorOperators.h"
#include "ATen/core/grad_mode.h"
#include "common/base/log.h"
#include "common/model/head.h"
#include "common/model/transformer_reference.h"
#include "services/rollout/decode/decoder.h"
#include "tests/testing/tiny_model.h"

namespace mdrl {
namespace {

constexpr int64_t kPositions = 34, kFirst = 18;

void BM_Decode(benchmark::State& state) {
  at::set_num_threads(static_cast<int>(state.range(1)));
  const Transformer model = TinyModel(ExampleConfig());
  DecodeSettings settings;
  settings.canvas_tokens = 16;
  settings.block_tokens = 8;
  settings.decode_steps = 8;
  settings.temperature = 0.9f;
  settings.forbid_ids = {0};
  const auto decoder = Decoder::Create(model, settings);
  MDRL_CHECK(decoder.ok()) << decoder.status();
  std::vector<DecodeRow> rows(state.range(0));
  for (size_t i = 0; i < rows.size(); ++i) {
    rows[i] = {std::vector<int32_t>(kFirst, 5), 1, static_cast<uint32_t>(i)};
  }
  for (auto _ : state) {
    MDRL_CHECK((*decoder)->Decode(rows).ok());
  }
  state.SetItemsProcessed(state.iterations() * state.range(0) * 16);
}
BENCHMARK(BM_Decode)
    ->ArgNames({"rows", "threads"})
    ->ArgsProduct({{1, 8, 32, 96, 256}, {1, 2}})
    ->Unit(benchmark::kMillisecond)
    ->UseRealTime()
    ->MeasureProcessCPUTime();

// A size of the comparison with eager PyTorch (tests/bench/decode_compare.py).
struct Size {
  int64_t d_model, layers, heads, mlp, vocab;
  uint32_t prompt, canvas, block;
};

// Whole decodes, two positions revealed per step.
void BM_DenoisingStep(benchmark::State& state, const Size& size) {
  at::set_num_threads(static_cast<int>(state.range(1)));
  ModelConfig config = ExampleConfig();
  config.d_model = size.d_model;
  config.n_layers = size.layers;
  config.n_heads = config.n_kv_heads = size.heads;
  config.mlp_hidden = size.mlp;
  config.vocab = size.vocab;
  config.max_sequence = size.prompt + size.canvas;
  const Transformer model = TinyModel(config);
  DecodeSettings settings;
  settings.canvas_tokens = size.canvas;
  settings.block_tokens = size.block;
  settings.decode_steps = size.canvas / 2;
  settings.temperature = 0.9f;
  settings.forbid_ids = {static_cast<uint32_t>(config.mask_id)};
  const auto decoder = Decoder::Create(model, settings);
  MDRL_CHECK(decoder.ok()) << decoder.status();
  std::vector<DecodeRow> rows(state.range(0));
  for (size_t i = 0; i < rows.size(); ++i) {
    rows[i] = {std::vector<int32_t>(size.prompt, 5), 1,
               static_cast<uint32_t>(i)};
  }
  for (auto _ : state) {
    MDRL_CHECK((*decoder)->Decode(rows).ok());
  }
  const auto steps = static_cast<double>(state.iterations()) *
                     static_cast<double>((*decoder)->total_steps());
  // A rate's inverse is seconds per count: milliseconds of a thousandth.
  state.counters["ms_per_step"] = benchmark::Counter(
      steps / 1000, benchmark::Counter::kIsRate | benchmark::Counter::kInvert);
  state.counters["tokens_per_second"] =
      benchmark::Counter(static_cast<double>(state.iterations()) *
                             static_cast<double>(rows.size() * size.canvas),
                         benchmark::Counter::kIsRate);
}

void EachBatch(benchmark::internal::Benchmark* benchmark) {
  benchmark->ArgNames({"rows", "threads"})
      ->ArgsProduct({{1, 6}, {1, 2}})
      ->Unit(benchmark::kMillisecond)
      ->UseRealTime();
}
BENCHMARK_CAPTURE(BM_DenoisingStep, tiny, Size{64, 2, 4, 128, 64, 16, 32, 8})
    ->Apply(EachBatch);
BENCHMARK_CAPTURE(BM_DenoisingStep, small,
                  Size{128, 4, 4, 256, 256, 32, 64, 16})
    ->Apply(EachBatch);
BENCHMARK_CAPTURE(BM_DenoisingStep, medium,
                  Size{256, 6, 8, 512, 1024, 64, 64, 32})
    ->Apply(EachBatch);

void BM_Forward(benchmark::State& state) {
  at::set_num_threads(1);
  const Transformer model = TinyModel(ExampleConfig());
  const at::Tensor ids = RandomIds(96, kPositions, 32);
  const at::NoGradGuard no_grad;
  for (auto _ : state) {
    benchmark::DoNotOptimize(
        state.range(0) != 0 ? HiddenReference(model, ids, kFirst, kPositions)
                            : model.Hidden(ids, kFirst, kPositions));
  }
}
BENCHMARK(BM_Forward)
    ->ArgNames({"plain"})
    ->Arg(0)
    ->Arg(1)
    ->Unit(benchmark::kMillisecond);

void BM_ForwardBackward(benchmark::State& state) {
  at::set_num_threads(1);
  const Transformer model =
      TinyModel(ExampleConfig(), at::kFloat, 0, /*requires_grad=*/true);
  const at::Tensor ids = RandomIds(96, kPositions, 32);
  const at::Tensor target = ids.slice(1, kFirst, kPositions);
  const at::Tensor scored = target >= 0;
  for (auto _ : state) {
    const at::Tensor hidden =
        state.range(0) != 0 ? HiddenReference(model, ids, kFirst, kPositions)
                            : model.Hidden(ids, kFirst, kPositions);
    TargetLogp(model, hidden, target, scored).sum().backward();
  }
}
BENCHMARK(BM_ForwardBackward)
    ->ArgNames({"plain"})
    ->Arg(0)
    ->Arg(1)
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace mdrl

BENCHMARK_MAIN();
