#include "common/net/address.h"

#include <string>

#include "common/base/error.h"
#include "gtest/gtest.h"

namespace mdrl {
namespace {

TEST(AddressTest, ReadsWhatItWrites) {
  for (const char* text : {"127.0.0.1:0", "[::1]:7070", "host.example:65535",
                           "unix:/run/a.sock", "unix:relative.sock"}) {
    const auto address = ParseAddress(text);
    ASSERT_TRUE(address.ok()) << address.status();
    EXPECT_EQ(address->ToString(), text);
  }
}

TEST(AddressTest, RefusesWhatIsNoAddress) {
  for (const std::string& text :
       {std::string(), std::string("host"), std::string(":1"),
        std::string("host:"), std::string("host:65536"), std::string("host:-1"),
        std::string("host: 1"), std::string("::1:7070"), std::string("unix:"),
        std::string("dns:///host:1"), "unix:" + std::string(108, 'x')}) {
    const auto address = ParseAddress(text);
    EXPECT_EQ(ReasonOf(address.status()), reason::kConfiguration) << text;
  }
}

TEST(AddressTest, KnowsWhatStaysOnTheMachine) {
  for (const char* text :
       {"127.0.0.1:1", "127.8.9.1:1", "[::1]:1", "localhost:1", "unix:/a"}) {
    EXPECT_TRUE(CheckLocal(*ParseAddress(text)).ok()) << text;
  }
  for (const char* text :
       {"0.0.0.0:1", "[::]:1", "10.0.0.1:1", "127.0.0.1.evil.example:1",
        "localhost.evil.example:1", "[::ffff:10.0.0.1]:1", "128.0.0.1:1"}) {
    EXPECT_EQ(ReasonOf(CheckLocal(*ParseAddress(text))),
              reason::kInsecureAddress)
        << text;
  }
}

}  // namespace
}  // namespace mdrl
