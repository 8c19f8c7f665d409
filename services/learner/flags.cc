#include "services/learner/flags.h"

#include <string>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "common/base/error.h"

namespace mdrl {
namespace {

absl::Status Usage(std::string_view argument, const char* why) {
  return ErrorWith(
      absl::StatusCode::kInvalidArgument, reason::kUsage, argument,
      absl::StrCat(std::string(argument), " ", why, "; see --help"));
}

}  // namespace

absl::StatusOr<LearnerFlags> ParseLearnerFlags(
    std::span<const std::string_view> arguments) {
  LearnerFlags flags;
  for (size_t i = 0; i < arguments.size(); ++i) {
    const std::string_view argument = arguments[i];
    if (argument == "--help" || argument == "-h") {
      flags.command = LearnerFlags::Command::kHelp;
      return flags;
    }
    if (argument == "--version") {
      flags.command = LearnerFlags::Command::kVersion;
      return flags;
    }
    if (argument == "--resume") {
      flags.serve.resume = true;
      continue;
    }
    std::string* text = nullptr;
    std::string seconds;
    if (argument == "--config") {
      text = &flags.serve.config;
    } else if (argument == "--listen") {
      text = &flags.serve.listen;
    } else if (argument == "--run-dir") {
      text = &flags.serve.run_dir;
    } else if (argument == "--started") {
      text = &seconds;
    } else {
      return Usage(argument, "is not an argument of mdrl-learner");
    }
    if (i + 1 == arguments.size()) return Usage(argument, "needs a value");
    *text = std::string(arguments[++i]);
    if (argument == "--started") {
      double unix_seconds = 0.0;
      if (!absl::SimpleAtod(seconds, &unix_seconds)) {
        return Usage(argument, "needs a number of seconds");
      }
      flags.serve.started = absl::UnixEpoch() + absl::Seconds(unix_seconds);
    }
  }
  if (flags.serve.config.empty()) return Usage("--config", "is required");
  return flags;
}

}  // namespace mdrl
