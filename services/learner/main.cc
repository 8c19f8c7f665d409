// mdrl-learner: flags -> options -> wire up -> run. No logic.
#include <array>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <memory>
#include <random>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

#include "ATen/Parallel.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "common/base/log.h"
#include "common/base/memory.h"
#include "common/base/reexec.h"
#include "common/base/status_macros.h"
#include "common/net/build_info.h"
#include "common/net/exit_code.h"
#include "common/net/grpc_server.h"
#include "common/net/metrics_server.h"
#include "common/net/ready_line.h"
#include "common/sync/periodic_task.h"
#include "common/sync/stop_signal.h"
#include "common/tasks/check_truth.h"
#include "common/tensor/torch_version.h"
#include "services/learner/command/merge.h"
#include "services/learner/flags.h"
#include "services/learner/learner.h"
#include "services/learner/learner_metrics.h"
#include "services/learner/ledger/run_lock.h"
#include "services/learner/model_source.h"
#include "services/learner/run_watchdog.h"
#include "services/learner/server.h"

namespace mdrl {
namespace {

// Leases and parked calls end at most this much late.
constexpr absl::Duration kTick = absl::Milliseconds(100);
// Parked calls are answered at once; this is for replies on their way.
constexpr absl::Duration kShutdownGrace = absl::Seconds(2);

// Makes the folder's parts. Unavailable RUN_DIR_NOT_EMPTY: it holds a run and
// --resume was not said.
absl::Status PrepareFolder(const LearnerOptions& options) {
  std::error_code error;
  std::filesystem::create_directories(options.run_dir + "/checkpoints", error);
  if (error) {
    return absl::UnavailableError(
        absl::StrCat(options.run_dir, ": ", error.message()));
  }
  if (!options.resume &&
      std::filesystem::exists(options.run_dir + "/ledger.db")) {
    return ErrorWith(
        absl::StatusCode::kUnavailable, reason::kRunDirNotEmpty, "run.dir",
        absl::StrCat(options.run_dir,
                     " holds a run already: continue it with --resume or "
                     "choose another folder with --run-dir"));
  }
  const std::string config = options.run_dir + "/config.resolved.yaml";
  if (!std::filesystem::exists(config)) {
    std::ofstream(config) << options.config_text;
  }
  return absl::OkStatus();
}

RunId NewRunId() {
  std::random_device device;
  RunId id;
  for (uint8_t& byte : id.bytes) byte = static_cast<uint8_t>(device());
  return id;
}

// A run keeps its id; every start is a new epoch, in the ledger before anyone
// is served.
absl::Status BeginEpoch(const RecoveredRun& recovered, LearnerOptions& options,
                        Ledger& ledger) {
  options.desk.run_id = NewRunId();
  const auto known = recovered.meta.find("run_id");
  if (known != recovered.meta.end()) {
    const auto id = RunId::FromBytes(known->second);
    if (!id.has_value()) return absl::DataLossError("ledger.db: meta run_id");
    options.desk.run_id = *id;
  }
  options.desk.epoch = recovered.last_epoch + 1;
  EpochStarted epoch;
  epoch.epoch = options.desk.epoch;
  epoch.build = options.desk.build.version;
  return ledger
      .Commit(
          LedgerWrite()
              .Add(MetaSet{"run_id", options.desk.run_id.ToBytes()})
              .Add(MetaSet{"base_model_hash",
                           options.desk.base_model_hash.ToBytes()})
              .Add(MetaSet{"config_sha256", options.result_sha256.ToBytes()})
              .Add(std::move(epoch)))
      .status();
}

void FillDesk(const ModelSource& source, LearnerOptions& options) {
  DeskOptions& desk = options.desk;
  desk.build = ThisBuild();
  desk.build.torch = TorchVersion();
  desk.base_model_hash = source.base_model_hash;
  desk.tokenizer_hash = source.tokenizer_hash;
  desk.vocabulary = static_cast<uint32_t>(source.config.vocab);
  desk.tokenize =
      [tokenizer = source.tokenizer, chat = source.chat,
       templates = options.templates](
          const Prompt& prompt) -> absl::StatusOr<std::vector<int32_t>> {
    std::vector<Turn> turns = prompt.turns;
    if (const auto words = templates.find(prompt.task);
        words != templates.end()) {
      MDRL_ASSIGN_OR_RETURN(turns, words->second.Apply(prompt));
    }
    MDRL_ASSIGN_OR_RETURN(const std::string text,
                          chat.Render(turns, prompt.prefill));
    return tokenizer->Encode(text);
  };
  desk.validate = [](const Prompt& prompt) -> absl::StatusOr<std::string> {
    MDRL_ASSIGN_OR_RETURN(const TruthCheck check,
                          CheckTruth(prompt.task, prompt.truth));
    return std::string(check.several_solutions ? "several solutions"
                       : check.unknown_task    ? "truth not checked"
                                               : "");
  };
  desk.group_codec = WireCodecs().group;
  desk.text_of = [tokenizer =
                      source.tokenizer](const std::vector<int32_t>& tokens) {
    return tokenizer->Decode(tokens, /*skip_special=*/true);
  };
}

absl::StatusOr<std::vector<std::vector<SftPair>>> ReadSft(
    const LearnerOptions& options, const ModelSource& source) {
  std::vector<std::vector<SftPair>> stages;
  for (const SftSettings& stage : options.sft) {
    MDRL_ASSIGN_OR_RETURN(
        stages.emplace_back(),
        ReadSftData(stage.data, *source.tokenizer, source.chat));
  }
  return stages;
}

// The number of the signal that ended the run; 0: it is complete.
absl::StatusOr<int> Serve(const LearnerFlags& flags) {
  MDRL_ASSIGN_OR_RETURN(LearnerOptions options,
                        LoadLearnerOptions(flags.serve));
  ConfigureLog({.level = options.log_level,
                .format = options.log_format,
                .role = "learner",
                .run = options.run_name});
  MDRL_ASSIGN_OR_RETURN(const auto stop, StopSignal::Install());
  MDRL_RETURN_IF_ERROR(CheckListen(options));
  MDRL_RETURN_IF_ERROR(PrepareFolder(options));
  MDRL_ASSIGN_OR_RETURN(const auto lock, RunLock::Take(options.run_dir));
  at::set_num_threads(static_cast<int>(options.threads));

  absl::StatusOr<ModelSource> read = ReadModelSource(
      options.model_path, options.random_init, options.seed, options.lora);
  if (!read.ok()) return OrReason(read.status(), reason::kDoesNotVerify);
  ModelSource source = *std::move(read);
  MDRL_ASSIGN_OR_RETURN(
      options.desk.decode.forbid_ids,
      ForbiddenIds(options.forbid, source.config.mask_id, source.config.eos_id,
                   source.config.pad_id, source.config.vocab));
  for (DecodeSettings& decode : options.desk.eval_decode) {
    decode.forbid_ids = options.desk.decode.forbid_ids;
  }
  MDRL_RETURN_IF_ERROR(FitToContext(source.config.max_sequence, options));
  FillDesk(source, options);
  auto sft = ReadSft(options, source);
  if (!sft.ok()) return OrReason(sft.status(), reason::kDoesNotVerify);

  CheckpointFolder checkpoints(
      {.root = options.run_dir + "/checkpoints",
       .keep_last = options.checkpoint.keep_last,
       .keep_every_rounds = options.checkpoint.keep_every_rounds});
  LearnerMetrics metrics(options);
  DescribeBuild(options.desk.build, /*sandbox=*/"none", metrics.registry);
  options.desk.metrics = &metrics.desk;
  const std::string ledger_path = options.run_dir + "/ledger.db";
  MDRL_ASSIGN_OR_RETURN(const std::unique_ptr<Ledger> ledger,
                        Ledger::Open({.path = ledger_path,
                                      .commit_delay = options.commit_delay,
                                      .commit_events = options.commit_events,
                                      .queue = options.ledger_queue,
                                      .keep_events = options.keep_events,
                                      .metrics = &metrics.ledger}));
  const absl::StatusOr<Checkpoint> newest = checkpoints.FindNewest();
  MDRL_ASSIGN_OR_RETURN(
      const RecoveredRun recovered,
      RecoverRun({.path = ledger_path,
                  .codec = options.desk.group_codec,
                  .first_round = newest.ok() ? newest->state.round : 0}));
  MDRL_RETURN_IF_ERROR(BeginEpoch(recovered, options, *ledger));
  MDRL_ASSIGN_OR_RETURN(const auto reader, LedgerReader::Open(ledger_path));
  MDRL_ASSIGN_OR_RETURN(
      const auto step_log,
      StepLog::Open(options.run_dir + "/steps.jsonl", *reader));
  MDRL_ASSIGN_OR_RETURN(const auto feed, EventFeed::Open(ledger_path));
  ledger->OnCommit([&feed](uint64_t seq) { feed->Advance(seq); });

  Clock& clock = Clock::Real();
  MDRL_ASSIGN_OR_RETURN(const auto desk, FrontDesk::Create(options.desk, clock,
                                                           *ledger, recovered));
  RunBoard board;
  Learner::Parts parts{.desk = *desk,
                       .ledger = *ledger,
                       .checkpoints = checkpoints,
                       .board = board,
                       .step_log = step_log.get(),
                       .metrics = &metrics.loop,
                       .clock = clock,
                       .manifest_codec = WireCodecs().manifest,
                       .text_of = nullptr,
                       .sft = *std::move(sft),
                       .recovered = recovered};
  parts.text_of = [tokenizer =
                       source.tokenizer](const std::vector<int32_t>& tokens) {
    return tokenizer->Decode(tokens, /*skip_special=*/false);
  };
  MDRL_ASSIGN_OR_RETURN(
      const auto learner,
      Learner::Create(options, std::move(parts), source.config,
                      std::move(source.weights), std::move(source.files),
                      std::move(source.lora)));

  // Shutdown order: no new calls, the desk answers what is parked, the server
  // ends, watchdog and tick end, the ledger commits what is left; the metrics
  // page goes first. Status, Explain and metrics are served while recorded
  // rounds are trained again.
  desk->BeginStart();
  MDRL_ASSIGN_OR_RETURN(
      const auto server,
      LearnerServer::Start(options, *desk, *feed, board,
                           {.calls = &metrics.calls,
                            .snapshot_bytes = &metrics.snapshot_bytes}));
  metrics.Watch(*desk, *ledger);
  MDRL_ASSIGN_OR_RETURN(
      const auto page,
      MetricsServer::Start(options.metrics_listen, metrics.registry));
  MDRL_RETURN_IF_ERROR(learner->Restore());
  desk->EndStart();
  server->SetReady();
  PeriodicTask tick("tick", kTick, [&desk] { desk->Tick(); });
  RunWatchdog watchdog(
      {{options.explain_after, options.alarm_after}, options.exit_on_alarm},
      *desk, clock);
  stop->OnStop([&desk] { desk->Stop(Reason::kDraining); });
  MDRL_RETURN_IF_ERROR(PrintReadyLine({server->address(), page->address()}));
  Log(LogLevel::kInfo, "ready", "serving", {{"address", server->address()}});

  const absl::Status run = learner->Run();
  const bool stopped = absl::IsCancelled(run) && stop->Requested();
  if (run.ok() || stopped) {
    (void)ledger->Commit(LedgerWrite().Add(
        EpochEnded{run.ok() ? "the run is complete" : "stopped by a signal"}));
  }
  server->Drain();
  desk->Close();
  feed->Close();
  server->Shutdown(kShutdownGrace);
  watchdog.Close();
  tick.Close();
  ledger->Close();
  if (stopped) return stop->signal_number();
  MDRL_RETURN_IF_ERROR(run);
  return 0;
}

int Fail(const absl::Status& status) {
  Log(LogLevel::kError, "failed", std::string(status.message()));
  std::cerr << "mdrl-learner: " << status.message() << "\n";
  return ExitCodeOf(status);
}

int RunMerge(std::span<const std::string_view> arguments) {
  const absl::StatusOr<MergeFlags> flags = ParseMergeFlags(arguments);
  if (!flags.ok()) return Fail(flags.status());
  if (flags->help) {
    std::cout << kMergeUsage;
    return 0;
  }
  const absl::StatusOr<MergeReport> report = Merge(*flags);
  if (!report.ok()) return Fail(report.status());
  std::cout << MergeReportText(*report) << "\n";
  return 0;
}

int Main(std::span<const std::string_view> arguments) {
  if (!arguments.empty() && arguments.front() == "merge") {
    return RunMerge(arguments.subspan(1));
  }
  const absl::StatusOr<LearnerFlags> flags = ParseLearnerFlags(arguments);
  if (!flags.ok()) return Fail(flags.status());
  if (flags->command == LearnerFlags::Command::kHelp) {
    std::cout << kLearnerUsage;
    return 0;
  }
  if (flags->command == LearnerFlags::Command::kVersion) {
    std::cout << ThisBuild().version << " (" << ThisBuild().git << ")\n";
    return 0;
  }
  const absl::StatusOr<int> signal = Serve(*flags);
  if (!signal.ok()) return Fail(signal.status());
  return *signal == 0 ? 0 : 128 + *signal;
}

}  // namespace
}  // namespace mdrl

int main(int argc, char** argv) {
  mdrl::KeepFreedMemory();
  // Waiting threads of libgomp must sleep, not spin: others need the cores.
  if (const absl::Status status =
          mdrl::EnsureEnvironment("OMP_WAIT_POLICY", "passive", argv);
      !status.ok()) {
    mdrl::Log(mdrl::LogLevel::kWarn, "reexec", status.ToString());
  }
  const std::vector<std::string_view> arguments(argv + 1, argv + argc);
  return mdrl::Main(arguments);
}
