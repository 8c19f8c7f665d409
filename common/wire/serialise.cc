#include "common/wire/serialise.h"

#include "common/base/log.h"
#include "google/protobuf/io/coded_stream.h"
#include "google/protobuf/io/zero_copy_stream_impl_lite.h"

namespace mdrl {

std::string Serialise(const google::protobuf::MessageLite& message) {
  std::string bytes;
  bytes.reserve(message.ByteSizeLong());
  google::protobuf::io::StringOutputStream stream(&bytes);
  google::protobuf::io::CodedOutputStream coded(&stream);
  coded.SetSerializationDeterministic(true);
  MDRL_CHECK(message.SerializeToCodedStream(&coded))
      << "a message of ours beyond 2 GiB";
  coded.Trim();
  return bytes;
}

}  // namespace mdrl
