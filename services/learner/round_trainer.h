// Trains one round and writes it into the book: steps, hashes, chain, policy.
//
// consumes: a round's groups · produces: committed steps, the next snapshot
// waits for: the ledger's commit of each step · unblocked by: its writer
//
// The same code trains a live round and replays a recorded one after a crash;
// then what was committed before is compared instead of written. Not
// thread-safe: the learner's loop owns it.
#ifndef MDRL_SERVICES_LEARNER_ROUND_TRAINER_H_
#define MDRL_SERVICES_LEARNER_ROUND_TRAINER_H_

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "common/base/clock.h"
#include "common/base/id.h"
#include "common/model/transformer.h"
#include "common/record/snapshot.h"
#include "services/learner/buffer/group_buffer.h"
#include "services/learner/ledger/ledger.h"
#include "services/learner/ledger/step_log.h"
#include "services/learner/loop_metrics.h"
#include "services/learner/update/policy_update.h"

namespace mdrl {

// What the ledger holds of a round that is trained again.
struct RecordedRound {
  bool closed = false;
  std::map<uint32_t, ChunkHash> params_hash;  // by inner step
};

// Where the run stands between two rounds.
struct RunPosition {
  uint64_t round = 0;   // the next one
  uint64_t step = 0;    // the next one
  Digest chain;         // after the last step
  uint64_t tokens = 0;  // generated for the rounds trained so far
};

class RoundTrainer {
 public:
  struct Options {
    RunId run_id;
    uint64_t epoch = 0;
    Digest base_model_hash;
    uint32_t nonfinite_limit = 3;
    // Asked before every step but a round's first; an error ends the round
    // there. May block. May be empty.
    std::function<absl::Status()> before_step = {};
    LoopMetrics* metrics = nullptr;  // counts; outlives the trainer
    // Of a LoRA run: what a snapshot of its adapter says of itself.
    std::string adapter_config_json = {};
  };
  // Everything borrowed outlives the trainer. `step_log` may be null.
  RoundTrainer(Options options, const Algorithm& algorithm,
               const Transformer& model, PolicyUpdate& update, Ledger& ledger,
               StepLog* step_log, ManifestCodec codec, Clock& clock);

  // The present weights as policy `version`, with a canary.
  std::shared_ptr<const Snapshot> MakePolicy(Version version, Cause cause,
                                             const RunPosition& at) const;

  // All steps of `round`; `position` moves behind it. The snapshot is version
  // round + 1, and in the ledger. DataLoss, reason REPLAY_DIVERGED, naming the
  // step whose weights differ from `recorded`; Internal, reason STEP_NONFINITE,
  // after nonfinite_limit such steps in a row.
  absl::StatusOr<std::shared_ptr<const Snapshot>> Train(
      const RoundGroups& round, const RecordedRound& recorded,
      RunPosition& position);

 private:
  struct StepRecord;

  LedgerWrite OpeningOf(const RoundGroups& round, const Digest& batch) const;
  RoundClosed ClosingOf(const RoundGroups& round) const;
  // Compares with the record, or adds the step to `write`.
  absl::Status Note(const RoundGroups& round, uint32_t inner,
                    const StepStats& stats, const Digest& batch,
                    const RecordedRound& recorded, RunPosition& position,
                    LedgerWrite& write);

  // Of the metrics, where there are any.
  Histograms* phases() const {
    return options_.metrics ? &options_.metrics->phase_seconds : nullptr;
  }
  Histograms* stages() const {
    return options_.metrics ? &options_.metrics->snapshot_seconds : nullptr;
  }

  const Options options_;
  const Algorithm& algorithm_;
  const Transformer& model_;
  PolicyUpdate& update_;
  Ledger& ledger_;
  StepLog* const step_log_;
  const ManifestCodec codec_;
  Clock& clock_;
  uint32_t nonfinite_in_a_row_ = 0;
};

}  // namespace mdrl

#endif  // MDRL_SERVICES_LEARNER_ROUND_TRAINER_H_
