// The names that algorithm.name takes. Apart from check_algorithm.h, so that
// who compares them with the learner's registry needs no protobuf.
#ifndef MDRL_COMMON_CONFIG_METHOD_NAMES_H_
#define MDRL_COMMON_CONFIG_METHOD_NAMES_H_

#include <string>
#include <vector>

namespace mdrl {

// In the order in which errors list them. Pure.
std::vector<std::string> MethodNames();

}  // namespace mdrl

#endif  // MDRL_COMMON_CONFIG_METHOD_NAMES_H_
