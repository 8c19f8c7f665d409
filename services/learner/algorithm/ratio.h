// The clipped objective of policy ratios, and two estimates of a KL. Pure
// functions, elementwise; shapes broadcast.
#ifndef MDRL_SERVICES_LEARNER_ALGORITHM_RATIO_H_
#define MDRL_SERVICES_LEARNER_ALGORITHM_RATIO_H_

#include "ATen/core/Tensor.h"

namespace mdrl {

// min(rho A, clip(rho, 1 - low, 1 + high) A) (PPO, arXiv 1707.06347, eq. 7).
// low = high = 0 leaves no slack: no gradient away from rho = 1.
at::Tensor Clipped(const at::Tensor& ratio, const at::Tensor& advantage,
                   double low, double high);

// Where Clipped() takes the clipped branch: bool.
at::Tensor IsClipped(const at::Tensor& ratio, const at::Tensor& advantage,
                     double low, double high);

// Schulman's k2 of KL(current || other): d^2 / 2, d = log other - log current.
at::Tensor K2(const at::Tensor& d);

// Schulman's k3: e^d - d - 1. Unbiased and never negative.
at::Tensor K3(const at::Tensor& d);

}  // namespace mdrl

#endif  // MDRL_SERVICES_LEARNER_ALGORITHM_RATIO_H_
