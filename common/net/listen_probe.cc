#include "common/net/listen_probe.h"

#include <netdb.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "absl/strings/str_cat.h"
#include "common/base/error.h"

namespace mdrl {
namespace {

// Closes its descriptor.
struct Socket {
  explicit Socket(int family)
      : fd(socket(family, SOCK_STREAM | SOCK_CLOEXEC, 0)) {}
  ~Socket() {
    if (fd >= 0) close(fd);
  }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  const int fd;
};

absl::Status InUse(const Address& address) {
  return ErrorWith(absl::StatusCode::kFailedPrecondition, reason::kPortInUse,
                   "listen",
                   absl::StrCat(address.ToString(),
                                " is in use by another process; stop it or "
                                "choose another address (port 0: any)"));
}

absl::Status Unusable(const Address& address, std::string_view why) {
  return ErrorWith(absl::StatusCode::kInvalidArgument, reason::kConfiguration,
                   "listen",
                   absl::StrCat("cannot listen on ", address.ToString(), ": ",
                                std::string(why)));
}

absl::Status ProbeUnix(const Address& address) {
  Socket probe(AF_UNIX);
  sockaddr_un name{};
  name.sun_family = AF_UNIX;
  address.path.copy(name.sun_path, sizeof(name.sun_path) - 1);
  // Whoever answers is alive; a file without a listener refuses.
  if (probe.fd >= 0 &&
      connect(probe.fd, reinterpret_cast<const sockaddr*>(&name),
              sizeof(name)) == 0) {
    return InUse(address);
  }
  return absl::OkStatus();
}

absl::Status ProbeTcp(const Address& address) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = AI_PASSIVE | AI_NUMERICSERV;
  addrinfo* found = nullptr;
  const int failed =
      getaddrinfo(address.host.c_str(), std::to_string(address.port).c_str(),
                  &hints, &found);
  if (failed != 0) return Unusable(address, gai_strerror(failed));
  absl::Status status;
  for (const addrinfo* at = found; at != nullptr && status.ok();
       at = at->ai_next) {
    Socket probe(at->ai_family);
    if (probe.fd < 0) continue;
    // As gRPC does: an address in TIME_WAIT is free.
    const int on = 1;
    setsockopt(probe.fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
    if (bind(probe.fd, at->ai_addr, at->ai_addrlen) == 0) continue;
    status = errno == EADDRINUSE ? InUse(address)
                                 : Unusable(address, std::strerror(errno));
  }
  freeaddrinfo(found);
  return status;
}

}  // namespace

absl::Status ProbeListen(const Address& address) {
  return address.IsUnix() ? ProbeUnix(address) : ProbeTcp(address);
}

}  // namespace mdrl
