// host:port and unix:PATH, taken apart.
//
//   MDRL_ASSIGN_OR_RETURN(const Address address, ParseAddress("127.0.0.1:0"));
#ifndef MDRL_COMMON_NET_ADDRESS_H_
#define MDRL_COMMON_NET_ADDRESS_H_

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace mdrl {

struct Address {
  std::string path;  // of a Unix socket; then host and port are empty
  std::string host;  // without brackets
  uint16_t port = 0;

  bool IsUnix() const { return !path.empty(); }
  // Unix sockets, 127.0.0.0/8, ::1 and the name localhost: bytes stay on this
  // machine. A name is not looked up, so no other name is local.
  bool IsLocal() const;
  // As gRPC takes it, and as ParseAddress reads it.
  std::string ToString() const;
};

// InvalidArgument (CONFIGURATION) naming what is wrong with `text`.
absl::StatusOr<Address> ParseAddress(std::string_view text);

// PermissionDenied (INSECURE_ADDRESS) unless `address` is local.
absl::Status CheckLocal(const Address& address);

}  // namespace mdrl

#endif  // MDRL_COMMON_NET_ADDRESS_H_
