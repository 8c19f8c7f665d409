// The inverse of the standard normal distribution function. Thread-safe.
#ifndef MDRL_COMMON_MODEL_INVERSE_NORMAL_H_
#define MDRL_COMMON_MODEL_INVERSE_NORMAL_H_

namespace mdrl {

// x with P(N(0, 1) < x) = p, to about 1e-16 of its size (Wichura, Algorithm
// AS 241, PPND16). REQUIRES: 0 < p < 1.
double InverseNormal(double p);

}  // namespace mdrl

#endif  // MDRL_COMMON_MODEL_INVERSE_NORMAL_H_
