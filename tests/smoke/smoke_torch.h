// The Torch side of smoke_test: a file that sees Torch sees no protobuf.
#ifndef MDRL_TESTS_SMOKE_SMOKE_TORCH_H_
#define MDRL_TESTS_SMOKE_SMOKE_TORCH_H_

namespace mdrl {

// The gradient of x^2 at 3, by autograd: 6.
double GradientOfSquareAtThree();

}  // namespace mdrl

#endif  // MDRL_TESTS_SMOKE_SMOKE_TORCH_H_
