// How large a request may be, by RPC: far above any honest use, and checked
// before it is looked at. Replies have the limits of common/net/limits.h.
#ifndef MDRL_SERVICES_LEARNER_DOOR_MESSAGE_LIMITS_H_
#define MDRL_SERVICES_LEARNER_DOOR_MESSAGE_LIMITS_H_

#include <cstddef>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "common/base/error.h"

namespace mdrl {

struct MessageLimit {
  const char* rpc;
  size_t bytes;
};

namespace limit {
inline constexpr size_t kKiB = 1024;
inline constexpr size_t kMiB = 1024 * kKiB;
inline constexpr MessageLimit kSubmitPromptSet = {"SubmitPromptSet", 4 * kMiB};
inline constexpr MessageLimit kRegister = {"Register", 256 * kKiB};
inline constexpr MessageLimit kLease = {"Lease", 64 * kKiB};
inline constexpr MessageLimit kRenew = {"Renew", 256 * kKiB};
inline constexpr MessageLimit kSubmitGroup = {"SubmitGroup", 16 * kMiB};
inline constexpr MessageLimit kReturnLease = {"ReturnLease", 64 * kKiB};
inline constexpr MessageLimit kFetchChunks = {"FetchChunks", 4 * kMiB};
inline constexpr MessageLimit kEvaluate = {"Evaluate", 4 * kMiB};
inline constexpr MessageLimit kGenerate = {"Generate", 4 * kMiB};
// Reads and commands.
inline constexpr MessageLimit kSmall = {"this call", 64 * kKiB};
}  // namespace limit

// ResourceExhausted without a retry_after: it will never be taken as it is.
inline absl::Status CheckSize(size_t bytes, const MessageLimit& limit) {
  if (bytes <= limit.bytes) return absl::OkStatus();
  return ErrorWith(absl::StatusCode::kResourceExhausted, "MESSAGE_TOO_LARGE",
                   "",
                   absl::StrCat("a message of ", bytes, " bytes; ", limit.rpc,
                                " takes at most ", limit.bytes));
}

}  // namespace mdrl

#endif  // MDRL_SERVICES_LEARNER_DOOR_MESSAGE_LIMITS_H_
