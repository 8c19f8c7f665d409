// mdrl-reward: serves scores, or scores a file.
#include <cstdio>
#include <iostream>
#include <memory>
#include <string_view>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "common/base/log.h"
#include "common/base/status_macros.h"
#include "common/metrics/process_metrics.h"
#include "common/metrics/registry.h"
#include "common/net/build_info.h"
#include "common/net/call_metrics.h"
#include "common/net/exit_code.h"
#include "common/net/grpc_server.h"
#include "common/net/metrics_server.h"
#include "common/net/ready_line.h"
#include "common/sync/stop_signal.h"
#include "services/reward/command/score.h"
#include "services/reward/options.h"
#include "services/reward/reward_metrics.h"
#include "services/reward/reward_service.h"
#include "services/reward/sandbox/launcher.h"
#include "services/reward/scoring.h"
#include "services/reward/verifier_pool.h"

namespace mdrl {
namespace {

// Longer than any scoring of the tasks without programs takes; a program that
// runs longer is ended with the sandbox.
constexpr absl::Duration kGrace = absl::Seconds(10);
constexpr absl::Duration kLauncherWatch = absl::Seconds(1);
// A message's limit, and room for framing, which gRPC counts in.
constexpr int kMaxRequestBytes = (8 << 20) + (64 << 10);

absl::StatusOr<std::unique_ptr<Sandbox>> MakeSandbox(
    const RewardOptions& options) {
  return Sandbox::Create(
      {.limits = options.programs, .weak = options.weak_sandbox});
}

// Runs until a signal; its number. The signal's callbacks touch nothing of
// ours, so the order of ending is that of this function.
absl::StatusOr<int> Serve(const RewardFlags& flags) {
  MDRL_ASSIGN_OR_RETURN(const RewardOptions options, MakeRewardOptions(flags));
  // Before there is any gRPC object or thread: its launcher forks.
  const auto sandbox = MakeSandbox(options);
  MDRL_ASSIGN_OR_RETURN(const auto stop, StopSignal::Install());
  ConfigureLog({.level = options.log_level,
                .format = options.log_format,
                .role = "reward",
                .run = options.run});
  MDRL_RETURN_IF_ERROR(SelfTest());

  ProgramRuns programs;
  programs.side_by_side = options.programs_side_by_side;
  if (sandbox.ok()) {
    programs.sandbox = sandbox->get();
  } else {
    Log(LogLevel::kWarn, "no_programs",
        "tasks whose answers are programs are refused",
        {{"why", std::string(sandbox.status().message())}});
  }
  const TaskListing listing = ListTasksWith(programs);
  Registry registry({.max_series = options.max_series});
  const ProcessMetrics process(registry);
  DescribeBuild(ThisBuild(), listing.sandbox, registry);
  std::vector<std::string> tasks;
  for (const TaskListing::Task& task : listing.tasks) {
    tasks.push_back(task.name);
  }
  RewardMetrics metrics(registry, tasks);
  CallMetrics calls(registry, {"mdrl.v1.RewardService"});

  programs.watch = [&metrics](const ProgramResult& result) {
    metrics.CountProgram(result);
  };
  VerifierPool::Options pooling;
  pooling.metrics = &metrics;
  pooling.programs = programs;
  VerifierPool pool(pooling);
  metrics.queue_capacity.Set(static_cast<double>(pool.capacity()));
  registry.BeforeCollect([&] {
    metrics.queue_depth.Set(static_cast<double>(pool.waiting()));
    if (sandbox.ok()) {
      metrics.sandbox_processes.Set(
          static_cast<double>((*sandbox)->processes()));
    }
  });
  MDRL_ASSIGN_OR_RETURN(const auto page,
                        MetricsServer::Start(options.metrics_listen, registry));
  RewardService service(&pool, programs);
  GrpcServer::Options serving;
  serving.listen = options.listen;
  serving.max_message_bytes = kMaxRequestBytes;
  serving.calls = &calls;
  MDRL_ASSIGN_OR_RETURN(const auto server,
                        GrpcServer::Start(serving, {&service}));
  server->SetReady(true);
  MDRL_RETURN_IF_ERROR(PrintReadyLine({server->address(), page->address()}));
  Log(LogLevel::kInfo, "ready", "serving scores",
      {{"address", server->address()}});

  // Without its launcher the service scores no program until it is started
  // again, by whoever watches it.
  bool fallen = false;
  while (!fallen && !stop->WaitFor(kLauncherWatch)) {
    fallen = sandbox.ok() && !(*sandbox)->alive();
  }
  Log(LogLevel::kInfo, "stopping", "answering what was taken");
  server->Drain();
  server->Shutdown(kGrace);
  pool.Close();
  if (fallen) return absl::UnavailableError("the sandbox's launcher has ended");
  return stop->signal_number();
}

absl::StatusOr<ScoreSummary> ScoreOneFile(const RewardFlags& flags) {
  ScoreCommand command = {flags.task, flags.rubric, flags.weights};
  if (!RunsPrograms(flags.task)) {
    return ScoreFile(command, flags.in, flags.out);
  }
  MDRL_ASSIGN_OR_RETURN(const RewardOptions options, MakeRewardOptions(flags));
  MDRL_ASSIGN_OR_RETURN(const auto sandbox, MakeSandbox(options));
  command.programs.sandbox = sandbox.get();
  return ScoreFile(command, flags.in, flags.out);
}

int Fail(const absl::Status& status) {
  std::cerr << "mdrl-reward: " << status.message() << "\n";
  return ExitCodeOf(status);
}

int Main(std::span<const std::string_view> arguments) {
  const absl::StatusOr<RewardFlags> flags = ParseRewardFlags(arguments);
  if (!flags.ok()) return Fail(flags.status());
  switch (flags->command) {
    case RewardFlags::Command::kHelp:
      std::cout << kRewardUsage;
      return 0;
    case RewardFlags::Command::kVersion:
      std::cout << ThisBuild().version << " (" << ThisBuild().git << ")\n";
      return 0;
    case RewardFlags::Command::kScore: {
      const absl::StatusOr<ScoreSummary> summary = ScoreOneFile(*flags);
      if (!summary.ok()) return Fail(summary.status());
      std::cout << ToText(*summary) << "\n";
      return 0;
    }
    case RewardFlags::Command::kServe:
      break;
  }
  const absl::StatusOr<int> signal = Serve(*flags);
  if (!signal.ok()) return Fail(signal.status());
  return *signal == 0 ? 0 : 128 + *signal;
}

}  // namespace
}  // namespace mdrl

int main(int argc, char** argv) {
  if (argc > 1 && std::string_view(argv[1]) == mdrl::kRunLauncher) {
    return mdrl::RunLauncher(argc, argv);
  }
  const std::vector<std::string_view> arguments(argv + 1, argv + argc);
  return mdrl::Main(arguments);
}
