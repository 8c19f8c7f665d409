// Numbers of a model's architecture and its special ids. A plain value, no
// Torch.
#ifndef MDRL_COMMON_MODEL_MODEL_CONFIG_H_
#define MDRL_COMMON_MODEL_MODEL_CONFIG_H_

#include "common/format/hf_config.h"

namespace mdrl {

// What config.json says is all a model needs to know about itself.
using ModelConfig = LladaConfig;

}  // namespace mdrl

#endif  // MDRL_COMMON_MODEL_MODEL_CONFIG_H_
