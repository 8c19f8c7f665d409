#include "common/net/call_metrics.h"

#include <grpcpp/grpcpp.h>

#include <memory>
#include <string>

#include "common/net/channel.h"
#include "common/net/grpc_server.h"
#include "gtest/gtest.h"
#include "mdrl/v1/reward.grpc.pb.h"

namespace mdrl {
namespace {

// Answers ListTasks, says how many calls are parked while it does, and leaves
// Score unimplemented.
class Door : public v1::RewardService::Service {
 public:
  explicit Door(Registry& registry) : registry_(registry) {}
  grpc::Status ListTasks(grpc::ServerContext*, const v1::ListTasksRequest*,
                         v1::ListTasksResponse*) override {
    for (const MetricSamples& samples : registry_.Collect()) {
      if (samples.spec->name != "mdrl_grpc_parked") continue;
      for (const SeriesSample& series : samples.series) {
        parked_seen += series.value;
      }
    }
    return grpc::Status::OK;
  }
  double parked_seen = 0.0;

 private:
  Registry& registry_;
};

// The value, or the number of observations, of the series with these labels.
double ValueOf(Registry& registry, std::string_view name,
               const std::vector<std::string>& labels) {
  for (const MetricSamples& samples : registry.Collect()) {
    if (samples.spec->name != name) continue;
    for (const SeriesSample& series : samples.series) {
      if (series.labels != labels) continue;
      double count = series.value;
      for (const uint64_t bucket : series.counts) {
        count += static_cast<double>(bucket);
      }
      return count;
    }
  }
  ADD_FAILURE() << "no such series of " << name;
  return -1.0;
}

TEST(CallMetricsTest, CountsCallsByTheirAnswer) {
  Registry registry;
  CallMetrics calls(registry, {"mdrl.v1.RewardService"});
  Door door(registry);
  GrpcServer::Options options;
  options.calls = &calls;
  const auto server = GrpcServer::Start(options, {&door});
  ASSERT_TRUE(server.ok()) << server.status();
  EXPECT_EQ(
      ValueOf(registry, "mdrl_grpc_server_calls_total", {"ListTasks", "ok"}),
      0.0);

  const auto channel = MakeChannel((*server)->address());
  ASSERT_TRUE(channel.ok()) << channel.status();
  const auto stub = v1::RewardService::NewStub(*channel);
  for (int i = 0; i < 2; ++i) {
    grpc::ClientContext context;
    v1::ListTasksResponse response;
    EXPECT_TRUE(stub->ListTasks(&context, {}, &response).ok());
  }
  grpc::ClientContext context;
  v1::ScoreResponse response;
  EXPECT_EQ(stub->Score(&context, {}, &response).error_code(),
            grpc::StatusCode::UNIMPLEMENTED);
  // A call ends on the server after its answer has arrived.
  (*server)->Shutdown(absl::Seconds(10));

  const std::string_view total = "mdrl_grpc_server_calls_total";
  EXPECT_EQ(ValueOf(registry, total, {"ListTasks", "ok"}), 2.0);
  EXPECT_EQ(ValueOf(registry, total, {"Score", "unimplemented"}), 1.0);
  EXPECT_EQ(ValueOf(registry, "mdrl_grpc_server_seconds", {"ListTasks"}), 2.0);
  EXPECT_EQ(door.parked_seen, 2.0);  // itself, twice
  EXPECT_EQ(ValueOf(registry, "mdrl_grpc_parked", {"ListTasks"}), 0.0);
}

}  // namespace
}  // namespace mdrl
