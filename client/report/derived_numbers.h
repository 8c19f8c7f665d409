// What follows from a run configuration: how much a round is, how old groups
// may be, how much is sent, held and computed.
//
// Pure, but for asking how many cores this machine has. The estimates are
// arithmetic from the model's shape (common/format/memory_estimate.h); they
// tell megabytes from gigabytes and seconds from hours, not one per cent from
// the next.
#ifndef MDRL_CLIENT_REPORT_DERIVED_NUMBERS_H_
#define MDRL_CLIENT_REPORT_DERIVED_NUMBERS_H_

#include <cstdint>
#include <optional>
#include <string>

#include "common/format/hf_config.h"
#include "mdrl/config/v1/run.pb.h"

namespace mdrl {

struct DerivedNumbers {
  // Of one round.
  uint64_t groups = 0;
  uint64_t group_size = 0;
  uint64_t completions = 0;
  uint64_t canvas_tokens = 0;  // at most: all canvases together
  uint64_t steps = 0;
  // Of one step: the completions it sees, the samples it scores of each, and
  // the canvases of all of them.
  uint64_t step_completions = 0;
  uint64_t samples = 0;
  uint64_t step_tokens = 0;
  // In the whole run; absent: it does not end by rounds.
  std::optional<uint64_t> all_steps;
  // Groups in flight, and how old one may be when it is trained.
  uint64_t open_tickets = 0;
  uint64_t lag_rounds = 0;
  uint64_t lag_steps = 0;
  // Rounds that a resume trains again at most; absent: no checkpoint is made
  // before the end, so all of them.
  std::optional<uint64_t> replay_rounds;

  // What depends on the model's shape.
  struct Model {
    uint64_t parameters = 0;
    uint64_t trained = 0;            // of these, or of adapters
    uint64_t publication_bytes = 0;  // one policy, as it is sent
    uint64_t sequence_tokens = 0;    // longest prompt and canvas
    uint64_t learner_bytes = 0;      // weights, gradients, optimizer, policies
    uint64_t worker_bytes = 0;  // served and staged weights, the lanes' work
    uint64_t learner_gpu_bytes = 0;  // the same two on a GPU, in bfloat16
    uint64_t worker_gpu_bytes = 0;   // one group at a time
    double decode_flop = 0.0;        // of one round
    double train_flop = 0.0;
    double decode_seconds = 0.0;  // at kFlopPerThread, all workers together
    double train_seconds = 0.0;
  };
  std::optional<Model> model;
};

// What one thread does here with float32 matrices of a small model: measured
// on the quick start, which is between 10e9 and 20e9.
inline constexpr double kFlopPerThread = 15e9;

// `model`: absent if its config.json cannot be read. `stored_bytes`: of its
// weight files, which a LoRA run keeps as they are; 0: as many as the
// torch_dtype of its config.json takes.
DerivedNumbers Derive(const config::v1::Run& run,
                      const std::optional<LladaConfig>& model,
                      uint64_t stored_bytes = 0);

// Several lines for people.
std::string DerivedText(const DerivedNumbers& numbers);
// One object.
std::string DerivedJson(const DerivedNumbers& numbers);

}  // namespace mdrl

#endif  // MDRL_CLIENT_REPORT_DERIVED_NUMBERS_H_
