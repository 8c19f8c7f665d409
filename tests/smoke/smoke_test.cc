#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include "absl/status/status.h"
#include "mdrl/v1/reward.grpc.pb.h"
#include "mdrl/v1/types.pb.h"
#include "tests/smoke/smoke_torch.h"

namespace mdrl {
namespace {

TEST(SmokeTest, TorchGrpcProtobufAndAbseilShareAProcess) {
  EXPECT_EQ(GradientOfSquareAtThree(), 6.0);

  v1::Prompt prompt;
  prompt.set_task("sudoku4");
  v1::Prompt copy;
  ASSERT_TRUE(copy.ParseFromString(prompt.SerializeAsString()));
  EXPECT_EQ(copy.task(), "sudoku4");

  v1::RewardService::CallbackService service;
  grpc::ServerBuilder builder;
  builder.RegisterService(&service);
  int port = 0;
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(),
                           &port);
  const auto server = builder.BuildAndStart();
  ASSERT_NE(server, nullptr);
  EXPECT_GT(port, 0);
  server->Shutdown();
  EXPECT_TRUE(absl::OkStatus().ok());
}

}  // namespace
}  // namespace mdrl
