// Messages as bytes that are the same for the same message, and back. Pure
// functions.
#ifndef MDRL_COMMON_WIRE_SERIALISE_H_
#define MDRL_COMMON_WIRE_SERIALISE_H_

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "google/protobuf/message_lite.h"

namespace mdrl {

// Maps in key order: fit for hashing within one build.
std::string Serialise(const google::protobuf::MessageLite& message);

// DataLoss naming `what` if `bytes` are no such message.
template <typename Message>
absl::StatusOr<Message> Parse(std::string_view bytes, std::string_view what) {
  Message message;
  constexpr size_t kMost = 0x7FFFFFFF;  // protobuf counts bytes in an int
  if (bytes.size() > kMost ||
      !message.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
    return absl::DataLossError(absl::StrCat("these ", bytes.size(),
                                            " bytes are no serialised ",
                                            std::string(what)));
  }
  return message;
}

}  // namespace mdrl

#endif  // MDRL_COMMON_WIRE_SERIALISE_H_
