#include "client/launch/prometheus.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <string>

#include "client/launch/scrape_targets.h"

namespace mdrl {
namespace {

namespace fs = std::filesystem;
using ::testing::Contains;
using ::testing::HasSubstr;

class PrometheusTest : public testing::Test {
 protected:
  PrometheusTest()
      : folder_(fs::temp_directory_path() /
                ("prometheus_test_" + std::to_string(getpid()))) {
    fs::create_directories(folder_);
  }
  ~PrometheusTest() override { fs::remove_all(folder_); }

  static std::string Contents(const fs::path& file) {
    std::ifstream in(file);
    return {std::istreambuf_iterator<char>(in), {}};
  }

  const fs::path folder_;
};

TEST_F(PrometheusTest, TargetsCarryRunRoleAndProcess) {
  const fs::path file = ScrapeTargetsFile(folder_);
  ScrapeTargets targets(file, "quick");
  ASSERT_TRUE(targets.Set("learner", "127.0.0.1:1").ok());
  ASSERT_TRUE(targets.Set("rollout-1", "127.0.0.1:2").ok());
  // It fell and came back on another port.
  ASSERT_TRUE(targets.Set("rollout-1", "127.0.0.1:3").ok());
  EXPECT_EQ(nlohmann::json::parse(Contents(file)), nlohmann::json::parse(R"([
      {"targets": ["127.0.0.1:1"],
       "labels": {"run": "quick", "role": "learner", "process": "learner"}},
      {"targets": ["127.0.0.1:3"],
       "labels": {"run": "quick", "role": "rollout", "process": "rollout-1"}}
  ])"));
}

TEST_F(PrometheusTest, TheShippedFilesAreThoseOfTheTree) {
  ASSERT_TRUE(WritePrometheusFiles(folder_).ok());
  for (const auto& [name, text] : ShippedPrometheusFiles()) {
    EXPECT_EQ(Contents(PrometheusFolder(folder_) / name),
              Contents(fs::path("deploy/prometheus") / name))
        << name;
    EXPECT_FALSE(text.empty()) << name;
  }
}

TEST_F(PrometheusTest, IsLookedForOnThePath) {
  const auto absent = FindPrometheus({{"PATH", folder_.string()}});
  EXPECT_EQ(absent.status().code(), absl::StatusCode::kNotFound);
  EXPECT_THAT(std::string(absent.status().message()),
              HasSubstr("apt-get install"));
  std::ofstream(folder_ / "prometheus") << "#!/bin/sh\n";
  fs::permissions(folder_ / "prometheus", fs::perms::owner_all);
  const auto found = FindPrometheus({{"PATH", "/none:" + folder_.string()}});
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_EQ(*found, folder_ / "prometheus");
}

TEST_F(PrometheusTest, ListensOnLoopbackAndKeepsItsDataInTheRunFolder) {
  const ServicePlan plan = {
      .binaries = "/bin", .run_folder = "runs/x", .parent = 7};
  const auto port = FreeLoopbackPort();
  ASSERT_TRUE(port.ok()) << port.status();
  const Service service = PrometheusService(plan, "/usr/bin/prometheus", *port);
  EXPECT_THAT(service.child.argv, Contains("/usr/bin/prometheus"));
  EXPECT_THAT(service.child.argv, Contains("--web.listen-address=127.0.0.1:" +
                                           std::to_string(*port)));
  EXPECT_THAT(service.child.argv,
              Contains("--storage.tsdb.path=runs/x/prometheus/data"));
  EXPECT_EQ(service.role, Service::Role::kWorker);
  // Nobody is there yet.
  EXPECT_FALSE(service.answers());
}

}  // namespace
}  // namespace mdrl
