// What the sandbox adds to a program's own time: from Start to the verdict of a
// program that does nothing, one at a time, the interpreters' start included.
//
//   sandbox_bench [RUNS]
#include <algorithm>
#include <cstdio>
#include <string_view>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/time/clock.h"
#include "services/reward/sandbox/launcher.h"
#include "services/reward/sandbox/sandbox.h"

int main(int argc, char** argv) {
  if (argc > 1 && std::string_view(argv[1]) == mdrl::kRunLauncher) {
    return mdrl::RunLauncher(argc, argv);
  }
  int runs = 500;
  if (argc > 1 && (!absl::SimpleAtoi(argv[1], &runs) || runs < 1)) {
    std::fprintf(stderr, "sandbox_bench [RUNS]\n");
    return 2;
  }
  const auto sandbox = mdrl::Sandbox::Create({});
  if (!sandbox.ok()) {
    std::fprintf(stderr, "%s\n", sandbox.status().ToString().c_str());
    return 1;
  }
  std::vector<double> took;  // milliseconds
  for (int i = 0; i < runs; ++i) {
    const absl::Time start = absl::Now();
    const auto result =
        (*sandbox)->Start({"def f(): return 1", "assert f() == 1", "f"}).Wait();
    if (!result.ok() || !result->all_passed()) {
      std::fprintf(stderr, "run %d did not pass\n", i);
      return 1;
    }
    took.push_back(absl::ToDoubleMilliseconds(absl::Now() - start));
  }
  std::sort(took.begin(), took.end());
  std::printf("%s: %d runs, p50 %.1f ms, p99 %.1f ms, most %.1f ms\n",
              (*sandbox)->name().c_str(), runs, took[runs / 2],
              took[runs * 99 / 100], took.back());
  return 0;
}
