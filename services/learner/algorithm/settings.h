// Section `algorithm` of the run configuration as plain values; no Torch.
#ifndef MDRL_SERVICES_LEARNER_ALGORITHM_SETTINGS_H_
#define MDRL_SERVICES_LEARNER_ALGORITHM_SETTINGS_H_

#include <cstdint>
#include <optional>
#include <string>

#include "services/learner/corruption/block_choice.h"
#include "services/learner/corruption/canvas.h"

namespace mdrl {

// Absent, empty or 0: the method's own.
struct AlgorithmSettings {
  std::string name = "spg";
  std::string advantage = {};  // mean | mean_std | mean_population_std |
                               // leave_one_out
  struct Corruption {
    std::string kind = {};
    int samples = 0;  // K
    std::optional<double> mask_prompt = {};
    MaskRatio ratio = {};
    bool score_block_only = false;
    BlockChoice choice = BlockChoice::kWithoutReplacement;
    int block_tokens = 32;  // B of the decoder
    int32_t mask_id = 0;    // the model's
    int32_t eos_id = 0;
  } corruption = {};

  struct Spg {
    double beta = 1.5;
    double omega = 0.5;
    std::string negative = "mix";  // mix | eubo | elbo | drop
    double negative_weight = 1.0;
    double negative_cap = 0.0;
  } spg = {};
  struct DiffuGrpo {
    double clip = 0.5;
    double kl_beta = 0.04;
  } diffu_grpo = {};
  struct Wd1 {
    double psi = 1.0;            // inverse temperature of the weights
    bool over_the_step = false;  // compat: softmax over all rows of the step
  } wd1 = {};
  struct UniGrpo {
    double clip = 0.2;
    double kl_beta = 0.0;
    bool sweep = true;
  } unigrpo = {};
  struct Bgpo {
    double divisor = 0.0;             // of d; 0: the completion's n
    std::optional<double> clip = {};  // absent: none
  } bgpo = {};
  struct Rspo {
    double lambda = 0.01;
    bool centre_per_group = false;
  } rspo = {};
  struct Dtm {
    double h = 1.0;  // tilt of a round
    double control_variate = 1.0;
    bool active_only = true;
  } dtm = {};
  struct Espo {
    double clip_low = 0.2;
    double clip_high = 0.2;
    double kl_beta = 1e-3;
  } espo = {};
  struct TraceRl {
    int merge = 8;
    std::optional<int> eos_scored = 1;  // absent: all
    double clip = 0.2;
    double kl_beta = 0.01;
  } tracerl = {};
  struct JustGrpo {
    double clip = 0.2;
  } justgrpo = {};
};

}  // namespace mdrl

#endif  // MDRL_SERVICES_LEARNER_ALGORITHM_SETTINGS_H_
