// Which method goes with which canvases, samples and decoding.
#ifndef MDRL_COMMON_CONFIG_CHECK_ALGORITHM_H_
#define MDRL_COMMON_CONFIG_CHECK_ALGORITHM_H_

#include <cstdint>
#include <vector>

#include "mdrl/config/v1/run.pb.h"

namespace mdrl {

struct ConfigFinding;

// Adds what is wrong with the section `algorithm` and with what it asks of the
// sections `rollout` and `schedule`. Pure.
void CheckAlgorithm(const config::v1::Run& run,
                    std::vector<ConfigFinding>* findings);

// Canvases that a step scores each completion on: algorithm.samples, or the
// method's own number; two for each of espo's pairs, for justgrpo as many as
// the canvas has, and one for each (tracerl: each merged) step of the decoder
// with decode_states. Pure.
uint64_t SamplesPerCompletion(const config::v1::Run& run);

}  // namespace mdrl

#endif  // MDRL_COMMON_CONFIG_CHECK_ALGORITHM_H_
