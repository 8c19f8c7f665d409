// Writes a safetensors file tensor by tensor, for weights that are not in
// memory all at once. Same layout and same bytes as WriteSafetensors().
//
//   MDRL_ASSIGN_OR_RETURN(auto writer, SafetensorsWriter::Create(path, tensors,
//                                                                metadata));
//   for (const TensorDescription& tensor : writer->order()) {
//     MDRL_RETURN_IF_ERROR(writer->Append(BytesOf(tensor)));
//   }
//   return writer->Finish();
//
// One thread at a time. The file appears with Finish(), or never.
#ifndef MDRL_COMMON_FORMAT_SAFETENSORS_WRITER_H_
#define MDRL_COMMON_FORMAT_SAFETENSORS_WRITER_H_

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "common/format/file.h"
#include "common/format/safetensors.h"

namespace mdrl {

struct TensorDescription {
  std::string name;
  std::string dtype;
  std::vector<uint64_t> shape;
};

class SafetensorsWriter {
 public:
  // Writes the header. InvalidArgument: unknown dtype, a shape that overflows,
  // duplicate name.
  static absl::StatusOr<std::unique_ptr<SafetensorsWriter>> Create(
      const std::filesystem::path& path,
      std::span<const TensorDescription> tensors,
      const SafetensorsMetadata& metadata);

  // The tensors as they follow each other in the file.
  const std::vector<TensorDescription>& order() const { return order_; }

  // The next bytes, in that order; a tensor may come in parts.
  // InvalidArgument: more than the shapes hold.
  absl::Status Append(std::string_view bytes);

  // InvalidArgument: bytes are missing.
  absl::Status Finish();

 private:
  SafetensorsWriter(std::unique_ptr<AtomicFile> file,
                    std::vector<TensorDescription> order, uint64_t bytes);

  const std::unique_ptr<AtomicFile> file_;
  const std::vector<TensorDescription> order_;
  uint64_t missing_;  // bytes
};

// Bytes that a described tensor takes, or why there is no such number, naming
// it.
absl::StatusOr<uint64_t> BytesOf(const TensorDescription& tensor);

}  // namespace mdrl

#endif  // MDRL_COMMON_FORMAT_SAFETENSORS_WRITER_H_
