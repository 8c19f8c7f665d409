// Every kernel against the plain operations it replaces, forward and backward.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <utility>
#include <vector>

#include "ATen/Parallel.h"
#include "ATen/TensorOperators.h"
#include "ATen/ops/arange.h"
#include "ATen/ops/equal.h"
#include "ATen/ops/linear.h"
#include "ATen/ops/matmul.h"
#include "ATen/ops/randn.h"
#include "ATen/ops/silu.h"
#include "ATen/ops/softmax.h"
#include "common/kernel/attention.h"
#include "common/kernel/linear.h"
#include "common/kernel/parallel_for.h"
#include "common/kernel/rms_norm.h"
#include "common/kernel/small_gemm.h"
#include "common/kernel/small_linear.h"
#include "common/kernel/swiglu.h"
#include "common/model/rope.h"
#include "common/model/transformer_reference.h"

namespace mdrl {
namespace {

using Inputs = std::vector<at::Tensor>;
using Function = std::function<at::Tensor(const Inputs&)>;

at::Tensor Leaf(at::IntArrayRef sizes) {
  at::Tensor x = at::randn(sizes);
  x.requires_grad_(true);
  return x;
}

// Against the largest entry, or against 0.01 where everything is near 0: one
// position's softmax has no gradient at all.
double RelativeError(const at::Tensor& got, const at::Tensor& expected) {
  return (got.to(at::kDouble) - expected).abs().max().item<double>() /
         std::max(0.01, expected.abs().max().item<double>());
}

// `plain` runs in float64 on copies: what float32 cannot do better than.
void ExpectSame(const Inputs& inputs, const Function& fused,
                const Function& plain, double tolerance) {
  Inputs wide;
  for (const at::Tensor& x : inputs) {
    wide.push_back(x.detach().to(at::kDouble).requires_grad_(true));
  }
  const at::Tensor got = fused(inputs), expected = plain(wide);
  EXPECT_LT(RelativeError(got.detach(), expected.detach()), tolerance);
  const at::Tensor g = at::randn(got.sizes());
  got.backward(g);
  expected.backward(g.to(at::kDouble));
  for (size_t i = 0; i < inputs.size(); ++i) {
    EXPECT_LT(RelativeError(inputs[i].grad(), wide[i].grad()), tolerance)
        << "gradient of input " << i;
  }
}

TEST(KernelTest, RmsNormReproducesThePlainOne) {
  // Widths with and without a part of a vector; rows in several parts.
  for (const int64_t d : {1, 16, 24, 64, 100}) {
    ExpectSame(
        {Leaf({300, 2, d}), Leaf({d})},
        [](const Inputs& x) { return FusedRmsNorm(x[0], x[1], 1e-5); },
        [](const Inputs& x) { return RmsNormReference(x[0], x[1], 1e-5); },
        d == 1 ? 1e-3 : 3e-6);
  }
}

TEST(KernelTest, SwiGluReproducesThePlainOne) {
  for (const int64_t m : {1, 16, 24, 192}) {
    ExpectSame(
        {Leaf({5, 7, 2 * m})},
        [](const Inputs& x) { return FusedSwiGlu(x[0]); },
        [](const Inputs& x) {
          const auto halves = x[0].chunk(2, -1);
          return at::silu(halves[0]) * halves[1];
        },
        3e-6);
  }
}

TEST(KernelTest, SwiGluStaysFiniteAtTheEndsOfFloat) {
  at::Tensor x = at::randn({1, 8});
  const float ends[] = {-1e30f, -200.0f, 200.0f, 1e30f};
  for (int i = 0; i < 4; ++i) x[0][i] = ends[i];
  for (int i = 4; i < 8; ++i) x[0][i] = 1.0f;
  const at::Tensor y = FusedSwiGlu(x);
  EXPECT_NEAR(y[0][1].item<float>(), 0.0f, 1e-30);
  EXPECT_EQ(y[0][2].item<float>(), 200.0f);
  EXPECT_EQ(y[0][3].item<float>(), 1e30f);
  EXPECT_TRUE(y.isfinite().all().item<bool>());
}

at::Tensor SplitHeads(const at::Tensor& x, int64_t heads) {
  return x.reshape({x.size(0), x.size(1), heads, -1}).transpose(1, 2);
}

// q [B, L, X] at positions from `first`, kv [B, T, Y].
at::Tensor PlainAttention(const at::Tensor& q_in, const at::Tensor& kv,
                          int64_t first, const AttentionHeads& heads) {
  const RopeAngles angles =
      MakeRopeAngles(kv.size(1), heads.head_dim, 100.0, at::kDouble);
  const int64_t last = first + q_in.size(1);
  const auto keys_values = kv.chunk(2, -1);
  const at::Tensor q = ApplyRope(SplitHeads(q_in, heads.heads),
                                 angles.cos_TE.slice(0, first, last),
                                 angles.sin_TE.slice(0, first, last));
  const int64_t shared = heads.heads / heads.kv_heads;
  const at::Tensor k = ApplyRope(SplitHeads(keys_values[0], heads.kv_heads),
                                 angles.cos_TE, angles.sin_TE)
                           .repeat_interleave(shared, 1);
  const at::Tensor v =
      SplitHeads(keys_values[1], heads.kv_heads).repeat_interleave(shared, 1);
  const double scale = 1.0 / std::sqrt(static_cast<double>(heads.head_dim));
  return at::matmul(at::softmax(at::matmul(q, k.transpose(-1, -2)) * scale, -1),
                    v)
      .transpose(1, 2)
      .flatten(2);
}

TEST(KernelTest, AttentionReproducesThePlainOne) {
  for (const AttentionHeads heads :
       {AttentionHeads{4, 4, 16}, AttentionHeads{4, 2, 4},
        AttentionHeads{2, 1, 40}}) {
    const int64_t x = heads.heads * heads.head_dim;
    const int64_t y = 2 * heads.kv_heads * heads.head_dim;
    for (const int64_t positions : {1, 16, 34}) {
      const RopeAngles angles =
          MakeRopeAngles(40, heads.head_dim, 100.0, at::kFloat);
      ExpectSame(
          {Leaf({3, positions, x + y})},
          [&](const Inputs& in) {
            return FusedSelfAttention(in[0], angles.cos_TE, angles.sin_TE,
                                      heads);
          },
          [&](const Inputs& in) {
            return PlainAttention(in[0].slice(-1, 0, x),
                                  in[0].slice(-1, x, x + y), 0, heads);
          },
          1e-5);
      const int64_t first = positions / 3;
      ExpectSame(
          {Leaf({3, (positions + 1) / 2, x}), Leaf({3, positions, y})},
          [&](const Inputs& in) {
            return FusedAttention(in[0], in[1], angles.cos_TE, angles.sin_TE,
                                  first, heads);
          },
          [&](const Inputs& in) {
            return PlainAttention(in[0], in[1], first, heads);
          },
          1e-5);
    }
  }
}

TEST(KernelTest, LinearReproducesThePlainOne) {
  for (const int64_t rows : {1, 3, 200}) {
    ExpectSame(
        {Leaf({rows, 20}), Leaf({12, 20})},
        [](const Inputs& x) { return RowwiseLinear(x[0], x[1]); },
        [](const Inputs& x) { return at::linear(x[0], x[1]); }, 3e-6);
    ExpectSame(
        {Leaf({rows, 12}), Leaf({rows, 20}), Leaf({12, 20})},
        [](const Inputs& x) { return RowwiseLinearAdd(x[0], x[1], x[2]); },
        [](const Inputs& x) { return x[0] + at::linear(x[1], x[2]); }, 3e-6);
  }
}

// Full and partial tiles, panels and registers; more rows than one pass of the
// gradient reads.
TEST(KernelTest, SmallLinearReproducesThePlainOne) {
  if (!kernel::HasSmallGemm()) {
    GTEST_SKIP() << "this processor lacks AVX-512: the BLAS is the only way";
  }
  for (const int64_t rows : {1, 2, 5, 6, 7, 47, 49, 1100}) {
    for (const auto& [k, n] : {std::pair{64, 192},
                               {7, 5},
                               {100, 33},
                               {16, 64},
                               {192, 49},
                               {65, 130}}) {
      ExpectSame(
          {Leaf({rows, k}), Leaf({n, k}), Leaf({rows, n})},
          [](const Inputs& x) { return SmallLinear(x[0], x[1], x[2]); },
          [](const Inputs& x) { return x[2] + at::linear(x[0], x[1]); }, 1e-5);
    }
  }
}

TEST(KernelTest, LinearGradientsDoNotDependOnThreads) {
  const int before = at::get_num_threads();
  const at::Tensor x = at::randn({700, 64}), g = at::randn({700, 192});
  const at::Tensor w = at::randn({192, 64});
  std::vector<at::Tensor> gradients;
  for (const int threads : {1, 2}) {
    at::set_num_threads(threads);
    at::Tensor leaf = w.clone().requires_grad_(true);
    RowwiseLinear(x, leaf).backward(g);
    gradients.push_back(leaf.grad());
  }
  at::set_num_threads(before);
  if (!kernel::HasSmallGemm()) {
    GTEST_SKIP() << "the BLAS promises no such thing";
  }
  EXPECT_TRUE(at::equal(gradients[0], gradients[1]));
}

TEST(KernelTest, ANarrowWeightGivesTheBitsOfTheWidenedOne) {
  // Small; large; large enough to be widened in two parts.
  for (const auto& [n, k] :
       {std::pair<int64_t, int64_t>{24, 16}, {1100, 500}, {2100, 8100}}) {
    const at::Tensor narrow = at::randn({n, k}).to(at::kBFloat16);
    const at::Tensor wide = narrow.to(at::kFloat);
    std::vector<at::Tensor> results, gradients;
    for (const at::Tensor& weight : {narrow, wide}) {
      const at::Tensor x = at::arange(3 * k).to(at::kFloat).sin().view({3, k});
      x.set_requires_grad(true);
      const at::Tensor y = RowwiseLinear(x, weight);
      y.sin().sum().backward();
      results.push_back(y.detach());
      gradients.push_back(x.grad());
    }
    EXPECT_TRUE(at::equal(results[0], results[1])) << n;
    EXPECT_LT((gradients[0] - gradients[1]).abs().max().item<float>(),
              1e-4f * gradients[1].abs().max().item<float>())
        << n;
    const at::Tensor h = at::randn({3, n}), x = at::randn({3, k});
    EXPECT_TRUE(
        at::equal(RowwiseLinearAdd(h, x, narrow), RowwiseLinearAdd(h, x, wide)))
        << n;
  }
}

TEST(KernelTest, LinearRowsDoNotDependOnTheirNumber) {
  const int before = at::get_num_threads();
  for (const int threads : {1, 2}) {
    at::set_num_threads(threads);
    for (const auto& [k, n] :
         {std::pair{64, 64}, {64, 192}, {192, 64}, {64, 32}, {16, 24}}) {
      const at::Tensor x = at::randn({400, k}), w = at::randn({n, k});
      const at::Tensor all = RowwiseLinear(x, w);
      for (int64_t rows = 1; rows <= 400; rows += rows < 70 ? 1 : 37) {
        ASSERT_TRUE(at::equal(RowwiseLinear(x.slice(0, 0, rows), w),
                              all.slice(0, 0, rows)))
            << rows << " rows, " << threads << " threads";
      }
    }
  }
  at::set_num_threads(before);
}

TEST(KernelTest, ParallelForCoversEachIndexOnce) {
  const int before = at::get_num_threads();
  for (const int threads : {1, 2}) {
    at::set_num_threads(threads);
    for (const int64_t count : {0, 1, 7, 1000}) {
      std::vector<int> seen(count);
      ParallelFor(count, 3, [&](int64_t begin, int64_t end) {
        for (int64_t i = begin; i < end; ++i) ++seen[i];
      });
      EXPECT_EQ(seen, std::vector<int>(count, 1));
    }
  }
  at::set_num_threads(before);
}

}  // namespace
}  // namespace mdrl
