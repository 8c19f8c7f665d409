#include "common/model/head.h"

#include <gtest/gtest.h>

#include <vector>

#include "ATen/TensorOperators.h"
#include "ATen/core/grad_mode.h"
#include "ATen/ops/equal.h"
#include "ATen/ops/log_softmax.h"
#include "ATen/ops/ones_like.h"
#include "ATen/ops/zeros_like.h"
#include "tests/testing/tiny_model.h"

namespace mdrl {
namespace {

at::Tensor EveryThirdUnscored(const at::Tensor& ids) {
  at::Tensor scored = at::ones_like(ids, at::TensorOptions(at::kBool));
  scored.view(-1).slice(0, 0, scored.numel(), 3).fill_(false);
  return scored;
}

double LargestDifference(const at::Tensor& a, const at::Tensor& b) {
  return (a - b).abs().max().item<double>();
}

TEST(HeadTest, ChunksReproduceTheReferenceAndItsGradients) {
  const Transformer a = TinyModel(TinyConfig(), at::kDouble, 0, true);
  const Transformer b = TinyModel(TinyConfig(), at::kDouble, 0, true);
  const at::Tensor ids = RandomIds(3, 10, 11);
  const at::Tensor target = RandomIds(3, 6, 11, 1);
  const at::Tensor scored = EveryThirdUnscored(target);
  const at::Tensor plain =
      TargetLogpReference(a, a.Hidden(ids, 4, 10), target, scored);
  plain.square().sum().backward();
  // One row, a part, and all of the rows in a chunk.
  for (const int64_t chunk : {1, 44, 1 << 20}) {
    const at::Tensor chunked =
        TargetLogp(b, b.Hidden(ids, 4, 10), target, scored, chunk);
    EXPECT_LT(LargestDifference(chunked, plain), 1e-13);
    chunked.square().sum().backward();
    for (size_t i = 0; i < a.weights().size(); ++i) {
      at::Tensor& got = b.weights()[i].tensor.mutable_grad();
      EXPECT_LT(LargestDifference(got, a.weights()[i].tensor.grad()), 1e-11)
          << a.weights()[i].name;
      got.reset();
    }
  }
}

TEST(HeadTest, GradientsAgreeWithFiniteDifferences) {
  const Transformer model = TinyModel(TinyConfig(), at::kDouble, 0, true);
  const at::Tensor ids = RandomIds(2, 10, 11);
  const at::Tensor target = RandomIds(2, 6, 11, 1);
  const at::Tensor scored = EveryThirdUnscored(target);
  const auto loss = [&] {
    return TargetLogp(model, model.Hidden(ids, 4, 10), target, scored, 33)
        .square()
        .sum();
  };
  loss().backward();
  const double step = 1e-5;
  for (const NamedTensor& weight : model.weights()) {
    const at::NoGradGuard no_grad;
    // A few elements of every tensor: each has its own place in the graph.
    for (const int64_t at : {int64_t{0}, weight.tensor.numel() / 2 + 1}) {
      const at::Tensor element = weight.tensor.view(-1)[at];
      element.add_(step);
      const double above = loss().item<double>();
      element.sub_(2 * step);
      const double below = loss().item<double>();
      element.add_(step);
      EXPECT_NEAR(weight.tensor.grad().view(-1)[at].item<double>(),
                  (above - below) / (2 * step), 1e-6)
          << weight.name << "[" << at << "]";
    }
  }
}

TEST(HeadTest, EntropyIsThatOfTheWholeDistribution) {
  const at::NoGradGuard no_grad;
  const Transformer model = TinyModel(TinyConfig(), at::kDouble);
  const at::Tensor ids = RandomIds(3, 10, 11);
  const at::Tensor target = RandomIds(3, 6, 11, 1);
  const at::Tensor scored = EveryThirdUnscored(target);
  const at::Tensor hidden = model.Hidden(ids, 4, 10);
  const at::Tensor logp_BLV = at::log_softmax(Logits(model, hidden), -1);
  const at::Tensor entropy_BL = -(logp_BLV.exp() * logp_BLV).sum(-1);
  const double plain = entropy_BL.masked_select(scored).sum().item<double>();
  for (const int64_t chunk : {1, 44, 1 << 20}) {
    at::Tensor entropy;
    TargetLogp(model, hidden, target, scored, chunk, &entropy);
    EXPECT_NEAR(entropy.item<double>(), plain, 1e-12);
  }
}

TEST(HeadTest, NothingScoredIsZeroWithZeroGradient) {
  const Transformer model = TinyModel(TinyConfig(), at::kFloat, 0, true);
  const at::Tensor ids = RandomIds(2, 6, 11);
  const at::Tensor logp = TargetLogp(
      model, model.Hidden(ids, 2, 6), ids.slice(1, 2, 6),
      at::zeros_like(ids.slice(1, 2, 6), at::TensorOptions(at::kBool)));
  EXPECT_EQ(logp.abs().sum().item<float>(), 0.0f);
  logp.sum().backward();
  EXPECT_EQ(model.head().weight.grad().abs().sum().item<float>(), 0.0f);
}

TEST(HeadTest, ProbabilitiesSumToOne) {
  const Transformer model = TinyModel();
  const at::NoGradGuard no_grad;
  const at::Tensor ids = RandomIds(1, 6, 11);
  const at::Tensor hidden = model.Hidden(ids, 0, 6);
  at::Tensor total = at::zeros_like(hidden.select(-1, 0));
  for (int64_t token = 0; token < 11; ++token) {
    const at::Tensor target = at::zeros_like(ids).fill_(token);
    total += TargetLogp(model, hidden, target,
                        at::ones_like(ids, at::TensorOptions(at::kBool)))
                 .exp();
  }
  EXPECT_LT((total - 1).abs().max().item<float>(), 1e-5f);
}

}  // namespace
}  // namespace mdrl
