// Draws written down beforehand, per scope and sample, handed out in order.
#ifndef MDRL_TESTS_SERVICES_LEARNER_CORRUPTION_RECORDED_DRAWS_H_
#define MDRL_TESTS_SERVICES_LEARNER_CORRUPTION_RECORDED_DRAWS_H_

#include <cstdint>
#include <deque>
#include <map>
#include <utility>
#include <vector>

#include "common/base/log.h"
#include "services/learner/corruption/corruption_law.h"

namespace mdrl {

// A test's mistake (too few draws, another size) ends the test with a sentence.
class RecordedDraws final : public DrawSource {
 public:
  struct Line {
    std::deque<int> counts;
    std::deque<std::vector<int32_t>> permutations;
    // Uniforms are the first n of what is left.
    std::vector<float> uniforms;
    size_t used_uniforms = 0;
  };

  Line& At(Scope scope, int sample) {
    return lines_[{scope, scope == Scope::kSample ? sample : 0}];
  }
  // Numbers that no law has asked for.
  size_t left() const {
    size_t left = 0;
    for (const auto& [where, line] : lines_) {
      left += line.counts.size() + line.permutations.size();
    }
    return left;
  }

  void Open(Scope scope, int sample) override { line_ = &At(scope, sample); }
  int Between(int low, int high) override {
    MDRL_CHECK(!line_->counts.empty()) << "no count recorded";
    const int count = line_->counts.front();
    line_->counts.pop_front();
    MDRL_CHECK(low <= count && count <= high)
        << count << " is not in " << low << ".." << high;
    return count;
  }
  std::vector<float> Uniforms(int n) override {
    Line& line = *line_;
    MDRL_CHECK(line.used_uniforms + n <= line.uniforms.size())
        << "too few uniforms recorded";
    const auto first = line.uniforms.begin() + line.used_uniforms;
    line.used_uniforms += n;
    return std::vector<float>(first, first + n);
  }
  std::vector<int32_t> Permutation(int n) override {
    MDRL_CHECK(!line_->permutations.empty()) << "no permutation recorded";
    std::vector<int32_t> out = std::move(line_->permutations.front());
    line_->permutations.pop_front();
    MDRL_CHECK(static_cast<int>(out.size()) == n)
        << "a permutation of " << out.size() << ", asked for " << n;
    return out;
  }

 private:
  std::map<std::pair<Scope, int>, Line> lines_;
  Line* line_ = nullptr;
};

}  // namespace mdrl

#endif  // MDRL_TESTS_SERVICES_LEARNER_CORRUPTION_RECORDED_DRAWS_H_
