// From the error that ended a process to its exit code.
//
// The reason word decides; without a known one, the status code does:
//
//    0  -                                                OK
//    1  -                                                all others
//    2  USAGE
//   65  DOES_NOT_VERIFY REPLAY_DIVERGED                  INVALID_ARGUMENT,
//                                                        DATA_LOSS
//   69  PEER_UNREACHABLE                                 UNAVAILABLE
//   70  INTERNAL                                         INTERNAL
//   74  DISK_FULL OUT_OF_MEMORY
//   75  RUN_DIR_NOT_EMPTY RUN_DIR_IN_USE PORT_IN_USE     RESOURCE_EXHAUSTED
//       NAME_IN_USE QUEUE_FULL
//   76  REVISION_DIFFERS MODEL_DIFFERS BUILD_DIFFERS
//       TOKENIZER_DIFFERS LEDGER_NEWER
//   77  INSECURE_ADDRESS ROOT_NEEDED                     UNAUTHENTICATED,
//                                                        PERMISSION_DENIED
//   78  CONFIGURATION
//   80  WATCHDOG_ALARM NO_PROGRESS
//   81  STEP_NONFINITE
//
// A process ended by a signal exits 128 + its number whatever the status
// (sync/stop_signal.h). Words with a constant are in base/error.h. Pure
// function.
#ifndef MDRL_COMMON_NET_EXIT_CODE_H_
#define MDRL_COMMON_NET_EXIT_CODE_H_

#include "absl/status/status.h"

namespace mdrl {

int ExitCodeOf(const absl::Status& status);

}  // namespace mdrl

#endif  // MDRL_COMMON_NET_EXIT_CODE_H_
