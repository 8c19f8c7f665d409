// The safetensors format: reader over a memory map, writer with the layout of
// the reference library (byte-identical files).
//
// Layout: u64 header length (little endian), that many bytes of JSON, one
// buffer of tensors without holes or overlaps. A file is hostile input: every
// number in it is checked before use, and duplicate keys are refused.
#ifndef MDRL_COMMON_FORMAT_SAFETENSORS_H_
#define MDRL_COMMON_FORMAT_SAFETENSORS_H_

#include <cstdint>
#include <filesystem>
#include <map>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/format/safetensors_header.h"

namespace mdrl {

// One tensor of an open file. `bytes` is row-major, little endian, and NOT
// necessarily aligned for its dtype: copy, do not cast the pointer.
struct TensorView {
  std::string dtype;  // "F32", "BF16", "I64", ...
  std::vector<uint64_t> shape;
  std::string_view bytes;
};

// An open file. Immutable: readable from any thread. Views stay valid as long
// as the object; the file must not be truncated while it is open.
class SafetensorsFile {
 public:
  // NotFound: no such file. InvalidArgument: the file breaks the format; the
  // message names the file, the tensor and the rule.
  static absl::StatusOr<std::unique_ptr<SafetensorsFile>> Open(
      const std::filesystem::path& path);
  ~SafetensorsFile();
  SafetensorsFile(const SafetensorsFile&) = delete;
  SafetensorsFile& operator=(const SafetensorsFile&) = delete;

  const std::vector<std::string>& names() const { return names_; }  // sorted
  bool Contains(std::string_view name) const;
  // NotFound names the file and the tensor.
  absl::StatusOr<TensorView> Find(std::string_view name) const;
  // Lets go of the memory that reading this file's bytes has taken: they are
  // read again from the disk when they are next looked at. For one pass over
  // a file that is larger than memory.
  void DropPages() const;
  const std::map<std::string, std::string>& metadata() const {
    return header_.metadata;
  }
  const std::filesystem::path& path() const { return path_; }

 private:
  SafetensorsFile(std::filesystem::path path, const char* map, size_t size);
  absl::Status ReadHeader();

  const std::filesystem::path path_;
  const char* const map_;  // the whole file; owned
  const size_t size_;
  std::string_view buffer_;
  SafetensorsHeader header_;
  std::vector<std::string> names_;
};

struct TensorToWrite {
  std::string name;
  std::string dtype;
  std::vector<uint64_t> shape;
  std::string_view bytes;  // must outlive the call
};

using SafetensorsMetadata = std::map<std::string, std::string>;

// The file's bytes. Tensors are ordered by dtype (widest first), then name,
// and the header is padded with spaces to a multiple of 8. `metadata` empty:
// no __metadata__; files for transformers carry {"format":"pt"}.
// InvalidArgument: unknown dtype, size other than shape says, duplicate name.
absl::StatusOr<std::string> SerializeSafetensors(
    std::span<const TensorToWrite> tensors,
    const SafetensorsMetadata& metadata);

// The same, to `path`: atomically and synced (file.h), without a second copy of
// the tensors.
absl::Status WriteSafetensors(const std::filesystem::path& path,
                              std::span<const TensorToWrite> tensors,
                              const SafetensorsMetadata& metadata);

}  // namespace mdrl

#endif  // MDRL_COMMON_FORMAT_SAFETENSORS_H_
