#include "common/policy/chunk_codec.h"

#include <algorithm>
#include <cstring>
#include <limits>
#include <optional>
#include <span>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "common/base/log.h"
#include "common/base/status_macros.h"
#include "grpcpp/support/slice.h"

namespace mdrl {
namespace {

constexpr uint8_t kIndexTag = (1 << 3) | 0;  // varint
constexpr uint8_t kDataTag = (2 << 3) | 2;   // length-delimited

void PutVarint(std::string& out, uint64_t value) {
  for (; value >= 0x80; value >>= 7) {
    out += static_cast<char>((value & 0x7F) | 0x80);
  }
  out += static_cast<char>(value);
}

void DropSnapshot(void* held) {
  delete static_cast<std::shared_ptr<const Snapshot>*>(held);
}

// Reads the slices of one message as one run of bytes: the header, too, may
// straddle them.
class SliceCursor {
 public:
  explicit SliceCursor(const std::vector<grpc::Slice>& slices)
      : slices_(slices) {
    for (const grpc::Slice& slice : slices) left_ += slice.size();
  }

  size_t left() const { return left_; }

  std::optional<uint8_t> Byte() {
    uint8_t byte = 0;
    if (left_ == 0) return std::nullopt;
    Copy(reinterpret_cast<char*>(&byte), 1);
    return byte;
  }

  // nullopt if the bytes end first or it needs more than 64 bits.
  std::optional<uint64_t> Varint() {
    uint64_t value = 0;
    for (int shift = 0; shift < 64; shift += 7) {
      const std::optional<uint8_t> byte = Byte();
      if (!byte.has_value()) return std::nullopt;
      if (shift == 63 && *byte > 1) return std::nullopt;
      value |= uint64_t{*byte & 0x7Fu} << shift;
      if (*byte < 0x80) return value;
    }
    return std::nullopt;
  }

  // REQUIRES: size <= left().
  void Copy(char* out, size_t size) {
    left_ -= size;
    while (size > 0) {
      const grpc::Slice& slice = slices_[at_];
      const size_t part = std::min(size, slice.size() - offset_);
      // An empty slice may have no address.
      if (part > 0) std::memcpy(out, slice.begin() + offset_, part);
      out += part;
      size -= part;
      offset_ += part;
      if (offset_ == slice.size()) {
        ++at_;
        offset_ = 0;
      }
    }
  }

 private:
  const std::vector<grpc::Slice>& slices_;
  size_t at_ = 0;      // slice
  size_t offset_ = 0;  // in it
  size_t left_ = 0;
};

}  // namespace

grpc::ByteBuffer EncodeChunk(std::shared_ptr<const Snapshot> snapshot,
                             uint32_t index) {
  const Manifest& manifest = snapshot->manifest;
  MDRL_CHECK(index < manifest.chunk_xxh3_128.size()) << index;
  const uint64_t offset = uint64_t{index} * manifest.chunk_bytes;
  const size_t size =
      std::min<uint64_t>(manifest.chunk_bytes, snapshot->bytes.size() - offset);
  std::string header;
  if (index != 0) {  // protobuf leaves a zero out
    header += static_cast<char>(kIndexTag);
    PutVarint(header, index);
  }
  header += static_cast<char>(kDataTag);
  PutVarint(header, size);
  char* payload = const_cast<char*>(snapshot->bytes.data()) + offset;
  const grpc::Slice slices[2] = {
      grpc::Slice(header),
      grpc::Slice(payload, size, &DropSnapshot,
                  new std::shared_ptr<const Snapshot>(std::move(snapshot)))};
  return grpc::ByteBuffer(slices, 2);
}

absl::Status DecodeChunk(const grpc::ByteBuffer& message, ChunkSink& sink) {
  std::vector<grpc::Slice> slices;
  if (!message.Valid() || !message.Dump(&slices).ok()) {
    return absl::InvalidArgumentError("a chunk message without bytes");
  }
  SliceCursor cursor(slices);
  uint64_t index = 0;
  std::optional<uint64_t> tag = cursor.Varint();
  if (tag == kIndexTag) {
    const std::optional<uint64_t> value = cursor.Varint();
    if (!value.has_value() || *value > std::numeric_limits<uint32_t>::max()) {
      return absl::InvalidArgumentError("a chunk whose index is no uint32");
    }
    index = *value;
    tag = cursor.Varint();
  }
  if (tag != kDataTag) {
    return absl::InvalidArgumentError(
        absl::StrCat("chunk ", index, ": its data does not follow its index"));
  }
  const std::optional<uint64_t> size = cursor.Varint();
  if (!size.has_value() || *size != cursor.left()) {
    return absl::InvalidArgumentError(
        absl::StrCat("chunk ", index, ": ", cursor.left(),
                     " bytes are here, its length says ",
                     size.has_value() ? absl::StrCat(*size) : "nothing"));
  }
  MDRL_ASSIGN_OR_RETURN(const std::span<char> room,
                        sink.Place(static_cast<uint32_t>(index), *size));
  if (room.size() != *size) {
    return absl::InternalError("room for a chunk has another size");
  }
  cursor.Copy(room.data(), *size);
  return sink.Accept(static_cast<uint32_t>(index));
}

}  // namespace mdrl
