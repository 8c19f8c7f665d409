// Policies that answer beside the one that is trained, as constants.
#ifndef MDRL_SERVICES_LEARNER_UPDATE_FROZEN_H_
#define MDRL_SERVICES_LEARNER_UPDATE_FROZEN_H_

#include "common/model/transformer.h"

namespace mdrl {

// `model` as it is now: copies of what is trained, everything else shared.
Transformer Frozen(const Transformer& model);

// The policy that `model` is held against: the base without the adapter, which
// costs nothing; without an adapter a copy of the present weights, so it must
// be taken before the first update.
Transformer ReferenceOf(const Transformer& model);
bool ReferenceIsCopy(const Transformer& model);

}  // namespace mdrl

#endif  // MDRL_SERVICES_LEARNER_UPDATE_FROZEN_H_
