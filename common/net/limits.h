// Sizes and times that both ends of a connection must agree on. One place for
// all.
#ifndef MDRL_COMMON_NET_LIMITS_H_
#define MDRL_COMMON_NET_LIMITS_H_

#include "absl/time/time.h"

namespace mdrl {

// The largest message of any RPC (SubmitGroup, GetManifest, lists: 16 MiB), and
// room for framing, which gRPC counts in. Tighter limits are the doors' own.
inline constexpr int kMaxMessageBytes = (16 << 20) + (64 << 10);

// Clients ping this often, also without calls, and give up after the timeout; a
// server calls anything faster than the minimum too_many_pings.
inline constexpr absl::Duration kKeepaliveInterval = absl::Seconds(20);
inline constexpr absl::Duration kKeepaliveTimeout = absl::Seconds(10);
inline constexpr absl::Duration kKeepaliveMinimum = absl::Seconds(10);

}  // namespace mdrl

#endif  // MDRL_COMMON_NET_LIMITS_H_
