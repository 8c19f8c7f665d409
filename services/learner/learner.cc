#include "services/learner/learner.h"

#include <algorithm>
#include <future>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "common/base/hash.h"
#include "common/base/log.h"
#include "common/base/philox.h"
#include "common/base/status_macros.h"
#include "common/model/weights.h"
#include "services/learner/algorithm/registry.h"
#include "services/learner/ledger/chain.h"
#include "services/learner/update/sft.h"

namespace mdrl {
namespace {

// Of the checkpoint's free-form state.
constexpr char kTokensKey[] = "tokens_generated";

Decay ToDecay(OptimizerSettings::Decay decay) {
  switch (decay) {
    case OptimizerSettings::Decay::kLinear:
      return Decay::kLinear;
    case OptimizerSettings::Decay::kCosine:
      return Decay::kCosine;
    case OptimizerSettings::Decay::kConstant:
      return Decay::kConstant;
  }
  return Decay::kConstant;
}

AdamWOptions ToAdamW(const OptimizerSettings& from) {
  return {.beta1 = from.beta1,
          .beta2 = from.beta2,
          .eps = from.eps,
          .weight_decay = from.weight_decay,
          .grad_clip = from.grad_clip};
}

// Steps of the whole run, for schedules that need to know; 0: no end.
int64_t TotalSteps(const LearnerOptions& options) {
  const uint64_t by_rounds =
      options.stop.rounds * options.iterations * options.minibatches;
  if (options.stop.steps == 0) return static_cast<int64_t>(by_rounds);
  if (by_rounds == 0) return static_cast<int64_t>(options.stop.steps);
  return static_cast<int64_t>(std::min(by_rounds, options.stop.steps));
}

PolicyUpdateOptions ToUpdate(const LearnerOptions& options) {
  PolicyUpdateOptions to;
  to.adamw = ToAdamW(options.optimizer);
  to.iterations = static_cast<int>(options.iterations);
  to.minibatches = static_cast<int>(options.minibatches);
  to.skip_zero_spread = options.skip_zero_spread;
  to.measure_kl_rollout = options.measure_kl_rollout;
  if (options.optimizer.micro_batch_tokens > 0) {
    to.micro_batch_tokens =
        static_cast<int64_t>(options.optimizer.micro_batch_tokens);
  }
  to.lr.peak = options.optimizer.lr;
  to.lr.decay = ToDecay(options.optimizer.decay);
  to.lr.total_steps = TotalSteps(options);
  to.lr.warmup_steps =
      options.optimizer.warmup_steps > 0
          ? static_cast<int64_t>(options.optimizer.warmup_steps)
          : WarmupSteps(options.optimizer.warmup_ratio, to.lr.total_steps);
  return to;
}

// The answer of an asynchronous call of the desk. Threads meet here, by name:
// the desk answers on the ledger's.
template <typename T>
absl::StatusOr<T> Await(const std::function<void(Answer<T>)>& call) {
  auto promise = std::make_shared<std::promise<absl::StatusOr<T>>>();
  std::future<absl::StatusOr<T>> future = promise->get_future();
  call([promise](absl::StatusOr<T> value) {
    promise->set_value(std::move(value));
  });
  return future.get();
}

// Stage number as the 16-byte id of Philox stream 6.
uint64_t SftKey(uint64_t seed, size_t stage) {
  std::array<uint8_t, 16> id{};
  for (int i = 0; i < 8; ++i) {
    id[i] = static_cast<uint8_t>(static_cast<uint64_t>(stage) >> (8 * i));
  }
  return PhiloxKey(seed, /*purpose=*/0, id);
}

Transformer MakeModel(ModelConfig config, NamedTensors weights,
                      const std::optional<LoadedAdapter>& lora) {
  Transformer base(std::move(config), std::move(weights));
  return lora ? base.With(lora->adapter) : base;
}

}  // namespace

absl::StatusOr<std::unique_ptr<Learner>> Learner::Create(
    const LearnerOptions& options, Parts parts, ModelConfig config,
    NamedTensors weights, std::vector<TrainingFile> policy_files,
    std::optional<LoadedAdapter> lora) {
  AlgorithmSettings settings = options.algorithm;
  settings.corruption.mask_id = config.mask_id;
  settings.corruption.eos_id = config.eos_id;
  MDRL_ASSIGN_OR_RETURN(std::unique_ptr<Algorithm> algorithm,
                        MakeAlgorithm(settings));
  if (options.optimizer.decay != OptimizerSettings::Decay::kConstant &&
      TotalSteps(options) == 0) {
    return absl::InvalidArgumentError(
        "optimizer.decay: a rate that decays needs run.stop.rounds or "
        "run.stop.steps to know where it ends");
  }
  return std::unique_ptr<Learner>(new Learner(
      options, std::move(parts), std::move(config), std::move(weights),
      std::move(policy_files), std::move(lora), std::move(algorithm)));
}

Learner::Learner(const LearnerOptions& options, Parts parts, ModelConfig config,
                 NamedTensors weights, std::vector<TrainingFile> policy_files,
                 std::optional<LoadedAdapter> lora,
                 std::unique_ptr<Algorithm> algorithm)
    : options_(options),
      parts_(std::move(parts)),
      started_(options.started.value_or(parts_.clock.Now())),
      policy_files_(std::move(policy_files)),
      algorithm_(std::move(algorithm)),
      model_(MakeModel(std::move(config), std::move(weights), lora)),
      update_(*algorithm_, model_, model_.trainable(), ToUpdate(options),
              parts_.clock),
      trainer_({options.desk.run_id, options.desk.epoch,
                options.desk.base_model_hash, options.optimizer.nonfinite_limit,
                [this] { return parts_.desk.AwaitResumed(); }, parts_.metrics,
                lora ? LoraConfigJson(lora->settings) : ""},
               *algorithm_, model_, update_, parts_.ledger, parts_.step_log,
               parts_.manifest_codec, parts_.clock) {
  position_.chain = ChainStart(options.desk.base_model_hash, options.seed,
                               options.result_sha256);
  summary_.seed = options.seed;
}

absl::Status Learner::Restore() {
  MDRL_RETURN_IF_ERROR(LoadCheckpoint());
  if (!restored_ && parts_.recovered.rounds.empty()) return absl::OkStatus();
  if (!restored_) MDRL_RETURN_IF_ERROR(TrainSupervised());
  MDRL_RETURN_IF_ERROR(PublishStart());
  return Replay();
}

absl::Status Learner::LoadCheckpoint() {
  const absl::StatusOr<Checkpoint> checkpoint = parts_.checkpoints.FindNewest();
  if (!checkpoint.ok() && !absl::IsNotFound(checkpoint.status())) {
    return checkpoint.status();
  }
  if (checkpoint.ok()) {
    MDRL_RETURN_IF_ERROR(
        RestoreTrainingFiles(checkpoint->path, model_, update_.optimizer()));
    if (update_.copies_reference() && checkpoint->state.round > 0) {
      MDRL_ASSIGN_OR_RETURN(const NamedTensors reference,
                            ReadReferenceFile(checkpoint->path));
      MDRL_RETURN_IF_ERROR(update_.SetReference(reference));
    }
    const TrainingState& state = checkpoint->state;
    uint64_t tokens = 0;
    const auto kept = state.algorithm.find(kTokensKey);
    if (kept != state.algorithm.end()) {
      (void)absl::SimpleAtoi(kept->second, &tokens);
    }
    position_ = {state.round, state.step, state.chain, tokens};
    checkpointed_step_ = state.step;
    restored_ = true;
  }
  // Evaluations that were taken before; without the file they are gone.
  const absl::StatusOr<RunSummary> before =
      ReadSummary(options_.run_dir + "/summary.json");
  if (before.ok()) {
    summary_.evals = before->evals;
    summary_.examples = before->examples;
    summary_.task = before->task;
  }
  return absl::OkStatus();
}

RoundGroups Learner::ToRoundGroups(const StoredRound& stored) const {
  RoundGroups round;
  round.round = stored.round;
  for (const RecoveredGroup& from : stored.groups) {
    round.groups.push_back(
        {from.group, from.stored.content_sha256, from.prompt.prompt,
         from.prompt.tokens,
         PhiloxKey(options_.seed, static_cast<uint32_t>(Purpose::kTrain),
                   from.group.key.group_id.bytes)});
  }
  return round;
}

absl::Status Learner::Replay() {
  const absl::Time start = parts_.clock.Now();
  const uint64_t first = position_.round;
  for (const StoredRound& stored : parts_.recovered.rounds) {
    if (stored.round < position_.round || !stored.closed) continue;
    RecordedRound recorded;
    recorded.closed = true;
    for (const StepCommitted& step : stored.steps) {
      recorded.params_hash[step.inner] = step.params_hash;
    }
    parts_.desk.EnterPhase(
        LoopPhase::kReplaying,
        absl::StrCat("round ", stored.round, " of the recorded ones up to ",
                     parts_.recovered.rounds.back().round));
    const RoundGroups round = ToRoundGroups(stored);
    Log(LogLevel::kInfo, "replay", "a recorded round is trained again",
        {{"round", absl::StrCat(stored.round)}});
    MDRL_ASSIGN_OR_RETURN(const auto snapshot,
                          trainer_.Train(round, recorded, position_));
    parts_.desk.Publish(snapshot);
    if (stored.steps.empty()) continue;
    if (position_.chain != stored.steps.back().chain) {
      return ErrorWith(
          absl::StatusCode::kDataLoss, reason::kReplayDiverged, "",
          absl::StrCat("round ", stored.round,
                       " trained again ends in another chain than recorded: "
                       "the configuration was changed"));
    }
  }
  if (parts_.metrics != nullptr) {
    parts_.metrics->ShowReplay(position_.round - first,
                               parts_.clock.Now() - start);
  }
  return absl::OkStatus();
}

absl::Status Learner::Run() {
  if (!begun_) {
    MDRL_RETURN_IF_ERROR(TrainSupervised());
    MDRL_RETURN_IF_ERROR(PublishStart());
  }
  if (position_.round == 0 && options_.evaluation.at_start) {
    MDRL_RETURN_IF_ERROR(parts_.desk.AwaitPrompts());
    MDRL_RETURN_IF_ERROR(Evaluate());
  }
  MDRL_RETURN_IF_ERROR(TrainRounds());
  return Finish();
}

absl::Status Learner::TrainSupervised() {
  for (size_t i = 0; i < options_.sft.size(); ++i) {
    parts_.desk.EnterPhase(
        LoopPhase::kSupervised,
        absl::StrCat("stage ", i + 1, " of ", options_.sft.size()));
    const SftSettings& settings = options_.sft[i];
    SftStage stage;
    stage.steps = static_cast<int64_t>(settings.steps);
    stage.batch = settings.batch;
    stage.lr = settings.optimizer.lr;
    stage.warmup_steps = static_cast<int64_t>(settings.optimizer.warmup_steps);
    stage.decay = ToDecay(settings.optimizer.decay);
    stage.adamw = ToAdamW(settings.optimizer);
    stage.philox_key = SftKey(options_.seed, i);
    std::vector<SftRow> rows;
    for (const SftPair& pair : parts_.sft[i]) {
      rows.push_back({pair.prompt, pair.answer});
    }
    const int64_t interval = std::max<int64_t>(1, stage.steps / 10);
    MDRL_RETURN_IF_ERROR(RunSftStage(
        model_, model_.trainable(), rows, stage,
        [&](const SftProgress& progress) {
          if ((progress.step + 1) % interval != 0) return;
          parts_.desk.EnterPhase(
              LoopPhase::kSupervised,
              absl::StrCat("stage ", i + 1, " of ", options_.sft.size(),
                           ", step ", progress.step + 1, " of ",
                           progress.steps));
          // Best effort: a full queue costs one line of progress.
          (void)parts_.ledger.Enqueue(
              LedgerWrite().Add(EventNoted{
                  "sft", absl::StrCat("stage-", i),
                  absl::StrCat("{\"stage\":", i, ",\"step\":",
                               progress.step + 1, ",\"steps\":", progress.steps,
                               ",\"loss\":", progress.loss, "}")}),
              [](absl::StatusOr<uint64_t>) {});
        }));
  }
  return absl::OkStatus();
}

absl::Status Learner::PublishStart() {
  const Cause cause = position_.round == 0 ? Cause::kInitial : Cause::kRound;
  const auto snapshot = trainer_.MakePolicy(position_.round, cause, position_);
  const Manifest& manifest = snapshot->manifest;
  MDRL_RETURN_IF_ERROR(
      parts_.ledger
          .Commit(LedgerWrite().Add(
              PolicyPublished{manifest.version, manifest.round, manifest.step,
                              manifest.cause, manifest.content_sha256,
                              snapshot->manifest_sha256, manifest.total_bytes}))
          .status());
  if (!restored_) MDRL_RETURN_IF_ERROR(WriteCheckpoint());
  parts_.desk.Publish(snapshot);
  parts_.board.SetStep(position_.step, position_.chain);
  begun_ = true;
  return absl::OkStatus();
}

absl::Status Learner::TrainRounds() {
  while (!StopReached()) {
    absl::StatusOr<RoundGroups> round = [this] {
      const PhaseTimer timer(phases(), "wait_groups");
      return parts_.desk.TakeRound();
    }();
    // The desk's word for: the last round is trained, or the run was drained.
    if (absl::IsOutOfRange(round.status())) return absl::OkStatus();
    MDRL_RETURN_IF_ERROR(round.status());
    if (parts_.metrics != nullptr) {
      parts_.metrics->CountRound(
          *round, uint64_t{options_.iterations} * options_.minibatches);
    }
    RecordedRound recorded;
    for (const StoredRound& stored : parts_.recovered.rounds) {
      if (stored.round != round->round) continue;
      for (const StepCommitted& step : stored.steps) {
        recorded.params_hash[step.inner] = step.params_hash;
      }
    }
    MDRL_ASSIGN_OR_RETURN(const auto snapshot,
                          trainer_.Train(*round, recorded, position_));
    parts_.desk.OnRoundTrained(round->round);
    if (parts_.metrics != nullptr) {
      parts_.metrics->CountRoundTrained(position_.round);
    }
    parts_.desk.Publish(snapshot);
    if (!round->groups.empty()) {
      summary_.task = round->groups.front().prompt.task;
    }
    MDRL_RETURN_IF_ERROR(AfterRound());
  }
  return absl::OkStatus();
}

bool Learner::StopReached() const {
  const StopSettings& stop = options_.stop;
  return stop.after_sft ||
         (stop.rounds > 0 && position_.round >= stop.rounds) ||
         (stop.steps > 0 && position_.step >= stop.steps) ||
         (stop.hours > 0 &&
          parts_.clock.Now() - started_ >= absl::Hours(stop.hours));
}

absl::Status Learner::AfterRound() {
  parts_.board.SetStep(position_.step, position_.chain);
  MDRL_RETURN_IF_ERROR(CollectEvaluations(/*wait=*/false));
  const uint64_t every = options_.evaluation.every_rounds;
  if (every > 0 && position_.round % every == 0 && !StopReached()) {
    MDRL_RETURN_IF_ERROR(Evaluate());
  }
  const uint64_t save = options_.checkpoint.every_rounds;
  if (save > 0 && position_.round % save == 0 && !StopReached()) {
    MDRL_RETURN_IF_ERROR(WriteCheckpoint());
  }
  return absl::OkStatus();
}

absl::Status Learner::Finish() {
  const RunStatus status =
      parts_.desk.Status(/*with_workers=*/false, /*with_sets=*/false);
  const bool drained = status.state == RunStatus::State::kDraining;
  if (!drained && !options_.stop.after_sft && options_.evaluation.at_end) {
    MDRL_RETURN_IF_ERROR(Evaluate());
  }
  parts_.desk.EnterPhase(LoopPhase::kEvaluating, "the last one");
  MDRL_RETURN_IF_ERROR(CollectEvaluations(/*wait=*/true));
  if (!drained || options_.checkpoint.on_drain || status.drain_checkpoint) {
    MDRL_RETURN_IF_ERROR(WriteCheckpoint());
  }
  MDRL_RETURN_IF_ERROR(WriteSummary());
  parts_.desk.EnterPhase(LoopPhase::kFinished, "");
  parts_.desk.Stop(drained ? Reason::kDraining : Reason::kFinished);
  return absl::OkStatus();
}

absl::Status Learner::Evaluate() {
  if (options_.evaluation.sets.empty() && !AnyHeldOut()) {
    Log(LogLevel::kInfo, "no_evaluation",
        "there is no held-out prompt set to evaluate on");
    return absl::OkStatus();
  }
  EvaluateRequest request;
  // One evaluation per round whatever was restarted in between.
  const Digest id = Sha256()
                        .String("mdrl.evaluation.v1")
                        .Bytes(options_.desk.run_id)
                        .U64(options_.desk.epoch)
                        .U64(position_.round)
                        .Finish();
  std::copy_n(id.bytes.begin(), 16, request.request_id.bytes.begin());
  for (const std::string& name : options_.evaluation.sets) {
    MDRL_ASSIGN_OR_RETURN(const PromptSetView set,
                          parts_.desk.GetPromptSet(Digest{}, name));
    request.set_sha256.push_back(set.sha256);
  }
  request.version = position_.round;
  request.max_prompts = options_.evaluation.max_prompts;
  const absl::StatusOr<EvaluationView> view =
      Await<EvaluationView>([&](Answer<EvaluationView> answer) {
        parts_.desk.Evaluate(request, std::move(answer));
      });
  if (!view.ok()) return WithContext(view.status(), "evaluation");
  asked_.push_back({position_.round, view->id});
  return absl::OkStatus();
}

bool Learner::AnyHeldOut() const {
  const RunStatus status =
      parts_.desk.Status(/*with_workers=*/false, /*with_sets=*/true);
  return std::any_of(status.sets.begin(), status.sets.end(),
                     [](const PromptSetView& set) {
                       return set.state == PromptSetState::kHeldOut;
                     });
}

absl::Status Learner::CollectEvaluations(bool wait) {
  while (!asked_.empty()) {
    const Asked asked = asked_.front();
    absl::StatusOr<EvaluationView> view =
        wait ? parts_.desk.AwaitEvaluation(asked.id)
             : Await<EvaluationView>([&](Answer<EvaluationView> answer) {
                 parts_.desk.GetEvaluation(asked.id, absl::ZeroDuration(),
                                           /*cancel=*/false, std::move(answer));
               });
    MDRL_RETURN_IF_ERROR(view.status());
    if (view->state == EvaluationView::State::kWaiting ||
        view->state == EvaluationView::State::kRunning) {
      return absl::OkStatus();
    }
    asked_.pop_front();
    if (view->state == EvaluationView::State::kDone) {
      TakeEvaluation(*view, asked.round);
      MDRL_RETURN_IF_ERROR(WriteSummary());
    }
  }
  return absl::OkStatus();
}

void Learner::TakeEvaluation(const EvaluationView& view, uint64_t round) {
  std::erase_if(summary_.evals, [round](const EvalSummary& eval) {
    return eval.round == round;
  });
  summary_.evals.push_back(SummarizeEvaluation(view, round));
  if (view.rows.empty()) return;
  if (summary_.task.empty()) summary_.task = view.rows.front().task;
  const std::vector<EvaluationExample>& examples = view.rows.front().examples;
  const bool first = summary_.examples.empty();
  if (first) summary_.examples.resize(examples.size());
  const size_t count = std::min(examples.size(), summary_.examples.size());
  for (size_t i = 0; i < count; ++i) {
    ExampleSummary& to = summary_.examples[i];
    const std::string text = parts_.text_of(examples[i].tokens);
    if (first) {
      for (const Turn& turn : examples[i].prompt.turns) to.prompt += turn.text;
      to.truth = examples[i].prompt.truth;
      to.before = text;
    }
    to.after = text;
  }
}

absl::Status Learner::WriteSummary() {
  summary_.rounds = position_.round;
  summary_.steps = position_.step;
  summary_.versions = position_.round + 1;
  summary_.tokens_generated = position_.tokens;
  summary_.wall_seconds = absl::ToDoubleSeconds(parts_.clock.Now() - started_);
  return mdrl::WriteSummary(options_.run_dir + "/summary.json", summary_);
}

absl::Status Learner::WriteCheckpoint() {
  if (checkpointed_step_ == position_.step) return absl::OkStatus();
  const PhaseTimer timer(phases(), "checkpoint");
  const absl::Status status = TryWriteCheckpoint();
  if (parts_.metrics != nullptr && !status.ok()) {
    parts_.metrics->CountCheckpoint(status, 0, parts_.clock.Now());
  }
  return status;
}

absl::Status Learner::TryWriteCheckpoint() {
  const absl::Time start = parts_.clock.Now();
  parts_.desk.EnterPhase(LoopPhase::kCheckpointing,
                         absl::StrCat("of step ", position_.step));
  std::vector<TrainingFile> files = TrainingFiles(model_, update_.optimizer());
  // Before the first round the weights themselves are the reference.
  if (const NamedTensors reference = update_.ReferenceWeights();
      !reference.empty()) {
    files.push_back(ReferenceFile(reference));
  }
  CheckpointContents contents;
  for (const auto* list : {&std::as_const(files), &policy_files_}) {
    for (const TrainingFile& file : *list) {
      contents.files.push_back({file.name, file.bytes});
    }
  }
  contents.state.step = position_.step;
  contents.state.round = position_.round;
  contents.state.version = position_.round;
  contents.state.schedule_step =
      static_cast<uint64_t>(update_.optimizer().steps());
  contents.state.seed = options_.seed;
  contents.state.chain = position_.chain;
  contents.state.algorithm[kTokensKey] = absl::StrCat(position_.tokens);
  contents.run_id = options_.desk.run_id;
  contents.epoch = options_.desk.epoch;
  contents.ledger_seq = parts_.ledger.newest_seq();
  contents.build = options_.desk.build.version;
  contents.config_sha256 = options_.result_sha256;
  Histograms* const stages =
      parts_.metrics ? &parts_.metrics->checkpoint_seconds : nullptr;
  if (stages != nullptr) {
    stages->At({"copy"}).Observe(parts_.clock.Now() - start);
  }
  const absl::StatusOr<Checkpoint> written = [&] {
    const PhaseTimer timer(stages, "write");
    return parts_.checkpoints.Write(contents);
  }();
  MDRL_RETURN_IF_ERROR(written.status());
  const Checkpoint& checkpoint = *written;
  MDRL_RETURN_IF_ERROR(parts_.ledger
                           .Commit(LedgerWrite().Add(CheckpointWritten{
                               checkpoint.name, position_.step, position_.round,
                               position_.round, checkpoint.manifest_sha256}))
                           .status());
  MDRL_RETURN_IF_ERROR(parts_.checkpoints.MarkLatest(checkpoint.name));
  MDRL_ASSIGN_OR_RETURN(const std::vector<std::string> removed,
                        parts_.checkpoints.Prune({checkpoint.name}));
  LedgerWrite gone;
  for (const std::string& name : removed) gone.Add(CheckpointRemoved{name});
  if (!gone.rows.empty()) {
    MDRL_RETURN_IF_ERROR(parts_.ledger.Commit(std::move(gone)).status());
  }
  checkpointed_step_ = position_.step;
  if (parts_.metrics != nullptr) {
    parts_.metrics->CountCheckpoint(absl::OkStatus(), checkpoint.bytes,
                                    parts_.clock.Now());
  }
  parts_.board.SetCheckpoint({checkpoint.name, position_.step, position_.round,
                              position_.round, parts_.clock.Now()});
  return absl::OkStatus();
}

}  // namespace mdrl
