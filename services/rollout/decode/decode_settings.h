// Which decode settings this build can carry out. Pure, thread-safe.
#ifndef MDRL_SERVICES_ROLLOUT_DECODE_DECODE_SETTINGS_H_
#define MDRL_SERVICES_ROLLOUT_DECODE_DECODE_SETTINGS_H_

#include "absl/status/status.h"
#include "common/model/model_config.h"
#include "common/record/lease.h"

namespace mdrl {

// InvalidArgument names the setting that cannot be and says what could;
// Unimplemented names what a later release will do.
absl::Status CheckDecodeSettings(const DecodeSettings& settings,
                                 const ModelConfig& model);

}  // namespace mdrl

#endif  // MDRL_SERVICES_ROLLOUT_DECODE_DECODE_SETTINGS_H_
