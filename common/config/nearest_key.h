// Which key somebody may have meant.
#ifndef MDRL_COMMON_CONFIG_NEAREST_KEY_H_
#define MDRL_COMMON_CONFIG_NEAREST_KEY_H_

#include <google/protobuf/descriptor.h>

#include <string>
#include <string_view>

namespace mdrl {

// What to say of `name`, which `section` (at `prefix`, empty at the top) does
// not have: "unknown key; did you mean optimizer.lr?", or the section's keys
// when nothing is near. Keys of every section of `root` count, those of
// `section` first, and so do the words other programs use (key.proto).
std::string UnknownKey(const google::protobuf::Descriptor& root,
                       const google::protobuf::Descriptor& section,
                       std::string_view prefix, std::string_view name);

}  // namespace mdrl

#endif  // MDRL_COMMON_CONFIG_NEAREST_KEY_H_
