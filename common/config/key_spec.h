// What the descriptor says of a configuration key.
#ifndef MDRL_COMMON_CONFIG_KEY_SPEC_H_
#define MDRL_COMMON_CONFIG_KEY_SPEC_H_

#include <google/protobuf/descriptor.h>

#include <string>

#include "mdrl/config/v1/key.pb.h"

namespace mdrl {

// Default, limits, mark, ... as written beside the field.
const config::v1::Key& KeySpec(const google::protobuf::FieldDescriptor& field);

bool IsDuration(const google::protobuf::FieldDescriptor& field);

// A section, or an element of a list of sections: it has keys of its own.
bool IsSection(const google::protobuf::FieldDescriptor& field);

// "low_confidence" of Reveal's LOW_CONFIDENCE, "debug" of Level's LEVEL_DEBUG:
// how an enum value is written. Empty for the unspecified one.
std::string EnumWord(const google::protobuf::EnumValueDescriptor& value);

// What a value of this key looks like: "a whole number", "one of load, random".
std::string ExpectedText(const google::protobuf::FieldDescriptor& field);

// "schedule.order" of "schedule" and "order"; the name alone at the top.
std::string KeyBelow(const std::string& key, const std::string& name);

}  // namespace mdrl

#endif  // MDRL_COMMON_CONFIG_KEY_SPEC_H_
