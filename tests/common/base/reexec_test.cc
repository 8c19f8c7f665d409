#include "common/base/reexec.h"

#include <cstdlib>
#include <cstring>
#include <string>

#include "gtest/gtest.h"

namespace mdrl {
namespace {

TEST(ReexecTest, TheProgramRunsAgainWithTheVariable) {
  const char* value = std::getenv("MDRL_REEXEC_TEST");
  ASSERT_NE(value, nullptr);
  EXPECT_STREQ(value, "yes");
}

}  // namespace
}  // namespace mdrl

int main(int argc, char** argv) {
  const absl::Status status =
      mdrl::EnsureEnvironment("MDRL_REEXEC_TEST", "yes", argv);
  if (!status.ok()) return 1;
  ::testing::InitGoogleTest(&argc, argv);
  return RUN_ALL_TESTS();
}
