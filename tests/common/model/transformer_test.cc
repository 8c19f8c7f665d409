#include "common/model/transformer.h"

#include <gtest/gtest.h>

#include <tuple>
#include <vector>

#include "ATen/Parallel.h"
#include "ATen/TensorOperators.h"
#include "ATen/core/grad_mode.h"
#include "ATen/ops/allclose.h"
#include "ATen/ops/equal.h"
#include "ATen/ops/randn.h"
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
  model.blocks()[1].up_proj.mul_(1.5);
  model.blocks()[0].q_proj.mul_(1.5);
  EXPECT_FALSE(at::allclose(before, model.Hidden(ids, 0, 8)));
  EXPECT_LT(LargestDifference(model.Hidden(ids, 0, 8),
                              HiddenReference(model, ids, 0, 8)),
            2e-5);
}

}  // namespace
}  // namespace mdrl
