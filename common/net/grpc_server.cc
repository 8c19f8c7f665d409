#include "common/net/grpc_server.h"

#include <grpcpp/generic/async_generic_service.h>
#include <grpcpp/health_check_service_interface.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>
#include <grpcpp/support/server_interceptor.h>

#include <chrono>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "common/base/log.h"
#include "common/base/status_macros.h"
#include "common/net/address.h"
#include "common/net/call_metrics.h"
#include "common/net/listen_probe.h"

namespace mdrl {
namespace {

constexpr char kReadyService[] = "ready";

int Milliseconds(absl::Duration duration) {
  return static_cast<int>(absl::ToInt64Milliseconds(duration));
}

void SetArguments(const GrpcServer::Options& options,
                  grpc::ServerBuilder& builder) {
  builder.SetMaxReceiveMessageSize(options.max_message_bytes);
  builder.SetMaxSendMessageSize(options.max_message_bytes);
  // With it two processes could share a port, each with half of the calls.
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS,
                             Milliseconds(kKeepaliveInterval));
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS,
                             Milliseconds(kKeepaliveTimeout));
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  builder.AddChannelArgument(
      GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS,
      Milliseconds(kKeepaliveMinimum));
}

}  // namespace

absl::StatusOr<std::unique_ptr<GrpcServer>> GrpcServer::Start(
    const Options& options, const std::vector<grpc::Service*>& services) {
  MDRL_ASSIGN_OR_RETURN(Address address, ParseAddress(options.listen));
  if (options.credentials == nullptr) {
    MDRL_RETURN_IF_ERROR(CheckLocal(address));
  }
  // gRPC removes a Unix socket that is in the way, even one that is served.
  if (address.IsUnix()) MDRL_RETURN_IF_ERROR(ProbeListen(address));

  // A process-wide switch of gRPC; every server here wants it.
  grpc::EnableDefaultHealthCheckService(true);
  grpc::ServerBuilder builder;
  SetArguments(options, builder);
  int port = 0;
  builder.AddListeningPort(address.ToString(),
                           options.credentials == nullptr
                               ? grpc::InsecureServerCredentials()
                               : options.credentials,
                           &port);
  for (grpc::Service* service : services) builder.RegisterService(service);
  if (options.calls != nullptr) {
    std::vector<
        std::unique_ptr<grpc::experimental::ServerInterceptorFactoryInterface>>
        counting;
    counting.push_back(options.calls->MakeFactory());
    builder.experimental().SetInterceptorCreators(std::move(counting));
  }
  // gRPC will not start without anything to poll for, health not counting.
  auto nothing = std::make_unique<grpc::CallbackGenericService>();
  if (services.empty()) builder.RegisterCallbackGenericService(nothing.get());
  std::unique_ptr<grpc::Server> server = builder.BuildAndStart();
  if (server == nullptr || (port == 0 && !address.IsUnix())) {
    // gRPC tells the cause to its log alone: ask the system once more.
    MDRL_RETURN_IF_ERROR(ProbeListen(address));
    return absl::InternalError(absl::StrCat(
        "gRPC could not listen on ", address.ToString(),
        "; its log line above, if GRPC_VERBOSITY allows, says why"));
  }
  if (address.IsUnix()) {
    port = 0;
  } else {
    address.port = static_cast<uint16_t>(port);
  }
  server->GetHealthCheckService()->SetServingStatus(kReadyService, false);
  return std::unique_ptr<GrpcServer>(new GrpcServer(
      std::move(nothing), std::move(server), address.ToString(), port));
}

GrpcServer::GrpcServer(std::unique_ptr<grpc::CallbackGenericService> nothing,
                       std::unique_ptr<grpc::Server> server,
                       std::string address, int port)
    : nothing_(std::move(nothing)),
      server_(std::move(server)),
      address_(std::move(address)),
      port_(port) {}

GrpcServer::~GrpcServer() { Shutdown(absl::ZeroDuration()); }

void GrpcServer::SetAlive(bool alive) {
  server_->GetHealthCheckService()->SetServingStatus("", alive);
}

void GrpcServer::SetReady(bool ready) {
  {
    MutexLock lock(mutex_);
    if (draining_) return;
  }
  server_->GetHealthCheckService()->SetServingStatus(kReadyService, ready);
  // A Drain in between must win.
  MutexLock lock(mutex_);
  if (draining_ && ready) {
    server_->GetHealthCheckService()->SetServingStatus(kReadyService, false);
  }
}

void GrpcServer::EndReady() {
  {
    MutexLock lock(mutex_);
    draining_ = true;
  }
  server_->GetHealthCheckService()->SetServingStatus(kReadyService, false);
}

void GrpcServer::Shutdown(absl::Duration grace) {
  {
    MutexLock lock(shutdown_mutex_);
    if (phase_ != Phase::kServing) {
      while (phase_ != Phase::kEnded) shutdown_changed_.Wait(shutdown_mutex_);
      return;
    }
    phase_ = Phase::kEnding;
  }
  Drain();
  server_->Shutdown(std::chrono::system_clock::now() +
                    absl::ToChronoMicroseconds(grace));
  server_->Wait();
  MutexLock lock(shutdown_mutex_);
  phase_ = Phase::kEnded;
  shutdown_changed_.NotifyAll();
}

}  // namespace mdrl
