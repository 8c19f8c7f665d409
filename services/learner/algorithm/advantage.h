// What a reward becomes within its group (docs/algorithms.md). Pure functions.
//
// All take reward_B float64 and group_B int64 on the CPU (rows of a group need
// not be neighbours) and return float64 [B]. A group whose rewards are all
// equal gets exactly 0: rounding in a mean must not look like a signal.
#ifndef MDRL_SERVICES_LEARNER_ALGORITHM_ADVANTAGE_H_
#define MDRL_SERVICES_LEARNER_ALGORITHM_ADVANTAGE_H_

#include <string_view>

#include "ATen/core/Tensor.h"
#include "absl/status/statusor.h"

namespace mdrl {

// R - group mean (SPG, d1, wd1).
at::Tensor MeanCentred(const at::Tensor& reward_B, const at::Tensor& group_B);

// (R - group mean) / (std + 1e-4), std with G - 1 (BGPO, UniGRPO, JustGRPO).
at::Tensor Standardised(const at::Tensor& reward_B, const at::Tensor& group_B);

// (R - group mean) / std, std with G, nothing added (TraceRL).
at::Tensor PopulationStandardised(const at::Tensor& reward_B,
                                  const at::Tensor& group_B);

// R - mean of the others of the group (ESPO): G / (G - 1) times MeanCentred.
// A group of one gets 0.
at::Tensor LeaveOneOut(const at::Tensor& reward_B, const at::Tensor& group_B);

// max(R, 0), whatever the group (DTM, which weighs by the reward itself).
at::Tensor Clamped(const at::Tensor& reward_B, const at::Tensor& group_B);

using AdvantageFn = at::Tensor (*)(const at::Tensor&, const at::Tensor&);

// mean, mean_std, mean_population_std, leave_one_out; InvalidArgument lists
// them for another name.
absl::StatusOr<AdvantageFn> AdvantageByName(std::string_view name);

}  // namespace mdrl

#endif  // MDRL_SERVICES_LEARNER_ALGORITHM_ADVANTAGE_H_
