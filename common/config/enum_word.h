// An enum value as the configuration writes it: "block_random".
#ifndef MDRL_COMMON_CONFIG_ENUM_WORD_H_
#define MDRL_COMMON_CONFIG_ENUM_WORD_H_

#include <string>

#include "common/config/key_spec.h"
#include "google/protobuf/generated_enum_reflection.h"

namespace mdrl {

// REQUIRES: `value` is one of the enum's own.
template <typename Enum>
std::string Word(Enum value) {
  return EnumWord(
      *google::protobuf::GetEnumDescriptor<Enum>()->FindValueByNumber(value));
}

}  // namespace mdrl

#endif  // MDRL_COMMON_CONFIG_ENUM_WORD_H_
