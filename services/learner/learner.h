// The learner's loop: take a round, train it, publish, evaluate, save; reads
// like Algorithm 1 of the SPG paper.
//
// consumes: rounds of scored groups, from the front desk
// produces: steps in the ledger, policies at the desk, checkpoints,
// summary.json waits for: a complete round; an evaluation at the end unblocked
// by: SubmitGroup; the desk's Stop() and Close()
//
// One of the two files where Torch and threads meet. Run() belongs to one
// thread.
#ifndef MDRL_SERVICES_LEARNER_LEARNER_H_
#define MDRL_SERVICES_LEARNER_LEARNER_H_

#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/base/clock.h"
#include "common/model/adapter_source.h"
#include "common/model/transformer.h"
#include "services/learner/algorithm/algorithm.h"
#include "services/learner/desk/front_desk.h"
#include "services/learner/ledger/ledger.h"
#include "services/learner/ledger/recovery.h"
#include "services/learner/ledger/step_log.h"
#include "services/learner/loop_metrics.h"
#include "services/learner/options.h"
#include "services/learner/policy/checkpoint.h"
#include "services/learner/round_trainer.h"
#include "services/learner/run_board.h"
#include "services/learner/sft_data.h"
#include "services/learner/summary.h"
#include "services/learner/training_files.h"
#include "services/learner/update/policy_update.h"

namespace mdrl {

class Learner {
 public:
  // What the loop is given; all of it outlives the learner.
  struct Parts {
    FrontDesk& desk;
    Ledger& ledger;
    CheckpointFolder& checkpoints;
    RunBoard& board;
    StepLog* step_log = nullptr;
    LoopMetrics* metrics = nullptr;  // may be null
    Clock& clock;
    ManifestCodec manifest_codec;
    // A completion's tokens as people read them.
    std::function<std::string(const std::vector<int32_t>&)> text_of;
    // Read and tokenised, one per stage of the options.
    std::vector<std::vector<SftPair>> sft;
    // Of the ledger at the start.
    const RecoveredRun& recovered;
  };

  // Takes over `weights`, and trains them, or `lora` beside them.
  // `policy_files` (config.json, tokenizer.json, ... or adapter_config.json) go
  // into every checkpoint as they are. InvalidArgument: an unknown method or
  // setting, named by its key.
  static absl::StatusOr<std::unique_ptr<Learner>> Create(
      const LearnerOptions& options, Parts parts, ModelConfig config,
      NamedTensors weights, std::vector<TrainingFile> policy_files,
      std::optional<LoadedAdapter> lora = std::nullopt);

  // What must be done before anyone is served: after a crash, the checkpoint
  // and every round recorded since. DataLoss: what is stored does not verify
  // or does not repeat itself.
  absl::Status Restore();

  // From where Restore() left off to the run's end: supervised stages, then
  // rounds. OK: a stop condition or a drain ended it. Cancelled: Stop().
  absl::Status Run();

 private:
  // An evaluation that was asked for and not yet read.
  struct Asked {
    uint64_t round = 0;
    EvaluationId id;
  };

  Learner(const LearnerOptions& options, Parts parts, ModelConfig config,
          NamedTensors weights, std::vector<TrainingFile> policy_files,
          std::optional<LoadedAdapter> lora,
          std::unique_ptr<Algorithm> algorithm);

  absl::Status LoadCheckpoint();
  absl::Status TrainSupervised();
  // Version 0, or that of the checkpoint.
  absl::Status PublishStart();
  // Trains the rounds again that were closed after the checkpoint.
  absl::Status Replay();
  RoundGroups ToRoundGroups(const StoredRound& stored) const;
  absl::Status TrainRounds();
  bool StopReached() const;
  absl::Status AfterRound();
  absl::Status Finish();

  // Asks for an evaluation of the newest policy, if there is a set for it.
  absl::Status Evaluate();
  bool AnyHeldOut() const;
  // Takes evaluations that are over into the summary; all of them if `wait`.
  absl::Status CollectEvaluations(bool wait);
  void TakeEvaluation(const EvaluationView& view, uint64_t round);
  absl::Status WriteSummary();
  // Counted, whether it succeeds or not.
  absl::Status WriteCheckpoint();
  absl::Status TryWriteCheckpoint();
  // A phase of the loop, where there are metrics.
  Histograms* phases() const {
    return parts_.metrics ? &parts_.metrics->phase_seconds : nullptr;
  }

  const LearnerOptions options_;
  Parts parts_;
  const absl::Time started_;
  const std::vector<TrainingFile> policy_files_;
  const std::unique_ptr<Algorithm> algorithm_;
  Transformer model_;
  PolicyUpdate update_;
  RoundTrainer trainer_;
  RunPosition position_;
  bool restored_ = false;  // weights come from a checkpoint: no SFT
  bool begun_ = false;     // the first policy is published
  std::optional<uint64_t> checkpointed_step_;
  std::deque<Asked> asked_;
  RunSummary summary_;
};

}  // namespace mdrl

#endif  // MDRL_SERVICES_LEARNER_LEARNER_H_
