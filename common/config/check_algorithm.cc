#include "common/config/check_algorithm.h"

#include <algorithm>
#include <limits>
#include <span>
#include <string>
#include <string_view>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/config/check_config.h"
#include "common/config/enum_word.h"
#include "common/config/method_names.h"
#include "common/config/value_text.h"

namespace mdrl {
namespace {

using config::v1::Algorithm;
using config::v1::Run;
using Findings = std::vector<ConfigFinding>;
using Kind = Algorithm::Corruption::Kind;

constexpr Kind kBlocks[] = {
    Algorithm::Corruption::BLOCK_RANDOM, Algorithm::Corruption::BLOCK_ALL,
    Algorithm::Corruption::RANDOM, Algorithm::Corruption::ALL,
    Algorithm::Corruption::DECODE_STATES};
constexpr Kind kAll[] = {Algorithm::Corruption::ALL};
constexpr Kind kRandom[] = {Algorithm::Corruption::RANDOM};
constexpr Kind kRandomFirst[] = {Algorithm::Corruption::RANDOM,
                                 Algorithm::Corruption::BLOCK_RANDOM,
                                 Algorithm::Corruption::BLOCK_ALL};
constexpr Kind kSuffixBlock[] = {Algorithm::Corruption::SUFFIX_BLOCK};
constexpr Kind kCoupled[] = {Algorithm::Corruption::COUPLED};
constexpr Kind kDecodeStates[] = {Algorithm::Corruption::DECODE_STATES};
constexpr Kind kLeftToRight[] = {Algorithm::Corruption::LEFT_TO_RIGHT};

struct Method {
  std::string_view name;
  std::span<const Kind> kinds;  // that it is defined for; its own first
  // It scores positions behind the first EOS, which must have been decoded.
  bool scores_the_tail = false;
};

constexpr Method kMethods[] = {
    {"spg", kBlocks},
    {"bgpo", kRandom},
    {"diffu_grpo", kAll},
    {"wd1", kAll},
    {"unigrpo", kRandomFirst},
    {"rspo", kRandomFirst},
    {"dtm", kSuffixBlock, true},
    {"espo", kCoupled, true},
    {"tracerl", kDecodeStates},
    {"justgrpo", kLeftToRight, true},
};

std::string UnknownMethod(const std::string& name) {
  std::string_view nearest;
  size_t least = std::numeric_limits<size_t>::max();
  for (const Method& method : kMethods) {
    const size_t distance = EditDistance(name, method.name);
    if (distance < least) nearest = method.name;
    least = std::min(least, distance);
  }
  return absl::StrCat("\"", name, "\" is unknown; did you mean ",
                      std::string(nearest), "? There are ",
                      absl::StrJoin(MethodNames(), ", "));
}

void CheckCorruption(const Method& method, const Algorithm& algorithm,
                     Findings* out) {
  const Algorithm::Corruption& corruption = algorithm.corruption();
  const Kind kind =
      corruption.has_kind() ? corruption.kind() : method.kinds.front();
  if (std::find(method.kinds.begin(), method.kinds.end(), kind) ==
      method.kinds.end()) {
    const auto append = [](std::string* to, Kind k) { to->append(Word(k)); };
    out->push_back({"algorithm.corruption.kind",
                    absl::StrCat(Word(kind), " is not for ", algorithm.name(),
                                 "; it takes ",
                                 absl::StrJoin(method.kinds, ", ", append))});
    return;
  }
  if (kind == Algorithm::Corruption::ALL && algorithm.samples() > 1) {
    out->push_back({"algorithm.samples",
                    absl::StrCat(algorithm.samples(),
                                 " samples would be equal with corruption "
                                 "kind all; use 1")});
  }
  if (kind >= Algorithm::Corruption::DECODE_STATES && algorithm.has_samples()) {
    out->push_back({"algorithm.samples",
                    absl::StrCat("follows from the canvas with corruption "
                                 "kind ",
                                 Word(kind), "; leave it out")});
  }
  if (corruption.score_block_only() &&
      kind != Algorithm::Corruption::BLOCK_RANDOM) {
    out->push_back({"algorithm.corruption.score_block_only",
                    "is for corruption kind block_random"});
  }
  if (algorithm.unigrpo().sweep() && kind != Algorithm::Corruption::RANDOM) {
    out->push_back(
        {"algorithm.unigrpo.sweep", "is for corruption kind random"});
  }
  if (corruption.ratio(0) > corruption.ratio(1)) {
    out->push_back(
        {"algorithm.corruption.ratio", "the smaller share comes first"});
  }
}

}  // namespace

std::vector<std::string> MethodNames() {
  std::vector<std::string> names;
  for (const Method& method : kMethods) names.emplace_back(method.name);
  return names;
}

void CheckAlgorithm(const Run& run, Findings* out) {
  const Algorithm& algorithm = run.algorithm();
  const auto method =
      std::find_if(std::begin(kMethods), std::end(kMethods),
                   [&](const Method& m) { return m.name == algorithm.name(); });
  if (method == std::end(kMethods)) {
    out->push_back({"algorithm.name", UnknownMethod(algorithm.name())});
    return;
  }
  CheckCorruption(*method, algorithm, out);
  if (method->scores_the_tail && run.rollout().decode().stop_at_eos()) {
    out->push_back({"rollout.decode.stop_at_eos",
                    absl::StrCat("must be false: ", algorithm.name(),
                                 " scores the tail behind the first EOS")});
  }
  if (algorithm.name() == "justgrpo" &&
      run.rollout().decode().block_tokens() != 1) {
    out->push_back({"rollout.decode.block_tokens",
                    "must be 1: justgrpo scores a canvas that was written "
                    "from left to right"});
  }
  if (algorithm.name() == "dtm") {
    if (algorithm.has_advantage()) {
      out->push_back({"algorithm.advantage",
                      "is not for dtm: it weighs by the reward itself"});
    }
    if (run.schedule().max_staleness() > 0) {
      out->push_back({"schedule.max_staleness",
                      "must be 0: dtm learns from its teacher's own draws, "
                      "and the teacher is the policy at the round's start"});
    }
  }
}

uint64_t SamplesPerCompletion(const Run& run) {
  const Algorithm& algorithm = run.algorithm();
  const config::v1::Decode& decode = run.rollout().decode();
  const std::string& name = algorithm.name();
  if (name == "justgrpo") return decode.canvas_tokens();
  if (name == "tracerl") {
    const uint64_t merge = algorithm.tracerl().merge();
    return (decode.decode_steps() + merge - 1) / merge;
  }
  if (algorithm.corruption().kind() == Algorithm::Corruption::DECODE_STATES) {
    return decode.decode_steps();
  }
  const uint64_t each = name == "espo" ? 2 : 1;
  if (algorithm.has_samples()) return each * algorithm.samples();
  if (name == "bgpo") return 16;
  const bool all = algorithm.corruption().kind() == Algorithm::Corruption::ALL;
  return (name == "spg" && !all) || name == "espo" ? each * 2 : 1;
}

}  // namespace mdrl
