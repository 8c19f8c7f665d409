// A small forward whose result travels with every snapshot; the receiver
// repeats it before it serves the weights.
#ifndef MDRL_SERVICES_LEARNER_CANARY_H_
#define MDRL_SERVICES_LEARNER_CANARY_H_

#include "common/model/transformer.h"
#include "common/record/snapshot.h"

namespace mdrl {

// Sixteen ids spread over the vocabulary (fewer if the model is shorter), read
// at every position: the most likely token and its log-probability.
Canary MakeCanary(const Transformer& model);

}  // namespace mdrl

#endif  // MDRL_SERVICES_LEARNER_CANARY_H_
