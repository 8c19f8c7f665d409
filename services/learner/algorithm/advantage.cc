#include "services/learner/algorithm/advantage.h"

#include <cmath>
#include <cstdint>
#include <map>
#include <string>

#include "ATen/core/TensorAccessor.h"
#include "ATen/ops/empty_like.h"
#include "absl/status/status.h"
#include "absl/strings/str_cat.h"

namespace mdrl {
namespace {

struct Spread {
  int64_t size = 0;
  double sum = 0.0;
  double squares = 0.0;  // about the mean; filled once the mean is known
  double first = 0.0;
  bool equal = true;
  double mean() const { return sum / static_cast<double>(size); }
};

// Calls `advantage(reward, spread of its group)` for every row.
template <typename Fn>
at::Tensor PerGroup(const at::Tensor& reward_B, const at::Tensor& group_B,
                    Fn advantage) {
  const auto reward = reward_B.accessor<double, 1>();
  const auto group = group_B.accessor<int64_t, 1>();
  std::map<int64_t, Spread> spreads;
  for (int64_t b = 0; b < reward.size(0); ++b) {
    Spread& spread = spreads[group[b]];
    if (spread.size == 0) spread.first = reward[b];
    spread.equal = spread.equal && reward[b] == spread.first;
    spread.sum += reward[b];
    ++spread.size;
  }
  for (int64_t b = 0; b < reward.size(0); ++b) {
    Spread& spread = spreads[group[b]];
    spread.squares += std::pow(reward[b] - spread.mean(), 2);
  }
  at::Tensor out_B = at::empty_like(reward_B);
  auto out = out_B.accessor<double, 1>();
  for (int64_t b = 0; b < reward.size(0); ++b) {
    const Spread& spread = spreads[group[b]];
    out[b] = spread.equal ? 0.0 : advantage(reward[b], spread);
  }
  return out_B;
}

struct Entry {
  std::string_view name;
  AdvantageFn function;
};
constexpr Entry kAdvantages[] = {
    {"mean", MeanCentred},
    {"mean_std", Standardised},
    {"mean_population_std", PopulationStandardised},
    {"leave_one_out", LeaveOneOut}};

}  // namespace

at::Tensor MeanCentred(const at::Tensor& reward_B, const at::Tensor& group_B) {
  return PerGroup(reward_B, group_B, [](double reward, const Spread& group) {
    return reward - group.mean();
  });
}

at::Tensor Standardised(const at::Tensor& reward_B, const at::Tensor& group_B) {
  return PerGroup(reward_B, group_B, [](double reward, const Spread& group) {
    const double variance = group.squares / static_cast<double>(group.size - 1);
    return (reward - group.mean()) / (std::sqrt(variance) + 1e-4);
  });
}

at::Tensor PopulationStandardised(const at::Tensor& reward_B,
                                  const at::Tensor& group_B) {
  return PerGroup(reward_B, group_B, [](double reward, const Spread& group) {
    const double variance = group.squares / static_cast<double>(group.size);
    return (reward - group.mean()) / std::sqrt(variance);
  });
}

at::Tensor LeaveOneOut(const at::Tensor& reward_B, const at::Tensor& group_B) {
  return PerGroup(reward_B, group_B, [](double reward, const Spread& group) {
    return reward - (group.sum - reward) / static_cast<double>(group.size - 1);
  });
}

at::Tensor Clamped(const at::Tensor& reward_B, const at::Tensor&) {
  return reward_B.clamp_min(0);
}

absl::StatusOr<AdvantageFn> AdvantageByName(std::string_view name) {
  std::string known;
  for (const Entry& entry : kAdvantages) {
    if (entry.name == name) return entry.function;
    absl::StrAppend(&known, known.empty() ? "" : ", ", std::string(entry.name));
  }
  return absl::InvalidArgumentError(
      absl::StrCat("algorithm.advantage \"", std::string(name),
                   "\" is unknown; there are ", known));
}

}  // namespace mdrl
