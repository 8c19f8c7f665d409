#include "common/net/grpc_server.h"

#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/grpcpp.h>

#include <memory>
#include <string>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "common/base/error.h"
#include "common/net/channel.h"
#include "common/net/grpc_status.h"
#include "gtest/gtest.h"
#include "mdrl/v1/reward.grpc.pb.h"

namespace mdrl {
namespace {

// Answers ListTasks with a size, refuses Score, and parks when told to.
class Door : public v1::RewardService::Service {
 public:
  grpc::Status ListTasks(grpc::ServerContext*, const v1::ListTasksRequest*,
                         v1::ListTasksResponse* response) override {
    response->set_sandbox(std::string(reply_bytes, 'x'));
    return grpc::Status::OK;
  }
  grpc::Status Score(grpc::ServerContext*, const v1::ScoreRequest* request,
                     v1::ScoreResponse*) override {
    return ToGrpcStatus(
        WithDetail(absl::ResourceExhaustedError("full"),
                   {"QUEUE_FULL", request->rubric(), absl::Seconds(2), {}}));
  }
  size_t reply_bytes = 3;
};

std::unique_ptr<GrpcServer> StartOrDie(
    const std::string& listen, const std::vector<grpc::Service*>& services) {
  auto server =
      GrpcServer::Start({.listen = listen, .credentials = nullptr}, services);
  EXPECT_TRUE(server.ok()) << server.status();
  return server.ok() ? *std::move(server) : nullptr;
}

absl::StatusOr<v1::ListTasksResponse> CallListTasks(const std::string& target) {
  auto channel =
      MakeChannel(target, {.own_connection = true, .credentials = nullptr});
  if (!channel.ok()) return channel.status();
  auto stub = v1::RewardService::NewStub(*channel);
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() +
                       std::chrono::seconds(10));
  v1::ListTasksResponse response;
  const grpc::Status status = stub->ListTasks(&context, {}, &response);
  if (!status.ok()) return FromGrpcStatus(status);
  return response;
}

// SERVING 1, NOT_SERVING 2, or minus the status code. The health messages are
// one string and one enum, so two bytes stand in for their generated code.
int Health(const std::string& target, const std::string& service) {
  auto channel = MakeChannel(target);
  grpc::GenericStub stub(*channel);
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() +
                       std::chrono::seconds(10));
  grpc::CompletionQueue queue;
  const std::string bytes =
      service.empty()
          ? ""
          : absl::StrCat("\n", std::string(1, service.size()), service);
  const grpc::Slice slice(bytes);
  const grpc::ByteBuffer request(&slice, 1);
  auto call = stub.PrepareUnaryCall(&context, "/grpc.health.v1.Health/Check",
                                    request, &queue);
  call->StartCall();
  grpc::ByteBuffer response;
  grpc::Status status;
  call->Finish(&response, &status, nullptr);
  void* tag = nullptr;
  bool ok = false;
  queue.Next(&tag, &ok);
  if (!status.ok()) return -status.error_code();
  grpc::Slice reply;
  if (!response.DumpToSingleSlice(&reply).ok() || reply.size() != 2) return 0;
  return reply.begin()[1];
}

TEST(GrpcServerTest, ServesOnAFreePortAndSaysWhich) {
  Door door;
  const auto server = StartOrDie("127.0.0.1:0", {&door});
  EXPECT_GT(server->port(), 0);
  EXPECT_EQ(server->address(), absl::StrCat("127.0.0.1:", server->port()));
  const auto response = CallListTasks(server->address());
  ASSERT_TRUE(response.ok()) << response.status();
  EXPECT_EQ(response->sandbox(), "xxx");
}

TEST(GrpcServerTest, ServesHealthAloneWithoutServices) {
  const auto server = StartOrDie("127.0.0.1:0", {});
  ASSERT_NE(server, nullptr);
  server->SetReady(true);
  EXPECT_EQ(Health(server->address(), ""), 1);
  EXPECT_EQ(Health(server->address(), "ready"), 1);
  EXPECT_EQ(CallListTasks(server->address()).status().code(),
            absl::StatusCode::kUnimplemented);
}

TEST(GrpcServerTest, ServesOnAUnixSocket) {
  Door door;
  const std::string listen =
      absl::StrCat("unix:", testing::TempDir(), "/mdrl_server_test.sock");
  const auto server = StartOrDie(listen, {&door});
  EXPECT_EQ(server->address(), listen);
  EXPECT_EQ(server->port(), 0);
  EXPECT_TRUE(CallListTasks(listen).ok());
}

TEST(GrpcServerTest, RefusesABusyPort) {
  Door door, second;
  const auto server = StartOrDie("127.0.0.1:0", {&door});
  const auto other = GrpcServer::Start(
      {.listen = server->address(), .credentials = nullptr}, {&second});
  EXPECT_EQ(ReasonOf(other.status()), reason::kPortInUse) << other.status();
}

TEST(GrpcServerTest, RefusesABusyUnixSocketAndLeavesItAlone) {
  Door door, second;
  const std::string listen =
      absl::StrCat("unix:", testing::TempDir(), "/mdrl_busy_test.sock");
  const auto server = StartOrDie(listen, {&door});
  const auto other =
      GrpcServer::Start({.listen = listen, .credentials = nullptr}, {&second});
  EXPECT_EQ(ReasonOf(other.status()), reason::kPortInUse) << other.status();
  EXPECT_TRUE(CallListTasks(listen).ok());
}

TEST(GrpcServerTest, RefusesToBeSeenFromElsewhereWithoutTls) {
  Door door;
  for (const char* listen : {"0.0.0.0:0", "[::]:0", "192.0.2.1:0"}) {
    const auto server =
        GrpcServer::Start({.listen = listen, .credentials = nullptr}, {&door});
    EXPECT_EQ(ReasonOf(server.status()), reason::kInsecureAddress) << listen;
  }
}

TEST(GrpcServerTest, SaysWhenAnAddressIsNotThisMachines) {
  Door door;
  const auto server =
      GrpcServer::Start({.listen = "192.0.2.1:0",
                         .credentials = grpc::InsecureServerCredentials()},
                        {&door});
  EXPECT_EQ(ReasonOf(server.status()), reason::kConfiguration)
      << server.status();
}

TEST(GrpcServerTest, TellsAliveFromReady) {
  Door door;
  const auto server = StartOrDie("127.0.0.1:0", {&door});
  EXPECT_EQ(Health(server->address(), ""), 1);
  EXPECT_EQ(Health(server->address(), "ready"), 2);
  EXPECT_EQ(Health(server->address(), "unheard"), -grpc::StatusCode::NOT_FOUND);
  server->SetReady(true);
  EXPECT_EQ(Health(server->address(), "ready"), 1);
  server->SetAlive(false);
  EXPECT_EQ(Health(server->address(), ""), 2);
}

TEST(GrpcServerTest, StaysUnreadyButAnswersWhileDraining) {
  Door door;
  const auto server = StartOrDie("127.0.0.1:0", {&door});
  server->SetReady(true);
  server->Drain();
  server->SetReady(true);
  EXPECT_EQ(Health(server->address(), "ready"), 2);
  EXPECT_TRUE(CallListTasks(server->address()).ok());
}

TEST(GrpcServerTest, CarriesErrorDetailsOverTheWire) {
  Door door;
  const auto server = StartOrDie("127.0.0.1:0", {&door});
  auto stub = v1::RewardService::NewStub(*MakeChannel(server->address()));
  grpc::ClientContext context;
  v1::ScoreRequest request;
  request.set_rubric("spg.train");
  v1::ScoreResponse response;
  const absl::Status status =
      FromGrpcStatus(stub->Score(&context, request, &response));
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(DetailOf(status),
            (ErrorDetail{"QUEUE_FULL", "spg.train", absl::Seconds(2), {}}));
}

TEST(GrpcServerTest, TakesMessagesUpToTheLimitAndNoFurther) {
  Door door;
  const auto server = StartOrDie("127.0.0.1:0", {&door});
  door.reply_bytes = 16 << 20;
  EXPECT_TRUE(CallListTasks(server->address()).ok());
  door.reply_bytes = kMaxMessageBytes + 1;
  EXPECT_EQ(CallListTasks(server->address()).status().code(),
            absl::StatusCode::kResourceExhausted);
}

TEST(GrpcServerTest, ShutsDownOnceForAllCallers) {
  Door door;
  const auto server = StartOrDie("127.0.0.1:0", {&door});
  const std::string address = server->address();
  std::thread other([&] { server->Shutdown(absl::Seconds(1)); });
  server->Shutdown(absl::Seconds(1));
  other.join();
  EXPECT_EQ(CallListTasks(address).status().code(),
            absl::StatusCode::kUnavailable);
}

TEST(ChannelTest, RefusesARemoteTargetWithoutTls) {
  EXPECT_EQ(ReasonOf(MakeChannel("10.0.0.1:7070").status()),
            reason::kInsecureAddress);
  EXPECT_EQ(ReasonOf(MakeChannel("nonsense").status()), reason::kConfiguration);
}

TEST(ChannelTest, FindsAnAbsentPeerByTheFirstCall) {
  EXPECT_EQ(CallListTasks("127.0.0.1:1").status().code(),
            absl::StatusCode::kUnavailable);
}

}  // namespace
}  // namespace mdrl
