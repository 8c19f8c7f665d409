#include "services/learner/algorithm/registry.h"

#include <string>

#include "common/config/method_names.h"
#include "gtest/gtest.h"

namespace mdrl {
namespace {

// What `mdrlctl config check` accepts is what the learner can make.
TEST(RegistryTest, HoldsTheMethodsThatTheConfigurationTakes) {
  EXPECT_EQ(AlgorithmNames(), MethodNames());
}

TEST(RegistryTest, EveryMethodIsMadeFromItsDefaults) {
  for (const std::string& name : AlgorithmNames()) {
    EXPECT_TRUE(MakeAlgorithm({.name = name}).ok()) << name;
  }
}

TEST(RegistryTest, UnknownMethodIsRefusedWithTheList) {
  AlgorithmSettings settings;
  settings.name = "gspo";
  const auto algorithm = MakeAlgorithm(settings);
  EXPECT_EQ(algorithm.status().message(),
            "algorithm.name \"gspo\" is unknown; there are spg, bgpo, "
            "diffu_grpo, wd1, unigrpo, rspo, dtm, espo, tracerl, justgrpo");
}

TEST(RegistryTest, ValuesOutsideTheirRangeAreRefusedByKey) {
  const auto message = [](const AlgorithmSettings& settings) {
    return std::string(MakeAlgorithm(settings).status().message());
  };
  EXPECT_EQ(message({.spg = {.beta = 0.5}}),
            "algorithm.spg.beta must be at least 1: below, the EUBO bounds "
            "nothing");
  EXPECT_EQ(message({.spg = {.omega = 1.5}}),
            "algorithm.spg.omega must lie in 0..1");
  EXPECT_EQ(message({.corruption = {.samples = -1}}),
            "algorithm.samples must be at least 1");
  EXPECT_EQ(message({.name = "rspo", .rspo = {.lambda = -1.0}}),
            "algorithm.rspo.lambda must not be negative");
  EXPECT_EQ(message({.name = "dtm", .dtm = {.h = 0.0}}),
            "algorithm.dtm.h must be above 0");
  EXPECT_EQ(message({.name = "wd1", .corruption = {.kind = "coupled"}}),
            "algorithm.corruption.kind \"coupled\" is not for wd1; it takes "
            "all");
  EXPECT_EQ(message({.name = "dtm", .advantage = "mean"}),
            "algorithm.advantage is not for dtm: it weighs by the reward "
            "itself");
}

}  // namespace
}  // namespace mdrl
