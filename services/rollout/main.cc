// mdrl-rollout: a worker that decodes and scores what the learner lends; and
// `mdrl-rollout generate`, which decodes without a run.
#include <unistd.h>

#include <fstream>
#include <iostream>
#include <memory>
#include <random>
#include <string_view>
#include <thread>
#include <vector>

#include "common/base/error.h"
#include "common/base/log.h"
#include "common/base/memory.h"
#include "common/base/parent_guard.h"
#include "common/base/reexec.h"
#include "common/base/status_macros.h"
#include "common/format/adapter_base_hash.h"
#include "common/format/hf_config.h"
#include "common/format/model_folder.h"
#include "common/metrics/process_metrics.h"
#include "common/metrics/registry.h"
#include "common/net/build_info.h"
#include "common/net/exit_code.h"
#include "common/net/grpc_server.h"
#include "common/net/metrics_server.h"
#include "common/net/ready_line.h"
#include "common/sync/stop_signal.h"
#include "common/tensor/torch_version.h"
#include "common/text/chat_template.h"
#include "common/text/tokenizer.h"
#include "common/wire/manifest_wire.h"
#include "services/rollout/client/learner_client.h"
#include "services/rollout/client/reward_client.h"
#include "services/rollout/command/generate.h"
#include "services/rollout/completion_text.h"
#include "services/rollout/options.h"
#include "services/rollout/rollout_metrics.h"
#include "services/rollout/torch_engine.h"
#include "services/rollout/worker.h"

namespace mdrl {
namespace {

BootId RandomBootId() {
  std::random_device device;
  BootId id;
  for (uint8_t& byte : id.bytes) byte = static_cast<uint8_t>(device());
  return id;
}

WorkerOptions MakeWorkerOptions(const RolloutOptions& options,
                                const LladaConfig& model) {
  WorkerOptions worker;
  worker.name = options.name;
  worker.boot_id = RandomBootId();
  worker.build = ThisBuild();
  worker.build.torch = TorchVersion();
  worker.lanes = options.lanes;
  worker.max_rows = RowsPerForward(model.vocab, options.block_tokens);
  worker.capacity = options.capacity;
  worker.policies_kept = options.policies_kept;
  worker.heartbeat = options.heartbeat;
  worker.lease_wait = options.lease_wait;
  worker.policy_wait = options.policy_wait;
  worker.warmup = options.warmup;
  worker.reconnect_for = options.reconnect_for;
  worker.manifest_codec = WireManifestCodec();
  return worker;
}

// What the learner compares at registration. The base of a LoRA run is read
// here, before anyone waits for it.
absl::StatusOr<Digest> PrepareBase(const RolloutOptions& options,
                                   const LladaConfig& model,
                                   const Digest& tokenizer_hash,
                                   TorchEngine& engine) {
  if (!options.lora) return FullBaseModelHash(model, tokenizer_hash);
  MDRL_ASSIGN_OR_RETURN(const auto folder,
                        ModelFolder::Open(options.model_path));
  MDRL_RETURN_IF_ERROR(engine.ReadBase(options.model_path));
  return AdapterBaseModelHash(*folder);
}

// The number of the signal that ended it; 0: the learner asked for a drain.
absl::StatusOr<int> Serve(const RolloutFlags& flags) {
  MDRL_ASSIGN_OR_RETURN(
      const RolloutOptions options,
      MakeRolloutOptions(flags, std::thread::hardware_concurrency()));
  ConfigureLog({.level = options.log_level,
                .format = options.log_format,
                .role = "rollout",
                .run = options.run});
  const std::filesystem::path folder = options.model_path;
  MDRL_ASSIGN_OR_RETURN(const LladaConfig model,
                        ReadLladaConfig(folder / "config.json"));
  MDRL_ASSIGN_OR_RETURN(const auto tokenizer,
                        Tokenizer::Read(folder / "tokenizer.json"));
  MDRL_ASSIGN_OR_RETURN(const ChatTemplate chat, ChatTemplate::Read(folder));

  Registry registry({.max_series = options.max_series});
  const ProcessMetrics process(registry);
  RolloutMetrics metrics(registry, options.tasks);
  WorkerOptions worker_options = MakeWorkerOptions(options, model);
  worker_options.metrics = &metrics;
  DescribeBuild(worker_options.build, /*sandbox=*/"none", registry);
  worker_options.tokenizer_hash =
      TokenizerHash(tokenizer->source_text(), chat.text());
  TorchEngine engine(model, options.threads_per_lane);
  MDRL_ASSIGN_OR_RETURN(
      worker_options.base_model_hash,
      PrepareBase(options, model, worker_options.tokenizer_hash, engine));
  worker_options.text_of = [&](const Lease& lease, const Completion& done) {
    return CompletionText(*tokenizer, done.tokens, model.eos_id,
                          lease.keep_text_after_eos);
  };

  // Health only: a worker serves nothing else, and only to this machine.
  MDRL_ASSIGN_OR_RETURN(const auto health, GrpcServer::Start({}, {}));
  worker_options.on_ready = [&](bool ready) { health->SetReady(ready); };

  LearnerClientOptions learner_options;
  learner_options.address = options.learner;
  learner_options.data_channels = options.data_channels;
  learner_options.chunk_timeout = options.chunk;
  learner_options.submit_total = options.submit_total;
  learner_options.retries = &metrics.retries;
  MDRL_ASSIGN_OR_RETURN(const auto learner,
                        LearnerClient::Create(learner_options));
  MDRL_ASSIGN_OR_RETURN(
      const auto reward,
      RewardClient::Create({options.rewards, options.score_attempt,
                            options.score_attempts, options.score_total,
                            &metrics.retries}));
  RolloutWorker worker(std::move(worker_options), *learner, *reward, engine);

  registry.BeforeCollect([&worker] { worker.RefreshMetrics(); });
  MDRL_ASSIGN_OR_RETURN(const auto page,
                        MetricsServer::Start(options.metrics_listen, registry));

  // After the worker: a signal's callback must not find it gone.
  MDRL_ASSIGN_OR_RETURN(const auto stop, StopSignal::Install());
  stop->OnStop([&worker, &health] {
    health->Drain();
    worker.Close();
  });
  MDRL_RETURN_IF_ERROR(PrintReadyLine({health->address(), page->address()}));
  const absl::Status status = worker.Run();
  if (stop->Requested()) return stop->signal_number();
  MDRL_RETURN_IF_ERROR(status);
  return 0;
}

int Fail(const absl::Status& status) {
  std::cerr << "mdrl-rollout: " << status.message() << "\n";
  return ExitCodeOf(status);
}

int RunGenerate(std::span<const std::string_view> arguments) {
  const absl::StatusOr<GenerateFlags> flags = ParseGenerateFlags(arguments);
  if (!flags.ok()) return Fail(flags.status());
  if (flags->help) {
    std::cout << GenerateUsage();
    return 0;
  }
  if (!flags->learner.empty()) {
    return Fail(ErrorWith(absl::StatusCode::kInvalidArgument, reason::kUsage,
                          "", "--learner is for mdrlctl generate"));
  }
  std::ofstream file;
  if (!flags->out.empty()) {
    file.open(flags->out, std::ios::trunc);
    if (!file) {
      return Fail(
          absl::InvalidArgumentError(flags->out + ": cannot be written"));
    }
  }
  const absl::Status status =
      Generate(*flags, flags->out.empty() ? std::cout : file, std::cerr,
               /*terminal=*/isatty(STDERR_FILENO) == 1);
  return status.ok() ? 0 : Fail(status);
}

int Main(std::span<const std::string_view> arguments) {
  if (!arguments.empty() && arguments.front() == "generate") {
    return RunGenerate(arguments.subspan(1));
  }
  const absl::StatusOr<RolloutFlags> flags = ParseRolloutFlags(arguments);
  if (!flags.ok()) return Fail(flags.status());
  if (flags->command == RolloutFlags::Command::kHelp) {
    std::cout << kRolloutUsage;
    return 0;
  }
  if (flags->command == RolloutFlags::Command::kVersion) {
    std::cout << ThisBuild().version << " (" << ThisBuild().git << ")\n";
    return 0;
  }
  if (flags->parent != 0) {
    const absl::Status guarded =
        DieWithParent(static_cast<pid_t>(flags->parent));
    if (!guarded.ok()) return Fail(guarded);
  }
  const absl::StatusOr<int> signal = Serve(*flags);
  if (!signal.ok()) return Fail(signal.status());
  return *signal == 0 ? 0 : 128 + *signal;
}

}  // namespace
}  // namespace mdrl

int main(int argc, char** argv) {
  mdrl::KeepFreedMemory();
  // libgomp reads it when it is loaded; without it waiting threads spin.
  const absl::Status passive =
      mdrl::EnsureEnvironment("OMP_WAIT_POLICY", "passive", argv);
  if (!passive.ok()) std::cerr << "mdrl-rollout: " << passive.message() << "\n";
  const std::vector<std::string_view> arguments(argv + 1, argv + argc);
  return mdrl::Main(arguments);
}
