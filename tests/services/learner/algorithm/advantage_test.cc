#include "services/learner/algorithm/advantage.h"

#include <cmath>

#include "ATen/TensorOperators.h"
#include "ATen/ops/allclose.h"
#include "ATen/ops/equal.h"
#include "ATen/ops/tensor.h"
#include "ATen/ops/zeros.h"
#include "gtest/gtest.h"

namespace mdrl {
namespace {

at::Tensor Rewards() {
  return at::tensor({1.0, 0.0, 0.1, 0.5, 0.1, 0.1}, at::kDouble);
}
// The second group, of equal rewards, is not a run of neighbours.
at::Tensor Groups() { return at::tensor({0, 0, 1, 0, 1, 1}, at::kLong); }

TEST(AdvantageTest, EqualRewardsGiveExactlyZero) {
  // 0.1 + 0.1 + 0.1 is not 0.3: subtracting a rounded mean would leave 1e-17.
  for (const AdvantageFn fn : {MeanCentred, Standardised, LeaveOneOut}) {
    const at::Tensor advantage =
        fn(Rewards(), Groups()).masked_select(Groups() == 1);
    EXPECT_TRUE(at::equal(advantage, at::zeros({3}, at::kDouble)));
  }
}

TEST(AdvantageTest, EachFormFollowsItsFormula) {
  const at::Tensor first = Groups() == 0;
  const auto of = [&first](AdvantageFn fn) {
    return fn(Rewards(), Groups()).masked_select(first);
  };
  EXPECT_TRUE(
      at::allclose(of(MeanCentred), at::tensor({0.5, -0.5, 0.0}, at::kDouble)));
  EXPECT_TRUE(
      at::allclose(of(Standardised),
                   at::tensor({0.5, -0.5, 0.0}, at::kDouble) / (0.5 + 1e-4)));
  EXPECT_TRUE(at::allclose(of(LeaveOneOut), of(MeanCentred) * 1.5));
}

TEST(AdvantageTest, AGroupOfOneCarriesNoSignal) {
  const at::Tensor one = at::tensor({0.7}, at::kDouble);
  const at::Tensor group = at::zeros({1}, at::kLong);
  for (const AdvantageFn fn : {MeanCentred, Standardised, LeaveOneOut}) {
    EXPECT_EQ(fn(one, group).item<double>(), 0.0);
  }
}

}  // namespace
}  // namespace mdrl
