// What every method but SPG holds alike: its settings, the advantage of its
// groups, and the law of its masks. A method adds needs() and Loss().
#ifndef MDRL_SERVICES_LEARNER_ALGORITHM_METHOD_H_
#define MDRL_SERVICES_LEARNER_ALGORITHM_METHOD_H_

#include <memory>
#include <utility>

#include "services/learner/algorithm/advantage.h"
#include "services/learner/algorithm/algorithm.h"

namespace mdrl {

template <typename OptionsOfMethod>
class Method : public Algorithm {
 public:
  using Options = OptionsOfMethod;

  Method(Options options, AdvantageFn advantage,
         std::unique_ptr<const CorruptionLaw> corruption)
      : options_(std::move(options)),
        advantage_(advantage),
        corruption_(std::move(corruption)) {}

  const CorruptionLaw& corruption() const final { return *corruption_; }
  at::Tensor Advantage(const at::Tensor& reward_B,
                       const at::Tensor& group_B) const final {
    return advantage_(reward_B, group_B);
  }

 protected:
  const Options options_;

 private:
  const AdvantageFn advantage_;
  const std::unique_ptr<const CorruptionLaw> corruption_;
};

}  // namespace mdrl

#endif  // MDRL_SERVICES_LEARNER_ALGORITHM_METHOD_H_
