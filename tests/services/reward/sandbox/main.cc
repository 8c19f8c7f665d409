// The sandbox starts its launcher from this program's own file.
#include <gmock/gmock.h>

#include <string_view>

#include "services/reward/sandbox/launcher.h"

int main(int argc, char** argv) {
  if (argc > 1 && std::string_view(argv[1]) == mdrl::kRunLauncher) {
    return mdrl::RunLauncher(argc, argv);
  }
  testing::InitGoogleMock(&argc, argv);
  return RUN_ALL_TESTS();
}
