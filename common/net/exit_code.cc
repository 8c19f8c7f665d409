#include "common/net/exit_code.h"

#include <string>
#include <string_view>

#include "common/base/error.h"

namespace mdrl {
namespace {

struct WordToCode {
  std::string_view word;
  int code;
};

constexpr WordToCode kWords[] = {
    {reason::kUsage, 2},
    {reason::kDoesNotVerify, 65},
    {reason::kReplayDiverged, 65},
    {reason::kPeerUnreachable, 69},
    {"INTERNAL", 70},
    {reason::kDiskFull, 74},
    {reason::kOutOfMemory, 74},
    {reason::kRunDirNotEmpty, 75},
    {reason::kRunDirInUse, 75},
    {reason::kPortInUse, 75},
    {reason::kQueueFull, 75},
    {reason::kNameInUse, 75},
    {reason::kLedgerNewer, 76},
    {reason::kRevisionDiffers, 76},
    {reason::kModelDiffers, 76},
    {reason::kTokenizerDiffers, 76},
    {reason::kBuildDiffers, 76},
    {reason::kInsecureAddress, 77},
    {reason::kRootNeeded, 77},
    {reason::kConfiguration, 78},
    {reason::kWatchdogAlarm, 80},
    {"NO_PROGRESS", 80},
    {reason::kStepNonfinite, 81},
};

}  // namespace

int ExitCodeOf(const absl::Status& status) {
  if (status.ok()) return 0;
  const std::string word = ReasonOf(status);
  for (const WordToCode& row : kWords) {
    if (row.word == word) return row.code;
  }
  switch (status.code()) {
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kDataLoss:
      return 65;
    case absl::StatusCode::kUnavailable:
      return 69;
    case absl::StatusCode::kInternal:
      return 70;
    case absl::StatusCode::kResourceExhausted:
      return 75;
    case absl::StatusCode::kUnauthenticated:
    case absl::StatusCode::kPermissionDenied:
      return 77;
    default:
      return 1;
  }
}

}  // namespace mdrl
