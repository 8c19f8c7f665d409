#include "services/rollout/options.h"

#include <unistd.h>

#include <algorithm>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "common/base/status_macros.h"
#include "common/config/load_config.h"

namespace mdrl {

const char kRolloutUsage[] =
    R"(mdrl-rollout --config FILE [--set KEY=VALUE]... [--name NAME] [--threads N] [--lanes N]
             [--learner ADDRESS] [--reward ADDRESS]... [--parent PID]
  decodes and scores what the learner lends, until SIGTERM or SIGINT
mdrl-rollout generate --model DIR ...   decodes prompts without a run; see generate --help
mdrl-rollout --help | --version
)";

namespace {

namespace v1 = config::v1;

// Beyond this a forward gains nothing from more rows on the machines tried.
constexpr int64_t kMostRows = 128;
constexpr int64_t kLogitsPerStep = int64_t{64} << 20;  // floats
// What several workers each hold at least, so that forwards stay full.
constexpr uint32_t kLeastCapacity = 16;

absl::Status Usage(const std::string& message) {
  return ErrorWith(absl::StatusCode::kInvalidArgument, reason::kUsage, "",
                   absl::StrCat(message, "; see mdrl-rollout --help"));
}

template <typename Number>
absl::Status TakeNumber(std::string_view flag, std::string_view value,
                        Number& out) {
  if (!absl::SimpleAtoi(absl::string_view(value.data(), value.size()), &out) ||
      out < 1) {
    return Usage(absl::StrCat(std::string(flag), " takes a number from 1 on, ",
                              "not \"", std::string(value), "\""));
  }
  return absl::OkStatus();
}

absl::Status TakeFlag(std::string_view flag, std::string_view value,
                      RolloutFlags& flags) {
  if (flag == "--threads") return TakeNumber(flag, value, flags.threads);
  if (flag == "--lanes") return TakeNumber(flag, value, flags.lanes);
  if (flag == "--parent") return TakeNumber(flag, value, flags.parent);
  if (flag == "--config") {
    flags.config = std::string(value);
  } else if (flag == "--set") {
    flags.sets.emplace_back(value);
  } else if (flag == "--learner") {
    flags.learner = std::string(value);
  } else if (flag == "--reward") {
    flags.rewards.emplace_back(value);
  } else if (flag == "--name") {
    flags.name = std::string(value);
  } else {
    return Usage(absl::StrCat("unknown argument \"", std::string(flag), "\""));
  }
  return absl::OkStatus();
}

std::string DefaultName() {
  char host[256] = {};
  if (gethostname(host, sizeof(host) - 1) != 0) host[0] = '\0';
  return absl::StrCat(host[0] == '\0' ? "rollout" : host, "-", getpid());
}

LogLevel LevelOf(const v1::Log& log) {
  switch (log.level()) {
    case v1::Log::LEVEL_DEBUG:
      return LogLevel::kDebug;
    case v1::Log::LEVEL_WARN:
      return LogLevel::kWarn;
    case v1::Log::LEVEL_ERROR:
      return LogLevel::kError;
    default:
      return LogLevel::kInfo;
  }
}

absl::Duration ToDuration(const google::protobuf::Duration& wire) {
  return absl::Seconds(wire.seconds()) + absl::Nanoseconds(wire.nanos());
}

// The threads of one worker. With max_staleness 0 learner and workers take
// turns, so the workers together may use every core; else half of them.
uint32_t ThreadsOf(const v1::Run& run, const RolloutFlags& flags,
                   uint32_t cores) {
  if (flags.threads > 0) return flags.threads;
  if (run.rollout().has_threads()) return run.rollout().threads();
  const uint32_t all = run.schedule().max_staleness() == 0 ? cores : cores / 2;
  return std::max(1u, all / std::max(1u, run.up().rollouts()));
}

// One worker takes all there is; of several, each its share of what may be
// open, so that none sits idle.
uint32_t CapacityOf(const v1::Run& run) {
  if (run.rollout().has_capacity()) return run.rollout().capacity();
  const uint32_t workers = std::max(1u, run.up().rollouts());
  if (workers == 1) return 0;
  const uint32_t open =
      run.schedule().groups_per_round() * (run.schedule().max_staleness() + 1);
  return std::max(kLeastCapacity, (open + workers - 1) / workers);
}

void TakeTimeouts(const v1::Timeouts& timeouts, RolloutOptions& out) {
  out.heartbeat = ToDuration(timeouts.heartbeat());
  out.lease_wait = ToDuration(timeouts.lease_wait());
  out.score_attempt = ToDuration(timeouts.score_attempt());
  out.score_attempts = static_cast<int>(timeouts.score_attempts());
  out.score_total = ToDuration(timeouts.score_total());
  out.submit_total = ToDuration(timeouts.submit_total());
  out.chunk = ToDuration(timeouts.chunk());
  out.policy_wait = ToDuration(timeouts.policy_wait());
  out.warmup = ToDuration(timeouts.warmup());
  out.reconnect_for = ToDuration(timeouts.reconnect_for());
}

}  // namespace

absl::StatusOr<RolloutFlags> ParseRolloutFlags(
    std::span<const std::string_view> arguments) {
  RolloutFlags flags;
  for (size_t i = 0; i < arguments.size(); ++i) {
    const std::string_view flag = arguments[i];
    if (flag == "--help" || flag == "-h" || flag == "--version") {
      flags.command = flag == "--version" ? RolloutFlags::Command::kVersion
                                          : RolloutFlags::Command::kHelp;
      return flags;
    }
    // Both --flag=value and --flag value.
    const size_t equals = flag.find('=');
    if (equals != std::string_view::npos) {
      MDRL_RETURN_IF_ERROR(
          TakeFlag(flag.substr(0, equals), flag.substr(equals + 1), flags));
      continue;
    }
    if (i + 1 >= arguments.size()) {
      RolloutFlags unused = flags;
      MDRL_RETURN_IF_ERROR(TakeFlag(flag, "1", unused));
      return Usage(absl::StrCat(std::string(flag), " needs a value"));
    }
    MDRL_RETURN_IF_ERROR(TakeFlag(flag, arguments[++i], flags));
  }
  if (flags.config.empty()) return Usage("--config is missing");
  return flags;
}

absl::StatusOr<RolloutOptions> MakeRolloutOptions(const RolloutFlags& flags,
                                                  uint32_t cores) {
  MDRL_ASSIGN_OR_RETURN(const LoadedConfig loaded,
                        LoadConfig({.path = flags.config,
                                    .environment = ProcessEnvironment(),
                                    .sets = flags.sets}));
  const v1::Run& run = loaded.run;
  if (!run.security().insecure()) {
    return ErrorWith(
        absl::StatusCode::kPermissionDenied, reason::kInsecureAddress,
        "security.insecure",
        absl::StrCat(flags.config,
                     ": security.insecure is false and this build has no TLS; "
                     "set it to true, which allows loopback and Unix sockets "
                     "only"));
  }
  RolloutOptions out;
  out.run = run.run().name();
  for (const auto& [task, settings] : run.tasks()) out.tasks.push_back(task);
  std::sort(out.tasks.begin(), out.tasks.end());  // a map without order
  out.metrics_listen = run.metrics().listen();
  out.max_series = run.metrics().max_series();
  out.log_level = LevelOf(run.log());
  out.log_format = run.log().format() == v1::Log::FORMAT_TEXT
                       ? LogFormat::kText
                       : LogFormat::kJson;
  out.name = flags.name.empty() ? DefaultName() : flags.name;
  out.model_path = run.model().path();
  out.lora = run.lora().enabled();
  out.learner =
      flags.learner.empty() ? run.rollout().peers().learner() : flags.learner;
  out.rewards = flags.rewards;
  if (out.rewards.empty()) {
    out.rewards.assign(run.rollout().peers().reward().begin(),
                       run.rollout().peers().reward().end());
  }
  if (out.rewards.empty()) {
    return ErrorWith(absl::StatusCode::kInvalidArgument, reason::kConfiguration,
                     "rollout.peers.reward",
                     absl::StrCat(flags.config,
                                  ": rollout.peers.reward is empty; it names "
                                  "at least one reward service"));
  }
  const uint32_t threads = ThreadsOf(run, flags, cores);
  out.lanes = flags.lanes > 0             ? flags.lanes
              : run.rollout().has_lanes() ? run.rollout().lanes()
                                          : threads;
  out.threads_per_lane = static_cast<int>(std::max(1u, threads / out.lanes));
  out.capacity = CapacityOf(run);
  out.block_tokens = run.rollout().decode().block_tokens();
  out.policies_kept = run.policy().has_kept() ? run.policy().kept()
                      : run.lora().enabled()  ? 3
                                              : 2;
  out.data_channels = run.policy().data_channels();
  TakeTimeouts(run.timeouts(), out);
  return out;
}

uint32_t RowsPerForward(int64_t vocab, uint32_t block_tokens) {
  const int64_t per_row = vocab * std::max(1u, block_tokens);
  return static_cast<uint32_t>(std::clamp<int64_t>(
      kLogitsPerStep / std::max<int64_t>(per_row, 1), 1, kMostRows));
}

}  // namespace mdrl
