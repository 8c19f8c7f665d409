// The example's decode and its forward and backward, fast path beside the plain
// one.
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
