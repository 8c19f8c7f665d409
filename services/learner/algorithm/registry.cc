#include "services/learner/algorithm/registry.h"

#include <string_view>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "services/learner/algorithm/bgpo.h"
#include "services/learner/algorithm/diffu_grpo.h"
#include "services/learner/algorithm/dtm.h"
#include "services/learner/algorithm/espo.h"
#include "services/learner/algorithm/justgrpo.h"
#include "services/learner/algorithm/rspo.h"
#include "services/learner/algorithm/spg.h"
#include "services/learner/algorithm/tracerl.h"
#include "services/learner/algorithm/unigrpo.h"
#include "services/learner/algorithm/wd1.h"

namespace mdrl {
namespace {

struct Entry {
  std::string_view name;
  AlgorithmOr (*make)(const AlgorithmSettings&);
};

constexpr Entry kAlgorithms[] = {
    {"spg", MakeSpg},
    {"bgpo", MakeBgpo},
    {"diffu_grpo", MakeDiffuGrpo},
    {"wd1", MakeWd1},
    {"unigrpo", MakeUniGrpo},
    {"rspo", MakeRspo},
    {"dtm", MakeDtm},
    {"espo", MakeEspo},
    {"tracerl", MakeTraceRl},
    {"justgrpo", MakeJustGrpo},
};

}  // namespace

std::vector<std::string> AlgorithmNames() {
  std::vector<std::string> names;
  for (const Entry& entry : kAlgorithms) names.emplace_back(entry.name);
  return names;
}

AlgorithmOr MakeAlgorithm(const AlgorithmSettings& settings) {
  std::string known;
  for (const Entry& entry : kAlgorithms) {
    if (entry.name == settings.name) return entry.make(settings);
    absl::StrAppend(&known, known.empty() ? "" : ", ", std::string(entry.name));
  }
  return absl::InvalidArgumentError(absl::StrCat(
      "algorithm.name \"", settings.name, "\" is unknown; there are ", known));
}

}  // namespace mdrl
