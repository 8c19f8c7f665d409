// Asks the system whether an address can be listened on, and if not, why.
#ifndef MDRL_COMMON_NET_LISTEN_PROBE_H_
#define MDRL_COMMON_NET_LISTEN_PROBE_H_

#include "absl/status/status.h"
#include "common/net/address.h"

namespace mdrl {

// FailedPrecondition PORT_IN_USE if somebody listens there; InvalidArgument
// CONFIGURATION if the address is not this machine's or may not be used. A Unix
// socket nobody listens on is free, also if its file is left over. Changes
// nothing; what it says may be outdated when it returns.
absl::Status ProbeListen(const Address& address);

}  // namespace mdrl

#endif  // MDRL_COMMON_NET_LISTEN_PROBE_H_
