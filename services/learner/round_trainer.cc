#include "services/learner/round_trainer.h"

#include <cmath>
#include <limits>
#include <utility>

#include "ATen/core/Tensor.h"
#include "ATen/core/grad_mode.h"
#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "common/base/log.h"
#include "common/base/status_macros.h"
#include "common/model/weights.h"
#include "services/learner/canary.h"
#include "services/learner/ledger/chain.h"
#include "services/learner/step_line.h"

namespace mdrl {
namespace {

std::vector<TrainGroup> ToTrain(const RoundGroups& round) {
  std::vector<TrainGroup> groups;
  groups.reserve(round.groups.size());
  for (const ScoredGroup& scored : round.groups) {
    groups.push_back({scored.group, scored.prompt_tokens, scored.philox_key});
  }
  return groups;
}

uint64_t Tokens(const RoundGroups& round) {
  uint64_t tokens = 0;
  for (const ScoredGroup& scored : round.groups) {
    for (const Completion& completion : scored.group.completions) {
      tokens += completion.effective_tokens;
    }
  }
  return tokens;
}

}  // namespace

RoundTrainer::RoundTrainer(Options options, const Algorithm& algorithm,
                           const Transformer& model, PolicyUpdate& update,
                           Ledger& ledger, StepLog* step_log,
                           ManifestCodec codec, Clock& clock)
    : options_(std::move(options)),
      algorithm_(algorithm),
      model_(model),
      update_(update),
      ledger_(ledger),
      step_log_(step_log),
      codec_(std::move(codec)),
      clock_(clock) {}

std::shared_ptr<const Snapshot> RoundTrainer::MakePolicy(
    Version version, Cause cause, const RunPosition& at) const {
  const PhaseTimer phase(phases(), "snapshot");
  PackedWeights packed = [this] {
    const PhaseTimer timer(stages(), "copy");
    return PackWeights(model_.trainable());
  }();
  Manifest manifest;
  manifest.run_id = options_.run_id;
  manifest.epoch = options_.epoch;
  manifest.version = version;
  manifest.round = at.round;
  manifest.step = at.step;
  manifest.cause = cause;
  manifest.encoding =
      model_.adapter() == nullptr ? Encoding::kFull : Encoding::kAdapter;
  manifest.adapter_config_json = options_.adapter_config_json;
  manifest.base_model_hash = options_.base_model_hash;
  manifest.tensors = std::move(packed.tensors);
  {
    const PhaseTimer timer(stages(), "canary");
    manifest.canary = MakeCanary(model_);
  }
  const PhaseTimer timer(stages(), "hash");
  return MakeSnapshot(std::move(manifest), std::move(packed.bytes), codec_);
}

LedgerWrite RoundTrainer::OpeningOf(const RoundGroups& round,
                                    const Digest& batch) const {
  RoundOpened opened;
  opened.round = round.round;
  opened.batch_sha256 = batch;
  opened.first_ticket = round.groups.front().group.ticket;
  for (const ScoredGroup& scored : round.groups) {
    opened.groups.push_back({{Purpose::kTrain, scored.group.ticket},
                             scored.group.key.group_id,
                             /*use=*/0});
  }
  LedgerWrite write;
  write.Add(std::move(opened));
  return write;
}

RoundClosed RoundTrainer::ClosingOf(const RoundGroups& round) const {
  const std::vector<TrainGroup> groups = ToTrain(round);
  const StepRows rows = CollectRows(groups);
  const at::Tensor advantage_B =
      algorithm_.Advantage(rows.reward_B, rows.group_B);
  RoundClosed closed;
  closed.round = round.round;
  size_t b = 0;
  for (const TrainGroup& group : groups) {
    RoundClosed::Advantages& of = closed.advantages.emplace_back();
    of.group_id = group.group.key.group_id;
    for (const Completion& completion : group.group.completions) {
      const bool trained =
          b < rows.rows.size() && rows.rows[b].completion == &completion;
      of.of_completions.push_back(
          trained ? advantage_B[static_cast<int64_t>(b)].item<double>()
                  : std::numeric_limits<double>::quiet_NaN());
      if (trained) ++b;
    }
  }
  return closed;
}

absl::Status RoundTrainer::Note(const RoundGroups& round, uint32_t inner,
                                const StepStats& stats, const Digest& batch,
                                const RecordedRound& recorded,
                                RunPosition& position, LedgerWrite& write) {
  const ChunkHash params_hash = [this] {
    const PhaseTimer timer(phases(), "hash");
    return ParamsHash(model_.trainable());
  }();
  const auto before = recorded.params_hash.find(inner);
  if (before != recorded.params_hash.end() && before->second != params_hash) {
    return ErrorWith(
        absl::StatusCode::kDataLoss, reason::kReplayDiverged, "",
        absl::StrCat("step ", position.step, " (round ", round.round,
                     ") trained again gives other weights than recorded: ",
                     params_hash.ToHex(), " instead of ",
                     before->second.ToHex(),
                     "; the build, the machine or the thread count differs"));
  }
  position.chain =
      ChainAfterStep(position.chain, position.step, batch, params_hash);
  if (before == recorded.params_hash.end()) {
    StepCommitted step;
    step.step = position.step;
    step.round = round.round;
    step.inner = inner;
    step.params_hash = params_hash;
    if (inner + 1 == static_cast<uint32_t>(update_.steps())) {
      step.optimizer_hash = ParamsHash(update_.optimizer().State());
    }
    step.chain = position.chain;
    step.numbers = StepLine(
        {position.step, round.round, inner, clock_.Now(), position.chain},
        stats, round);
    write.Add(std::move(step));
  }
  ++position.step;
  return absl::OkStatus();
}

absl::StatusOr<std::shared_ptr<const Snapshot>> RoundTrainer::Train(
    const RoundGroups& round, const RecordedRound& recorded,
    RunPosition& position) {
  std::vector<Digest> contents;
  for (const ScoredGroup& scored : round.groups) {
    contents.push_back(scored.content_sha256);
  }
  const Digest batch = BatchSha256(contents);
  MDRL_RETURN_IF_ERROR(update_.BeginRound(ToTrain(round)));
  // The round's opening goes with its first committed step.
  LedgerWrite write;
  if (!recorded.closed && recorded.params_hash.empty()) {
    write = OpeningOf(round, batch);
  }
  std::shared_ptr<const Snapshot> snapshot;
  const uint32_t steps = static_cast<uint32_t>(update_.steps());
  for (uint32_t inner = 0; inner < steps; ++inner) {
    if (inner > 0 && options_.before_step) {
      MDRL_RETURN_IF_ERROR(options_.before_step());
    }
    const absl::StatusOr<StepStats> stats =
        update_.Step(static_cast<int>(inner));
    if (options_.metrics != nullptr &&
        ReasonOf(stats.status()) == reason::kStepNonfinite) {
      options_.metrics->CountNonFinite(stats.status());
    }
    if (stats.ok()) {
      nonfinite_in_a_row_ = 0;
      MDRL_RETURN_IF_ERROR(
          Note(round, inner, *stats, batch, recorded, position, write));
    } else if (ReasonOf(stats.status()) == reason::kStepNonfinite &&
               ++nonfinite_in_a_row_ < options_.nonfinite_limit) {
      // Not applied, not committed; the round goes on without it.
      Log(LogLevel::kWarn, "step_nonfinite", stats.status().ToString(),
          {{"round", absl::StrCat(round.round)},
           {"inner", absl::StrCat(inner)}});
    } else {
      return stats.status();
    }
    if (inner + 1 == steps) {
      position.round = round.round + 1;
      position.tokens += Tokens(round);
      snapshot = MakePolicy(position.round, Cause::kRound, position);
      if (!recorded.closed) write.Add(ClosingOf(round));
      const Manifest& manifest = snapshot->manifest;
      write.Add(PolicyPublished{manifest.version, manifest.round, manifest.step,
                                manifest.cause, manifest.content_sha256,
                                snapshot->manifest_sha256,
                                manifest.total_bytes});
    }
    if (write.rows.empty()) continue;
    std::vector<std::string> lines;
    for (const LedgerRow& row : write.rows) {
      if (const auto* step = std::get_if<StepCommitted>(&row)) {
        lines.push_back(step->numbers);
      }
    }
    {
      const PhaseTimer timer(phases(), "commit");
      MDRL_RETURN_IF_ERROR(
          ledger_.Commit(std::exchange(write, LedgerWrite())).status());
    }
    if (options_.metrics != nullptr && stats.ok()) {
      options_.metrics->CountStep(round, position.step - 1, *stats,
                                  clock_.Now());
    }
    for (const std::string& line : lines) {
      if (step_log_ != nullptr) MDRL_RETURN_IF_ERROR(step_log_->Append(line));
    }
  }
  return snapshot;
}

}  // namespace mdrl
