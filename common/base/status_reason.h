// The stable word that says why a call failed, carried as a payload of its
// Status.
//
//   return WithReason(absl::UnavailableError("the disk is full"), "DISK_FULL");
//
// Code branches on the word, logs print it, metrics label with it; the message
// is for people. common/net puts it into the ErrorDetail of a reply.
#ifndef MDRL_COMMON_BASE_STATUS_REASON_H_
#define MDRL_COMMON_BASE_STATUS_REASON_H_

#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/strings/cord.h"

namespace mdrl {

inline constexpr char kReasonPayload[] = "mdrl.reason";

// `status` with the reason replaced; OK stays OK.
inline absl::Status WithReason(absl::Status status, std::string_view reason) {
  status.SetPayload(kReasonPayload, absl::Cord(absl::string_view(
                                        reason.data(), reason.size())));
  return status;
}

// Empty if the status carries no reason.
inline std::string ReasonOf(const absl::Status& status) {
  const auto payload = status.GetPayload(kReasonPayload);
  return payload.has_value() ? std::string(*payload) : std::string();
}

}  // namespace mdrl

#endif  // MDRL_COMMON_BASE_STATUS_REASON_H_
