#include "client/launch/service_plan.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "common/config/load_config.h"

namespace mdrl {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;
using ::testing::UnorderedElementsAre;

TEST(ServicePlanTest, ServicesReadTheResolvedFileAndDieWithTheirParent) {
  const ServicePlan plan = {
      .binaries = "/bin", .run_folder = "runs/x", .parent = 7};
  const Service learner = plan.Learner(absl::FromUnixMillis(1500));
  EXPECT_THAT(learner.child.argv,
              ElementsAre("/bin/mdrlctl", "run-guarded", "7",
                          "/bin/mdrl-learner", "--config",
                          "runs/x/config.resolved.yaml", "--started", "1.500"));
  EXPECT_EQ(learner.child.log, "runs/x/logs/learner.log");
  EXPECT_EQ(learner.role, Service::Role::kMain);
}

TEST(ServicePlanTest, PeersReachAWorkerAsConfigurationVariables) {
  const Service rollout =
      ServicePlan().Rollout(1, "127.0.0.1:1", {"127.0.0.1:2", "unix:r"});
  EXPECT_EQ(rollout.child.name, "rollout-1");
  const auto loaded = LoadConfig({.path = "test",
                                  .text = "run: {name: r}\nmodel: {path: m}\n",
                                  .environment = rollout.child.environment});
  ASSERT_TRUE(loaded.ok()) << loaded.status();
  EXPECT_EQ(loaded->run.rollout().peers().learner(), "127.0.0.1:1");
  EXPECT_THAT(loaded->run.rollout().peers().reward(),
              ElementsAre("127.0.0.1:2", "unix:r"));
}

TEST(ServicePlanTest, OnlyTheLearnerHasTheAddressForMetricsThatTheFileNames) {
  for (const Service& service :
       {ServicePlan().Rollout(0, "l", {"r"}), ServicePlan().Reward(0)}) {
    const auto loaded =
        LoadConfig({.path = "test",
                    .text = "run: {name: r}\nmodel: {path: m}\n"
                            "metrics: {listen: \"127.0.0.1:9\"}\n",
                    .environment = service.child.environment});
    ASSERT_TRUE(loaded.ok()) << loaded.status();
    EXPECT_EQ(loaded->run.metrics().listen(), "127.0.0.1:0");
  }
  const Service learner = ServicePlan().Learner(absl::UnixEpoch());
  EXPECT_FALSE(learner.child.environment.contains("MDRL_METRICS__LISTEN"));
}

TEST(ServicePlanTest, VariablesThatWereResolvedAreNotPassedOn) {
  EXPECT_THAT(
      WithoutConfigVariables({{"MDRL_RUN__SEED", "1"},
                              {"MDRL_COMPAT", "[]"},
                              {"MDRL_GOLDEN_DIR", "d"},
                              {"HOME", "h"}}),
      UnorderedElementsAre(Pair("MDRL_GOLDEN_DIR", "d"), Pair("HOME", "h")));
}

TEST(ServicePlanTest, OnlyAddressesThatNobodyNamedBecomeFreePorts) {
  auto loaded = LoadConfig(
      {.path = "test",
       .text = "run: {name: r, listen: \"127.0.0.1:7\"}\nmodel: {path: m}\n"});
  UseFreePorts(&*loaded);
  EXPECT_EQ(loaded->run.run().listen(), "127.0.0.1:7");
  EXPECT_EQ(loaded->run.reward().listen(), "127.0.0.1:0");
  EXPECT_TRUE(loaded->run.security().insecure());
}

}  // namespace
}  // namespace mdrl
