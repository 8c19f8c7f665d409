// A stable word, a field and facts on an absl::Status, for programs to branch
// on.
//
//   return ErrorWith(absl::StatusCode::kFailedPrecondition, reason::kPortInUse,
//                    "listen", "127.0.0.1:7070 is taken by another process");
//   if (ReasonOf(status) == reason::kPortInUse) ...
//
// The parts ride as payloads, so WithContext and StatusOr carry them along;
// common/net takes them over the wire as one mdrl.v1.ErrorDetail. Pure
// functions.
#ifndef MDRL_COMMON_BASE_ERROR_H_
#define MDRL_COMMON_BASE_ERROR_H_

#include <map>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "common/base/status_reason.h"

namespace mdrl {

// Words that end a process with an exit code of their own
// (common/net/exit_code.h). Whatever waits or failed inside a run is named by
// record/reason.h instead.
namespace reason {
inline constexpr std::string_view kUsage = "USAGE";                       // 2
inline constexpr std::string_view kDoesNotVerify = "DOES_NOT_VERIFY";     // 65
inline constexpr std::string_view kReplayDiverged = "REPLAY_DIVERGED";    // 65
inline constexpr std::string_view kPeerUnreachable = "PEER_UNREACHABLE";  // 69
inline constexpr std::string_view kDiskFull = "DISK_FULL";                // 74
inline constexpr std::string_view kOutOfMemory = "OUT_OF_MEMORY";         // 74
inline constexpr std::string_view kRunDirNotEmpty = "RUN_DIR_NOT_EMPTY";  // 75
inline constexpr std::string_view kRunDirInUse = "RUN_DIR_IN_USE";        // 75
inline constexpr std::string_view kPortInUse = "PORT_IN_USE";             // 75
inline constexpr std::string_view kQueueFull = "QUEUE_FULL";              // 75
inline constexpr std::string_view kNameInUse = "NAME_IN_USE";             // 75
inline constexpr std::string_view kLedgerNewer = "LEDGER_NEWER";          // 76
inline constexpr std::string_view kRevisionDiffers = "REVISION_DIFFERS";  // 76
inline constexpr std::string_view kModelDiffers = "MODEL_DIFFERS";        // 76
inline constexpr std::string_view kTokenizerDiffers =
    "TOKENIZER_DIFFERS";                                                  // 76
inline constexpr std::string_view kBuildDiffers = "BUILD_DIFFERS";        // 76
inline constexpr std::string_view kInsecureAddress = "INSECURE_ADDRESS";  // 77
inline constexpr std::string_view kRootNeeded = "ROOT_NEEDED";            // 77
inline constexpr std::string_view kConfiguration = "CONFIGURATION";       // 78
inline constexpr std::string_view kWatchdogAlarm = "WATCHDOG_ALARM";      // 80
inline constexpr std::string_view kStepNonfinite = "STEP_NONFINITE";      // 81
// These two make a worker register again; they end nothing.
inline constexpr std::string_view kEpochChanged = "EPOCH_CHANGED";
inline constexpr std::string_view kRegistrationUnknown = "REGISTRATION_UNKNOWN";
}  // namespace reason

struct ErrorDetail {
  std::string reason;  // a stable word
  std::string field;   // of the request or file, where one is at fault
  std::optional<absl::Duration> retry_after;
  std::map<std::string, std::string> facts;
  friend bool operator==(const ErrorDetail&, const ErrorDetail&) = default;
};

// REQUIRES: code is not kOk.
absl::Status ErrorWith(absl::StatusCode code, std::string_view reason,
                       std::string_view field, std::string_view message);

// `status` with `detail` in place of what it carried; OK stays OK.
absl::Status WithDetail(absl::Status status, const ErrorDetail& detail);

// Gives `status` a reason unless it has one; OK stays OK. For a main that knows
// what a whole stage means: OrReason(LoadRun(path), reason::kConfiguration).
absl::Status OrReason(absl::Status status, std::string_view reason);

// What `status` carries; all parts empty if nothing.
ErrorDetail DetailOf(const absl::Status& status);

}  // namespace mdrl

#endif  // MDRL_COMMON_BASE_ERROR_H_
