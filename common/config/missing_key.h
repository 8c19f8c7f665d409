// Which required key nobody set.
#ifndef MDRL_COMMON_CONFIG_MISSING_KEY_H_
#define MDRL_COMMON_CONFIG_MISSING_KEY_H_

#include <google/protobuf/message.h>

#include <string>

namespace mdrl {

// The first required key below `message`, which stands at `key` (empty: the
// whole configuration), that has no value; empty if there is none. Pure.
std::string MissingKey(const google::protobuf::Message& message,
                       const std::string& key);

}  // namespace mdrl

#endif  // MDRL_COMMON_CONFIG_MISSING_KEY_H_
