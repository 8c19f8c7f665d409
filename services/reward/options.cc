#include "services/reward/options.h"

#include <cmath>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "common/base/status_macros.h"
#include "common/config/derived.h"
#include "common/config/load_config.h"

namespace mdrl {

const char kRewardUsage[] =
    R"(mdrl-reward [--config FILE] [--set KEY=VALUE]... [--listen ADDRESS]
  serves RewardService until SIGTERM or SIGINT
mdrl-reward score --task TASK [--rubric NAME] [--weight COMPONENT=X]... --in FILE --out FILE
  scores JSON lines without a server: {"text","truth","id"}, or
  {"question","ground_truth","generation"}; --rubric is spg.train where there is one;
  of --config FILE, and --set over it, programs' limits are taken
mdrl-reward --help | --version
)";

namespace {

absl::Status Usage(const std::string& message) {
  return ErrorWith(absl::StatusCode::kInvalidArgument, reason::kUsage, "",
                   absl::StrCat(message, "; see mdrl-reward --help"));
}

absl::Status AddWeight(std::string_view value, RewardFlags& flags) {
  const size_t equals = value.find('=');
  double weight = 0.0;
  if (equals == std::string_view::npos ||
      !absl::SimpleAtod(std::string(value.substr(equals + 1)), &weight) ||
      !std::isfinite(weight)) {
    return Usage(absl::StrCat("--weight takes COMPONENT=NUMBER, not \"",
                              std::string(value), "\""));
  }
  flags.weights[std::string(value.substr(0, equals))] = weight;
  return absl::OkStatus();
}

// The field that `flag` fills, or null.
std::string* FieldOf(std::string_view flag, RewardFlags& flags) {
  const bool score = flags.command == RewardFlags::Command::kScore;
  if (flag == "--config") return &flags.config;
  if (!score && flag == "--listen") return &flags.listen;
  if (score && flag == "--task") return &flags.task;
  if (score && flag == "--rubric") return &flags.rubric;
  if (score && flag == "--in") return &flags.in;
  if (score && flag == "--out") return &flags.out;
  return nullptr;
}

absl::Status TakeFlag(std::string_view flag, std::string_view value,
                      RewardFlags& flags) {
  const bool score = flags.command == RewardFlags::Command::kScore;
  if (std::string* field = FieldOf(flag, flags)) {
    *field = std::string(value);
    return absl::OkStatus();
  }
  if (score && flag == "--weight") return AddWeight(value, flags);
  if (flag == "--set") {
    flags.sets.emplace_back(value);
    return absl::OkStatus();
  }
  return Usage(absl::StrCat("unknown argument \"", std::string(flag), "\""));
}

}  // namespace

absl::StatusOr<RewardFlags> ParseRewardFlags(
    std::span<const std::string_view> arguments) {
  RewardFlags flags;
  size_t i = 0;
  if (!arguments.empty() && arguments[0] == "score") {
    flags.command = RewardFlags::Command::kScore;
    i = 1;
  }
  for (; i < arguments.size(); ++i) {
    std::string_view flag = arguments[i];
    if (flag == "--help" || flag == "-h" || flag == "--version") {
      flags.command = flag == "--version" ? RewardFlags::Command::kVersion
                                          : RewardFlags::Command::kHelp;
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
      RewardFlags unused = flags;
      MDRL_RETURN_IF_ERROR(TakeFlag(flag, "a=0", unused));
      return Usage(absl::StrCat(std::string(flag), " needs a value"));
    }
    MDRL_RETURN_IF_ERROR(TakeFlag(flag, arguments[++i], flags));
  }
  if (flags.command == RewardFlags::Command::kScore) {
    const std::pair<const char*, const std::string&> needed[] = {
        {"--task", flags.task}, {"--in", flags.in}, {"--out", flags.out}};
    for (const auto& [name, value] : needed) {
      if (value.empty()) return Usage(absl::StrCat("score needs ", name));
    }
  }
  if (flags.config.empty() && !flags.sets.empty()) {
    return Usage("--set needs --config");
  }
  return flags;
}

absl::StatusOr<RewardOptions> MakeRewardOptions(const RewardFlags& flags) {
  RewardOptions out;
  if (!flags.config.empty()) {
    MDRL_ASSIGN_OR_RETURN(const LoadedConfig loaded,
                          LoadConfig({.path = flags.config,
                                      .environment = ProcessEnvironment(),
                                      .sets = flags.sets}));
    const config::v1::Run& run = loaded.run;
    if (!run.security().insecure()) {
      return ErrorWith(absl::StatusCode::kPermissionDenied,
                       reason::kInsecureAddress, "security.insecure",
                       absl::StrCat(flags.config,
                                    ": security.insecure is false and this "
                                    "build has no TLS; set it to true, which "
                                    "allows loopback and Unix sockets only"));
    }
    out.listen = run.reward().listen();
    out.run = run.run().name();
    out.metrics_listen = run.metrics().listen();
    out.max_series = run.metrics().max_series();
    const auto& programs = run.reward().programs();
    out.programs.cpu = ToAbslDuration(programs.cpu());
    out.programs.wall = ToAbslDuration(programs.wall());
    out.programs.memory_bytes = programs.memory();
    out.programs.processes = programs.processes();
    out.programs.output_bytes = programs.output();
    out.programs_side_by_side = programs.has_workers()
                                    ? programs.workers()
                                    : run.schedule().group_size();
    out.weak_sandbox = programs.weak_sandbox();
    out.log_format = run.log().format() == config::v1::Log::FORMAT_TEXT
                         ? LogFormat::kText
                         : LogFormat::kJson;
    switch (run.log().level()) {
      case config::v1::Log::LEVEL_DEBUG:
        out.log_level = LogLevel::kDebug;
        break;
      case config::v1::Log::LEVEL_WARN:
        out.log_level = LogLevel::kWarn;
        break;
      case config::v1::Log::LEVEL_ERROR:
        out.log_level = LogLevel::kError;
        break;
      default:
        break;
    }
  }
  if (!flags.listen.empty()) out.listen = flags.listen;
  return out;
}

}  // namespace mdrl
