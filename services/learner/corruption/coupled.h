// `coupled`: a random subset of the whole canvas and its complement, each with
// the weight that makes their mean an ELBO (ESPO, arXiv 2512.03759).
#ifndef MDRL_SERVICES_LEARNER_CORRUPTION_COUPLED_H_
#define MDRL_SERVICES_LEARNER_CORRUPTION_COUPLED_H_

#include <cstdint>
#include <span>
#include <vector>

#include "services/learner/corruption/corruption_law.h"

namespace mdrl {

// Pair m of completion r of a group of G masks k = k0 + r (L + 1) / G, rounded
// and wrapped into 0..L, of the canvas's L positions; k0 is the pair's, drawn
// once for the group. Two samples: those k positions, weight (L + 1) / k, and
// the L - k others, weight (L + 1) / (L - k); weight 0 for an empty one.
//
// The tail after n is ordinary text and is scored; the prompt stays clean.
// The published code spreads the counts over the rows that share a batch;
// here they belong to the group, whatever the batch.
class CoupledLaw final : public CorruptionLaw {
 public:
  struct Options {
    int32_t mask_id = 0;
    int pairs = 2;
  };
  explicit CoupledLaw(Options options) : options_(options) {}
  std::vector<Sample> Draw(std::span<const int32_t> prompt_tokens,
                           const Completion& completion, const Place& place,
                           DrawSource& draws) const override;

 private:
  Options options_;
};

}  // namespace mdrl

#endif  // MDRL_SERVICES_LEARNER_CORRUPTION_COUPLED_H_
