// Reading a truth: a JSON object with a few fields. For common/tasks only.
//
// Functions without state. InvalidArgument names the field.
#ifndef MDRL_COMMON_TASKS_TRUTH_JSON_H_
#define MDRL_COMMON_TASKS_TRUTH_JSON_H_

#include <nlohmann/json.hpp>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"

namespace mdrl {

absl::StatusOr<nlohmann::json> ParseTruthObject(std::string_view truth);

absl::StatusOr<std::string> TruthString(const nlohmann::json& object,
                                        const char* key);

}  // namespace mdrl

#endif  // MDRL_COMMON_TASKS_TRUTH_JSON_H_
