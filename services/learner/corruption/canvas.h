// The steps that several laws share: a clean copy, perturbed clean tokens, what
// is scored.
#ifndef MDRL_SERVICES_LEARNER_CORRUPTION_CANVAS_H_
#define MDRL_SERVICES_LEARNER_CORRUPTION_CANVAS_H_

#include <cstdint>
#include <span>

#include "services/learner/corruption/corruption_law.h"

namespace mdrl {

// Bounds of a mask count, as shares of the positions it is drawn from.
struct MaskRatio {
  double low = 0.0;
  double high = 1.0;
};

// Prompt and completion as they are: nothing masked, nothing scored, weight 0.
Sample CleanSample(std::span<const int32_t> prompt_tokens,
                   const Completion& completion);

// One copy of prompt and completion while a law masks it. Positions are
// counted from the start of the prompt in Perturb and from the start of the
// canvas elsewhere. Not thread-safe.
class Canvas {
 public:
  Canvas(std::span<const int32_t> prompt_tokens, const Completion& completion,
         int32_t mask_id);

  // n: positions up to and including the first EOS.
  int effective_tokens() const { return n_; }
  int canvas_tokens() const { return length_; }
  int prompt_tokens() const { return prompt_; }

  // Masks canvas positions first..last-1.
  void Mask(int first, int last);
  // Masks a uniform subset of first..first+size-1; its size is uniform on
  // max(floor(size * low), 1)..min(floor(size * high), size). One count, one
  // permutation; nothing for size 0.
  void MaskRandomCount(int first, int size, MaskRatio ratio, DrawSource& draws);
  // Masks a uniform subset of `count` of first..first+size-1. One permutation.
  void MaskSubset(int first, int size, int count, DrawSource& draws);
  // Masks each of the first `count` positions of prompt and canvas with
  // `probability`. One uniform for each; no draw at all for probability 0.
  void Perturb(int count, double probability, DrawSource& draws);

  // Scored: holds the mask token and lies at i <= n. Decided from the token,
  // so a completion that wrote the mask token itself is scored there, as the
  // published code does. The weight is n / |scored|.
  Sample Finish() &&;
  // Scores canvas positions first..last-1 alone.
  Sample FinishWithin(int first, int last) &&;

 private:
  Sample sample_;
  int32_t mask_id_;
  int prompt_;
  int length_;
  int n_;
};

}  // namespace mdrl

#endif  // MDRL_SERVICES_LEARNER_CORRUPTION_CANVAS_H_
