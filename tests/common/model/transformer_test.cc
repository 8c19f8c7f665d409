#include "common/model/transformer.h"

#include <gtest/gtest.h>

#include <tuple>
#include <utility>
#include <vector>

#include "ATen/Parallel.h"
#include "ATen/TensorOperators.h"
#include "ATen/core/grad_mode.h"
#include "ATen/ops/allclose.h"
#include "ATen/ops/equal.h"
#include "ATen/ops/linear.h"
#include "ATen/ops/ones_like.h"
#include "ATen/ops/randn.h"
#include "common/model/head.h"
#include "common/model/lora.h"
#include "common/model/transformer_reference.h"
#include "tests/testing/tiny_model.h"

namespace mdrl {
namespace {

// Restores the thread count that a test changed.
class ThreadCount {
 public:
  explicit ThreadCount(int threads) : before_(at::get_num_threads()) {
    at::set_num_threads(threads);
  }
  ~ThreadCount() { at::set_num_threads(before_); }

 private:
  int before_;
};

double LargestDifference(const at::Tensor& a, const at::Tensor& b) {
  return (a - b).abs().max().item<double>();
}

TEST(TransformerTest, TheFastPathReproducesTheReference) {
  for (const ModelConfig& config : {TinyConfig(), ExampleConfig()}) {
    for (const auto& [type, tolerance] :
         {std::tuple(at::kFloat, 2e-5), std::tuple(at::kDouble, 1e-12)}) {
      const Transformer model = TinyModel(config, type);
      const at::Tensor ids = RandomIds(5, 23, config.vocab);
      const at::NoGradGuard no_grad;
      EXPECT_LT(LargestDifference(model.Hidden(ids, 0, 23),
                                  HiddenReference(model, ids, 0, 23)),
                tolerance);
      EXPECT_LT(LargestDifference(model.Hidden(ids, 9, 17),
                                  HiddenReference(model, ids, 9, 17)),
                tolerance);
    }
  }
}

TEST(TransformerTest, TheFastPathHasTheGradientsOfTheReference) {
  for (const ModelConfig& config : {TinyConfig(), ExampleConfig()}) {
    for (const auto& [type, tolerance] :
         {std::tuple(at::kFloat, 1e-4), std::tuple(at::kDouble, 1e-11)}) {
      const Transformer fast =
          TinyModel(config, type, 0, /*requires_grad=*/true);
      const Transformer plain =
          TinyModel(config, type, 0, /*requires_grad=*/true);
      const at::Tensor ids = RandomIds(3, 19, config.vocab);
      const at::Tensor g =
          at::randn({3, 8, config.d_model}, at::TensorOptions(type));
      fast.Hidden(ids, 7, 15).backward(g);
      HiddenReference(plain, ids, 7, 15).backward(g);
      for (size_t i = 0; i < fast.weights().size(); ++i) {
        // The head is not part of Hidden().
        if (!plain.weights()[i].tensor.grad().defined()) continue;
        const at::Tensor expected = plain.weights()[i].tensor.grad();
        EXPECT_LT(LargestDifference(fast.weights()[i].tensor.grad(), expected),
                  tolerance * expected.abs().max().item<double>())
            << fast.weights()[i].name;
      }
    }
  }
}

TEST(TransformerTest, ARowDoesNotDependOnItsCompany) {
  const Transformer model = TinyModel(ExampleConfig());
  for (const int64_t positions : {22, 34}) {
    const at::Tensor ids = RandomIds(96, positions, 32);
    const at::NoGradGuard no_grad;
    at::Tensor expected;
    for (const int threads : {1, 2}) {
      const ThreadCount guard(threads);
      for (const int64_t rows : {1, 2, 3, 7, 8, 95, 96}) {
        const at::Tensor h =
            model.Hidden(ids.slice(0, 0, rows), positions - 16, positions);
        if (!expected.defined()) expected = h;
        EXPECT_TRUE(at::equal(h[0], expected[0]))
            << rows << " rows, " << threads << " threads";
        EXPECT_TRUE(at::equal(model.Hidden(ids.slice(0, rows - 1, rows),
                                           positions - 16, positions)[0],
                              h[rows - 1]))
            << "last of " << rows << " rows, " << threads << " threads";
      }
    }
  }
}

TEST(TransformerTest, EveryPositionIsSeenByEveryOther) {
  const Transformer model = TinyModel();
  const at::NoGradGuard no_grad;
  at::Tensor ids = RandomIds(1, 8, 11);
  const at::Tensor before = model.Hidden(ids, 0, 8);
  ids[0][7] = (ids[0][7] + 1) % 11;
  const at::Tensor moved = (model.Hidden(ids, 0, 8) - before).abs().sum(-1);
  EXPECT_GT(moved.min().item<double>(), 1e-6);
}

TEST(TransformerTest, WeightsAreSharedWithTheirOwner) {
  const Transformer model = TinyModel();
  const at::NoGradGuard no_grad;
  const at::Tensor ids = RandomIds(1, 8, 11);
  const at::Tensor before = model.Hidden(ids, 0, 8);
  model.blocks()[1].up_proj.weight.mul_(1.5);
  model.blocks()[0].q_proj.weight.mul_(1.5);
  EXPECT_FALSE(at::allclose(before, model.Hidden(ids, 0, 8)));
  EXPECT_LT(LargestDifference(model.Hidden(ids, 0, 8),
                              HiddenReference(model, ids, 0, 8)),
            2e-5);
}

// Rows of 23 columns with room for tokens before and behind theirs.
constexpr RowSpan kSpans[] = {{0, 23}, {6, 23}, {0, 9}, {4, 20}};

TEST(TransformerTest, PaddingChangesNoBitOfARow) {
  const ModelConfig config = ExampleConfig();
  const Transformer model = TinyModel(config);
  const at::NoGradGuard no_grad;
  const at::Tensor ids = RandomIds(4, 23, config.vocab);
  const at::Tensor padded = model.Hidden(ids, 0, 23, kSpans);
  for (int64_t b = 0; b < 4; ++b) {
    const auto [begin, end] = kSpans[b];
    const at::Tensor alone = model.Hidden(
        ids.slice(0, b, b + 1).slice(1, begin, end), 0, end - begin);
    EXPECT_TRUE(at::equal(padded[b].slice(0, begin, end), alone[0])) << b;
  }
  // The same where only some columns are read.
  EXPECT_TRUE(
      at::equal(model.Hidden(ids, 5, 11, kSpans), padded.slice(1, 5, 11)));
  // Whereas attended padding does change a row.
  EXPECT_FALSE(at::equal(model.Hidden(ids, 0, 23)[1], padded[1]));
}

TEST(TransformerTest, PaddedRowsReproduceTheReferenceAndItsGradients) {
  const ModelConfig config = TinyConfig();
  const Transformer fast = TinyModel(config, at::kFloat, 0, true);
  const Transformer plain = TinyModel(config, at::kFloat, 0, true);
  const at::Tensor ids = RandomIds(4, 23, config.vocab);
  const at::Tensor a = fast.Hidden(ids, 0, 23, kSpans);
  const at::Tensor b = HiddenReference(plain, ids, 0, 23, nullptr, kSpans);
  at::Tensor sum_a, sum_b;
  for (int64_t row = 0; row < 4; ++row) {
    const auto [begin, end] = kSpans[row];
    const at::Tensor x = a[row].slice(0, begin, end);
    const at::Tensor y = b[row].slice(0, begin, end);
    EXPECT_LT(LargestDifference(x, y), 2e-5);
    sum_a = sum_a.defined() ? sum_a + x.square().sum() : x.square().sum();
    sum_b = sum_b.defined() ? sum_b + y.square().sum() : y.square().sum();
  }
  sum_a.backward();
  sum_b.backward();
  for (size_t i = 0; i < fast.weights().size(); ++i) {
    const at::Tensor& got = fast.weights()[i].tensor.grad();
    const at::Tensor& want = plain.weights()[i].tensor.grad();
    if (!want.defined()) continue;  // the head's
    EXPECT_LT(LargestDifference(got, want),
              1e-4 * (1.0 + want.abs().max().item<float>()))
        << fast.weights()[i].name;
  }
}

TEST(TransformerTest, ACacheThatIsFreshIsExact) {
  const ModelConfig config = ExampleConfig();
  const Transformer model = TinyModel(config);
  const at::NoGradGuard no_grad;
  const at::Tensor ids = RandomIds(4, 23, config.vocab);
  KvCache cache;
  EXPECT_TRUE(at::equal(model.HiddenCached(ids, 0, 6, 11, cache, kSpans),
                        model.Hidden(ids, 6, 11, kSpans)));
  // Nothing has changed since: a part alone gives what the whole gave.
  EXPECT_LT(LargestDifference(model.HiddenCached(ids.slice(1, 6, 11), 6, 6, 11,
                                                 cache, kSpans),
                              model.Hidden(ids, 6, 11, kSpans)),
            2e-5);
}

TEST(TransformerTest, AStaleCacheReproducesTheReference) {
  const ModelConfig config = TinyConfig();
  for (const auto& [type, tolerance] :
       {std::tuple(at::kFloat, 2e-5), std::tuple(at::kDouble, 1e-12)}) {
    const Transformer model = TinyModel(config, type);
    const at::NoGradGuard no_grad;
    at::Tensor ids = RandomIds(3, 20, config.vocab);
    KvCache fast, plain;
    model.HiddenCached(ids, 0, 5, 10, fast);
    HiddenCachedReference(model, ids, 0, 5, 10, plain);
    ids = RandomIds(3, 20, config.vocab, 1);
    for (const auto& [from, to] :
         {std::pair<int64_t, int64_t>{5, 10}, {5, 20}, {10, 15}}) {
      EXPECT_LT(LargestDifference(
                    model.HiddenCached(ids.slice(1, from, to), from, from + 1,
                                       to - 1, fast),
                    HiddenCachedReference(model, ids.slice(1, from, to), from,
                                          from + 1, to - 1, plain)),
                tolerance);
    }
    EXPECT_LT(LargestDifference(fast.kv_BTY[1], plain.kv_BTY[1]), tolerance);
  }
}

TEST(TransformerTest, StoredNarrowerIsTheSameAsWidenedFirst) {
  const ModelConfig config = ExampleConfig();
  const Transformer model = TinyModel(config);
  NamedTensors stored, widened;
  for (const NamedTensor& weight : model.weights()) {
    stored.push_back({weight.name, weight.tensor.to(at::kBFloat16)});
    widened.push_back({weight.name, stored.back().tensor.to(at::kFloat)});
  }
  const Transformer narrow(config, stored), wide(config, widened);
  const at::NoGradGuard no_grad;
  const at::Tensor ids = RandomIds(3, 23, config.vocab);
  const at::Tensor hidden = narrow.Hidden(ids, 0, 23);
  EXPECT_EQ(hidden.scalar_type(), at::kFloat);
  EXPECT_TRUE(at::equal(hidden, wide.Hidden(ids, 0, 23)));
  EXPECT_TRUE(at::equal(Logits(narrow, hidden), Logits(wide, hidden)));
  EXPECT_LT(LargestDifference(hidden, HiddenReference(narrow, ids, 0, 23)),
            2e-5);
}

TEST(TransformerTest, ANarrowBaseBackpropagatesToItsAdapter) {
  const ModelConfig config = TinyConfig();
  const Transformer model = TinyModel(config);
  NamedTensors stored, widened;
  for (const NamedTensor& weight : model.weights()) {
    stored.push_back({weight.name, weight.tensor.to(at::kBFloat16)});
    widened.push_back({weight.name, stored.back().tensor.to(at::kFloat)});
  }
  const std::vector<LoraTarget> targets = {{LladaLinears(config)[2], 2, 1.0}};
  const at::Tensor ids = RandomIds(2, 9, config.vocab);
  std::vector<at::Tensor> gradients;
  for (const NamedTensors& weights : {stored, widened}) {
    const Adapter adapter = Adapter::Init(targets, 1);
    for (const NamedTensor& factor : adapter.tensors()) {
      factor.tensor.set_requires_grad(true);
    }
    const Transformer model = Transformer(config, weights).With(adapter);
    TargetLogp(model, model.Hidden(ids, 0, 9), ids,
               at::ones_like(ids, at::TensorOptions(at::kBool)))
        .sum()
        .backward();
    gradients.push_back(adapter.tensors()[1].tensor.grad());
  }
  EXPECT_GT(gradients[1].abs().max().item<float>(), 0.0f);
  EXPECT_LT(LargestDifference(gradients[0], gradients[1]), 1e-5);
}

TEST(TransformerTest, ATiedHeadIsTheEmbedding) {
  ModelConfig config = TinyConfig();
  const Transformer untied = TinyModel(config);
  NamedTensors weights;
  for (const NamedTensor& weight : untied.weights()) {
    if (weight.name != "model.transformer.ff_out.weight") {
      weights.push_back(weight);
    }
  }
  config.weight_tying = true;
  const Transformer tied(config, weights);
  const at::NoGradGuard no_grad;
  const at::Tensor ids = RandomIds(2, 9, config.vocab);
  const at::Tensor hidden = tied.Hidden(ids, 0, 9);
  EXPECT_TRUE(at::equal(hidden, untied.Hidden(ids, 0, 9)));
  EXPECT_LT(
      LargestDifference(Logits(tied, hidden.flatten(0, 1)),
                        at::linear(hidden.flatten(0, 1), tied.embedding())),
      1e-5);
}

}  // namespace
}  // namespace mdrl
