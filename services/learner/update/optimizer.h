// AdamW (Loshchilov and Hutter, arXiv 1711.05101), written out, with the
// clipping of the global gradient norm.
//
// Owns its state, shares the parameters' storage, which it updates in place.
// Deterministic: elementwise operations and one norm per tensor, in the order
// of the names. Not thread-safe.
#ifndef MDRL_SERVICES_LEARNER_UPDATE_OPTIMIZER_H_
#define MDRL_SERVICES_LEARNER_UPDATE_OPTIMIZER_H_

#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "common/base/id.h"
#include "common/tensor/named_tensors.h"

namespace mdrl {

struct AdamWOptions {
  double beta1 = 0.9;
  double beta2 = 0.99;
  double eps = 1e-8;
  double weight_decay = 0.0;
  double grad_clip = 0.0;  // largest gradient norm; 0: no clipping
};

class AdamW {
 public:
  // Marks the parameters as requiring a gradient. A parameter without one at a
  // step counts as having gradient 0: it is decayed, its moments fade.
  AdamW(NamedTensors parameters, AdamWOptions options);

  struct Applied {
    bool finite = true;  // false: the gradient was not, nothing has changed
    double grad_norm = 0.0;
    bool clipped = false;
    double update_ratio = 0.0;  // |change| / |weights before|
  };
  // One update from the gradients, which are then cleared whatever happened.
  //   g <- g min(1, c / (|g| + 1e-6))                     over all parameters
  //   m <- b1 m + (1 - b1) g,   v <- b2 v + (1 - b2) g^2
  //   w <- w - lr wd w - lr (m / (1 - b1^t)) / (sqrt(v / (1 - b2^t)) + eps)
  Applied Step(double lr);
  void ClearGradients();
  // As after construction: moments 0, no update applied.
  void Reset();

  // Updates applied so far: t of the last one.
  int64_t steps() const { return steps_; }
  const NamedTensors& parameters() const { return parameters_; }

  // "NAME.exp_avg", "NAME.exp_avg_sq" and "step" (int64, one element); copies.
  NamedTensors State() const;
  // InvalidArgument naming the tensor that is absent, superfluous or of
  // another shape; nothing has changed then.
  absl::Status Load(const NamedTensors& state);

 private:
  double GradientNorm() const;

  NamedTensors parameters_;
  AdamWOptions options_;
  std::vector<at::Tensor> exp_avg_;  // by index of parameters_
  std::vector<at::Tensor> exp_avg_sq_;
  int64_t steps_ = 0;
};

// SHA-256 over, in order: name, dtype, shape (list of u64), XXH3-128 of the
// bytes. What a step's result is known by.
Digest HashTensors(const NamedTensors& tensors);

}  // namespace mdrl

#endif  // MDRL_SERVICES_LEARNER_UPDATE_OPTIMIZER_H_
