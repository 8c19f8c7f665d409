// Client channels with the limits of this project. gRPC's own retries are off:
// net/retry does it.
#ifndef MDRL_COMMON_NET_CHANNEL_H_
#define MDRL_COMMON_NET_CHANNEL_H_

#include <memory>
#include <string_view>

#include "absl/status/statusor.h"
#include "common/net/limits.h"

namespace grpc {
class Channel;
class ChannelCredentials;
}  // namespace grpc

namespace mdrl {

struct ChannelOptions {
  // A TCP connection of its own, so that bytes on one channel never delay a
  // heartbeat on another; otherwise channels to one target share theirs.
  bool own_connection = false;
  // None: no TLS, and only a local target is accepted.
  std::shared_ptr<grpc::ChannelCredentials> credentials;
  int max_message_bytes = kMaxMessageBytes;
};

// Connects lazily: an absent peer is found by the first call. The channel is
// thread-safe. InvalidArgument CONFIGURATION, PermissionDenied
// INSECURE_ADDRESS.
absl::StatusOr<std::shared_ptr<grpc::Channel>> MakeChannel(
    std::string_view target, const ChannelOptions& options = {});

}  // namespace mdrl

#endif  // MDRL_COMMON_NET_CHANNEL_H_
