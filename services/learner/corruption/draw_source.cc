#include "services/learner/corruption/draw_source.h"

#include <algorithm>
#include <numeric>

#include "common/base/log.h"

namespace mdrl {
namespace {

constexpr uint32_t kOnceForTheGroup = (1u << 24) - 1;
constexpr uint32_t kOnceForTheRound = (1u << 16) - 1;

PhiloxSequence CorruptionSequence(uint64_t key, uint32_t c1, uint32_t c2,
                                  uint32_t low) {
  return PhiloxSequence(key, Stream::kCorruption, c1, c2, low);
}

}  // namespace

int SequenceDraws::Between(int low, int high) {
  MDRL_CHECK(low <= high) << "an empty range: " << low << ".." << high;
  const uint32_t word = sequence_.At(next_++);
  return low + static_cast<int>(
                   PhiloxBelow(word, static_cast<uint32_t>(high - low + 1)));
}

std::vector<float> SequenceDraws::Uniforms(int n) {
  std::vector<uint32_t> words(n);
  sequence_.Fill(next_, words);
  next_ += n;
  std::vector<float> out(n);
  std::transform(words.begin(), words.end(), out.begin(), PhiloxUniform);
  return out;
}

std::vector<int32_t> SequenceDraws::Permutation(int n) {
  std::vector<uint32_t> words(n);
  sequence_.Fill(next_, words);
  next_ += n;
  std::vector<int32_t> order(n);
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(), [&words](int32_t a, int32_t b) {
    return words[a] < words[b];
  });
  return order;
}

PhiloxDraws::PhiloxDraws(uint64_t key, uint32_t use, const Place& place)
    : SequenceDraws(CorruptionSequence(key, 0, 0, 0)),
      key_(key),
      use_(use),
      step_(static_cast<uint32_t>(place.step_in_round)),
      completion_(static_cast<uint32_t>(place.completion)) {
  MDRL_CHECK(use < (1u << 16) && place.step_in_round >= 0 &&
             step_ < kOnceForTheRound)
      << "use and step share one counter word";
  MDRL_CHECK(completion_ < kOnceForTheGroup) << "a group too large";
  Open(Scope::kCompletion, 0);
}

void PhiloxDraws::Open(Scope scope, int sample) {
  const uint32_t c1 =
      scope == Scope::kSample ? static_cast<uint32_t>(sample) + 1 : 0;
  const uint32_t low = scope == Scope::kGroup ? kOnceForTheGroup : completion_;
  const uint32_t step = scope == Scope::kRound ? kOnceForTheRound : step_;
  Restart(CorruptionSequence(key_, c1, (use_ << 16) + step, low));
}

}  // namespace mdrl
