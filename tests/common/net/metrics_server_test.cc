#include "common/net/metrics_server.h"

#include <arpa/inet.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <string>

#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "common/net/address.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace mdrl {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

// The answer to GET `path`, headers included; empty if nobody answers.
std::string Get(const std::string& address, const std::string& path) {
  const Address parsed = *ParseAddress(address);
  const int fd = socket(AF_INET, SOCK_STREAM, 0);
  sockaddr_in to{};
  to.sin_family = AF_INET;
  to.sin_port = htons(parsed.port);
  inet_pton(AF_INET, parsed.host.c_str(), &to.sin_addr);
  std::string answer;
  if (connect(fd, reinterpret_cast<sockaddr*>(&to), sizeof(to)) == 0) {
    const std::string request =
        absl::StrCat("GET ", path, " HTTP/1.0\r\nHost: test\r\n\r\n");
    EXPECT_EQ(send(fd, request.data(), request.size(), 0),
              static_cast<ssize_t>(request.size()));
    std::array<char, 4096> chunk;
    ssize_t got = 0;
    while ((got = recv(fd, chunk.data(), chunk.size(), 0)) > 0) {
      answer.append(chunk.data(), static_cast<size_t>(got));
    }
  }
  close(fd);
  return answer;
}

TEST(MetricsServerTest, ServesEverySeriesAsText) {
  Registry registry;
  registry.AddCounters("mdrl_learner_tokens_total")
      .At({"trained"})
      .Increment(12);
  registry.AddGauge("mdrl_learner_loss").Set(-0.5);
  Histogram& staleness = registry.AddHistogram("mdrl_staleness_versions");
  staleness.Observe(1.0);
  staleness.Observe(99.0);
  const auto server = MetricsServer::Start("127.0.0.1:0", registry);
  ASSERT_TRUE(server.ok()) << server.status();

  const std::string page = Get((*server)->address(), "/metrics");

  EXPECT_THAT(page,
              HasSubstr("mdrl_learner_tokens_total{kind=\"trained\"} 12"));
  EXPECT_THAT(page, HasSubstr("mdrl_learner_tokens_total{kind=\"forward\"} 0"));
  EXPECT_THAT(page, HasSubstr("mdrl_learner_loss -0.5"));
  EXPECT_THAT(page, HasSubstr("# TYPE mdrl_staleness_versions histogram"));
  EXPECT_THAT(page, HasSubstr("mdrl_staleness_versions_bucket{le=\"0\"} 0"));
  EXPECT_THAT(page, HasSubstr("mdrl_staleness_versions_bucket{le=\"1\"} 1"));
  EXPECT_THAT(page, HasSubstr("mdrl_staleness_versions_bucket{le=\"+Inf\"} 2"));
  EXPECT_THAT(page, HasSubstr("mdrl_staleness_versions_count 2"));
  EXPECT_THAT(page, HasSubstr("mdrl_staleness_versions_sum 100"));
}

TEST(MetricsServerTest, SaysWhichProgramItIs) {
  Registry registry;
  Build build;
  build.version = "1.2.0";
  build.git = "9f3a";
  DescribeBuild(build, "none", registry);
  const auto server = MetricsServer::Start("127.0.0.1:0", registry);
  ASSERT_TRUE(server.ok()) << server.status();
  EXPECT_THAT(Get((*server)->address(), "/metrics"),
              HasSubstr("mdrl_build_info{version=\"1.2.0\",git=\"9f3a\""));
}

TEST(MetricsServerTest, ATakenPortIsSaidAndNotServed) {
  Registry registry;
  const auto first = MetricsServer::Start("127.0.0.1:0", registry);
  ASSERT_TRUE(first.ok()) << first.status();
  Registry other;
  const auto second = MetricsServer::Start((*first)->address(), other);
  EXPECT_EQ(ReasonOf(second.status()), reason::kPortInUse);
  EXPECT_THAT(std::string(second.status().message()),
              HasSubstr((*first)->address()));
}

TEST(MetricsServerTest, RefusesAddressesThatItCannotServe) {
  Registry registry;
  for (const char* listen :
       {"unix:/tmp/metrics.sock", "nowhere", "1.1.1.1:0"}) {
    const auto server = MetricsServer::Start(listen, registry);
    EXPECT_EQ(ReasonOf(server.status()), reason::kConfiguration) << listen;
    EXPECT_THAT(std::string(server.status().message()),
                HasSubstr("metrics.listen"));
  }
}

TEST(MetricsServerTest, RefusesMoreClosedSeriesThanAllowed) {
  Registry registry({.max_series = 1});
  registry.AddCounters("mdrl_leases_total");
  const auto server = MetricsServer::Start("127.0.0.1:0", registry);
  EXPECT_THAT(std::string(server.status().message()),
              HasSubstr("metrics.max_series"));
}

TEST(MetricsServerTest, FreesItsPortWhenItEnds) {
  Registry registry;
  std::string address;
  {
    const auto server = MetricsServer::Start("127.0.0.1:0", registry);
    ASSERT_TRUE(server.ok()) << server.status();
    address = (*server)->address();
  }
  EXPECT_EQ(Get(address, "/metrics"), "");
  const auto again = MetricsServer::Start(address, registry);
  EXPECT_TRUE(again.ok()) << again.status();
  EXPECT_THAT(Get(address, "/metrics"), Not(HasSubstr("mdrl_")));
}

}  // namespace
}  // namespace mdrl
