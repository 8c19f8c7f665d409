// Shows a canvas being filled: on a terminal in place, elsewhere a line per
// step.
//
// Not thread-safe: the decoding thread's.
#ifndef MDRL_COMMON_GENERATE_STEP_DISPLAY_H_
#define MDRL_COMMON_GENERATE_STEP_DISPLAY_H_

#include <cstdint>
#include <functional>
#include <ostream>
#include <span>
#include <string>
#include <vector>

namespace mdrl {

class StepDisplay {
 public:
  using TextOf = std::function<std::string(std::span<const int32_t> tokens)>;

  // `out` outlives it. `in_place`: it is a terminal, so each picture may
  // replace the one before.
  StepDisplay(std::ostream& out, bool in_place, TextOf text_of);

  // A new canvas of `positions`, all masked.
  void Begin(std::string title, uint32_t positions);
  // Position p of the canvas holds `token` from now on.
  void Reveal(uint32_t position, int32_t token);
  // Draws what there is.
  void Draw(uint32_t steps_done, uint32_t steps);

 private:
  // Known runs as text, each masked position as one sign.
  std::string Picture() const;

  std::ostream& out_;
  const bool in_place_;
  const TextOf text_of_;
  std::string title_;
  std::vector<int32_t> tokens_;  // -1: masked
};

}  // namespace mdrl

#endif  // MDRL_COMMON_GENERATE_STEP_DISPLAY_H_
