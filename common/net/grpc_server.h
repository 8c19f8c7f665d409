// A gRPC server from services and a listen address: limits, health, orderly
// end.
//
//   MDRL_ASSIGN_OR_RETURN(auto server,
//                         GrpcServer::Start({.listen = "127.0.0.1:0"},
//                         {&door}));
//   server->SetReady(true);
//   MDRL_RETURN_IF_ERROR(PrintReadyLine({.rpc = server->address()}));
//   ...
//   server->Drain();                      // "ready" off, calls still answered
//   server->Shutdown(absl::Seconds(10));
//
// grpc.health.v1 knows "" (alive, serving from the start) and "ready" (off
// until SetReady). Thread-safe.
#ifndef MDRL_COMMON_NET_GRPC_SERVER_H_
#define MDRL_COMMON_NET_GRPC_SERVER_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "common/net/limits.h"
#include "common/sync/mutex.h"

namespace grpc {
class CallbackGenericService;
class Server;
class ServerCredentials;
class Service;
}  // namespace grpc

namespace mdrl {

class CallMetrics;

class GrpcServer {
 public:
  struct Options {
    std::string listen = "127.0.0.1:0";  // or unix:PATH; port 0: a free one
    // None: no TLS, and only a local address is accepted.
    std::shared_ptr<grpc::ServerCredentials> credentials;
    int max_message_bytes = kMaxMessageBytes;
    CallMetrics* calls = nullptr;  // counts them; outlives the server
  };

  // Listening when it returns; without services, with health alone. The
  // services are not owned and must outlive the server. PermissionDenied
  // INSECURE_ADDRESS, FailedPrecondition PORT_IN_USE, InvalidArgument
  // CONFIGURATION (also: an address that is not this machine's).
  static absl::StatusOr<std::unique_ptr<GrpcServer>> Start(
      const Options& options, const std::vector<grpc::Service*>& services);

  // As Shutdown without grace.
  ~GrpcServer();
  GrpcServer(const GrpcServer&) = delete;
  GrpcServer& operator=(const GrpcServer&) = delete;

  // With the real port: "127.0.0.1:40211" or "unix:PATH".
  const std::string& address() const { return address_; }
  int port() const { return port_; }  // 0 on a Unix socket

  void SetAlive(bool alive);
  // Nothing turns "ready" on again after Drain.
  void SetReady(bool ready) MDRL_EXCLUDES(mutex_);
  void Drain() { EndReady(); }

  // Takes no new calls, lets running ones finish for `grace`, cancels the rest,
  // and returns when all are gone. Parked long polls must be ended by their
  // service, or they last for the whole grace. The first call does it; others
  // wait for it.
  void Shutdown(absl::Duration grace) MDRL_EXCLUDES(shutdown_mutex_);

 private:
  GrpcServer(std::unique_ptr<grpc::CallbackGenericService> nothing,
             std::unique_ptr<grpc::Server> server, std::string address,
             int port);
  void EndReady() MDRL_EXCLUDES(mutex_);

  // Answers UNIMPLEMENTED where health is all there is; outlives the server.
  const std::unique_ptr<grpc::CallbackGenericService> nothing_;
  const std::unique_ptr<grpc::Server> server_;
  const std::string address_;
  const int port_;
  Mutex mutex_;
  bool draining_ MDRL_GUARDED_BY(mutex_) = false;
  Mutex shutdown_mutex_;
  Condition shutdown_changed_;
  enum class Phase { kServing, kEnding, kEnded };
  Phase phase_ MDRL_GUARDED_BY(shutdown_mutex_) = Phase::kServing;
};

}  // namespace mdrl

#endif  // MDRL_COMMON_NET_GRPC_SERVER_H_
