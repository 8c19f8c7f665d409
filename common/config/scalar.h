// The text of one scalar into one field: words, numbers, durations, sizes and
// their limits.
#ifndef MDRL_COMMON_CONFIG_SCALAR_H_
#define MDRL_COMMON_CONFIG_SCALAR_H_

#include <google/protobuf/message.h>

#include <string>

#include "absl/status/status.h"

namespace mdrl {

// `text` in quotes, cut short: a paragraph in place of a number would hide the
// sentence around it.
std::string QuotedText(const std::string& text);

// Sets a singular field, appends to a repeated one. `quoted`: the text stood in
// quotes, which makes it a text even if it looks like a number.
// InvalidArgument says what is wrong and what would be right, not where.
absl::Status PutScalarText(const std::string& text, bool quoted,
                           const google::protobuf::FieldDescriptor& field,
                           google::protobuf::Message* message);

}  // namespace mdrl

#endif  // MDRL_COMMON_CONFIG_SCALAR_H_
