#include "common/net/address.h"

#include <arpa/inet.h>
#include <sys/un.h>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/base/error.h"

namespace mdrl {
namespace {

constexpr std::string_view kUnixPrefix = "unix:";

absl::Status Malformed(std::string_view text, std::string_view why) {
  return ErrorWith(
      absl::StatusCode::kInvalidArgument, reason::kConfiguration, "address",
      absl::StrCat("address \"", std::string(text), "\": ", std::string(why),
                   "; it is HOST:PORT, [IPV6]:PORT or unix:PATH"));
}

}  // namespace

bool Address::IsLocal() const {
  if (IsUnix() || host == "localhost") return true;
  in_addr v4{};
  if (inet_pton(AF_INET, host.c_str(), &v4) == 1) {
    return (ntohl(v4.s_addr) >> 24) == 127;
  }
  in6_addr v6{};
  return inet_pton(AF_INET6, host.c_str(), &v6) == 1 &&
         IN6_IS_ADDR_LOOPBACK(&v6);
}

std::string Address::ToString() const {
  if (IsUnix()) return absl::StrCat("unix:", path);
  if (host.find(':') != std::string::npos) {
    return absl::StrCat("[", host, "]:", port);
  }
  return absl::StrCat(host, ":", port);
}

absl::StatusOr<Address> ParseAddress(std::string_view text) {
  Address address;
  if (text.starts_with(kUnixPrefix)) {
    address.path = std::string(text.substr(kUnixPrefix.size()));
    if (address.path.empty()) return Malformed(text, "the path is empty");
    if (address.path.find('\0') != std::string::npos) {
      return Malformed(text, "the path holds a zero byte");
    }
    constexpr size_t kMaxPath = sizeof(sockaddr_un::sun_path) - 1;
    if (address.path.size() > kMaxPath) {
      return Malformed(text,
                       absl::StrCat("the path has ", address.path.size(),
                                    " bytes, a socket's at most ", kMaxPath));
    }
    return address;
  }
  const size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return Malformed(text, "no port");
  std::string_view host = text.substr(0, colon);
  if (host.starts_with('[') && host.ends_with(']')) {
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != std::string_view::npos) {
    return Malformed(text, "an IPv6 host stands in brackets");
  }
  if (host.empty()) return Malformed(text, "no host");
  const std::string digits(text.substr(colon + 1));
  uint32_t port = 0;
  if (digits.empty() || !absl::ascii_isdigit(digits[0]) ||
      !absl::SimpleAtoi(digits, &port) || port > 65535) {
    return Malformed(text, "the port is not a number up to 65535");
  }
  address.host = std::string(host);
  address.port = static_cast<uint16_t>(port);
  return address;
}

absl::Status CheckLocal(const Address& address) {
  if (address.IsLocal()) return absl::OkStatus();
  return ErrorWith(
      absl::StatusCode::kPermissionDenied, reason::kInsecureAddress, "address",
      absl::StrCat(address.ToString(),
                   " is neither loopback nor a Unix socket, which is all that "
                   "may be used without TLS"));
}

}  // namespace mdrl
