// What one optimizer step did, as the step log records it (docs/algorithms.md).
// Plain values.
#ifndef MDRL_COMMON_RECORD_STEP_STATS_H_
#define MDRL_COMMON_RECORD_STEP_STATS_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>

namespace mdrl {

struct StepStats {
  uint64_t groups = 0;
  uint64_t completions =
      0;                  // with a reward; the three signs below add up to it
  uint64_t positive = 0;  // by advantage
  uint64_t negative = 0;
  uint64_t zero = 0;
  uint64_t zero_spread = 0;     // groups whose rewards are all equal
  uint64_t tokens = 0;          // sum of n: the loss's denominator
  uint64_t forward_tokens = 0;  // prompt and canvas, times samples, as fed

  double loss = 0.0;
  std::map<std::string, double> parts;  // by method
  std::optional<double> elbo;           // nats per token; where the method has
  std::optional<double> eubo;           // such bounds
  std::optional<double> gap;            // eubo - elbo
  double advantage_abs = 0.0;           // means over completions
  double advantage_stddev = 0.0;

  double grad_norm = 0.0;  // before clipping
  bool clipped = false;
  double update_ratio = 0.0;  // |change of the weights| / |weights|
  double lr = 0.0;

  std::map<std::string, double> seconds;  // batch, forward, backward, optimizer
};

}  // namespace mdrl

#endif  // MDRL_COMMON_RECORD_STEP_STATS_H_
