// Which required keys nobody set.
#ifndef MDRL_COMMON_CONFIG_MISSING_KEY_H_
#define MDRL_COMMON_CONFIG_MISSING_KEY_H_

#include <google/protobuf/message.h>

#include <string>
#include <vector>

namespace mdrl {

// The required keys below `message`, which stands at `key` (empty: the whole
// configuration), that have no value, in the order of the schema. Pure.
std::vector<std::string> MissingKeys(const google::protobuf::Message& message,
                                     const std::string& key);

}  // namespace mdrl

#endif  // MDRL_COMMON_CONFIG_MISSING_KEY_H_
