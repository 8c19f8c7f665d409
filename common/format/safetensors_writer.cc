#include "common/format/safetensors_writer.h"

#include <algorithm>
#include <nlohmann/json.hpp>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/base/status_macros.h"

namespace mdrl {
namespace {

std::string Quoted(const std::string& text) {
  return nlohmann::json(text).dump(-1, ' ', false,
                                   nlohmann::json::error_handler_t::replace);
}

// The length and the padded header, and the places of the tensors that follow.
struct Layout {
  std::string head;
  std::vector<size_t> order;
  uint64_t bytes = 0;  // behind the header
};

absl::Status CheckNames(std::span<const TensorDescription> tensors) {
  std::vector<std::string_view> names;
  for (const TensorDescription& tensor : tensors) {
    if (tensor.name == kSafetensorsMetadataKey) {
      return absl::InvalidArgumentError("a tensor named __metadata__");
    }
    names.push_back(tensor.name);
  }
  std::sort(names.begin(), names.end());
  const auto twice = std::adjacent_find(names.begin(), names.end());
  if (twice == names.end()) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("tensor \"", std::string(*twice), "\": duplicate name"));
}

absl::StatusOr<Layout> MakeLayout(std::span<const TensorDescription> tensors,
                                  const SafetensorsMetadata& metadata) {
  MDRL_RETURN_IF_ERROR(CheckNames(tensors));
  Layout layout;
  std::vector<uint64_t> bytes;
  for (const TensorDescription& tensor : tensors) {
    MDRL_ASSIGN_OR_RETURN(bytes.emplace_back(), BytesOf(tensor));
    layout.order.push_back(layout.order.size());
  }
  std::sort(layout.order.begin(), layout.order.end(), [&](size_t a, size_t b) {
    const size_t order_a = *DtypeOrder(tensors[a].dtype);
    const size_t order_b = *DtypeOrder(tensors[b].dtype);
    return order_a != order_b ? order_a > order_b
                              : tensors[a].name < tensors[b].name;
  });
  std::vector<std::string> fields;
  if (!metadata.empty()) {
    std::vector<std::string> pairs;
    for (const auto& [key, value] : metadata) {
      pairs.push_back(Quoted(key) + ":" + Quoted(value));
    }
    fields.push_back(
        absl::StrCat("\"__metadata__\":{", absl::StrJoin(pairs, ","), "}"));
  }
  for (const size_t i : layout.order) {
    const uint64_t end = layout.bytes + bytes[i];
    if (end < layout.bytes) {
      return absl::InvalidArgumentError("the tensors exceed 64 bits of bytes");
    }
    fields.push_back(absl::StrCat(
        Quoted(tensors[i].name), ":{\"dtype\":\"", tensors[i].dtype,
        "\",\"shape\":[", absl::StrJoin(tensors[i].shape, ","),
        "],\"data_offsets\":[", layout.bytes, ",", end, "]}"));
    layout.bytes = end;
  }
  std::string json = absl::StrCat("{", absl::StrJoin(fields, ","), "}");
  json.resize((json.size() + 7) / 8 * 8, ' ');
  if (json.size() > kMaxSafetensorsHeaderBytes) {
    return absl::InvalidArgumentError("the header exceeds 100 MB");
  }
  for (int i = 0; i < 8; ++i) {
    layout.head += static_cast<char>(uint64_t{json.size()} >> (8 * i));
  }
  layout.head += json;
  return layout;
}

absl::StatusOr<Layout> MakeLayout(std::span<const TensorToWrite> tensors,
                                  const SafetensorsMetadata& metadata) {
  std::vector<TensorDescription> described;
  for (const TensorToWrite& tensor : tensors) {
    described.push_back({tensor.name, tensor.dtype, tensor.shape});
    MDRL_ASSIGN_OR_RETURN(const uint64_t bytes, BytesOf(described.back()));
    if (bytes != tensor.bytes.size()) {
      return absl::InvalidArgumentError(
          absl::StrCat("tensor \"", tensor.name, "\": dtype and shape need ",
                       bytes, " bytes, there are ", tensor.bytes.size()));
    }
  }
  return MakeLayout(described, metadata);
}

}  // namespace

absl::StatusOr<uint64_t> BytesOf(const TensorDescription& tensor) {
  absl::StatusOr<uint64_t> bytes = TensorBytes(tensor.dtype, tensor.shape);
  if (bytes.ok()) return bytes;
  return WithContext(bytes.status(), "tensor \"" + tensor.name + "\"");
}

absl::StatusOr<std::string> SerializeSafetensors(
    std::span<const TensorToWrite> tensors,
    const SafetensorsMetadata& metadata) {
  MDRL_ASSIGN_OR_RETURN(const Layout layout, MakeLayout(tensors, metadata));
  std::string out = layout.head;
  for (const size_t i : layout.order) out += tensors[i].bytes;
  return out;
}

absl::Status WriteSafetensors(const std::filesystem::path& path,
                              std::span<const TensorToWrite> tensors,
                              const SafetensorsMetadata& metadata) {
  const absl::StatusOr<Layout> layout = MakeLayout(tensors, metadata);
  if (!layout.ok()) return WithContext(layout.status(), path.string());
  std::vector<std::string_view> parts = {layout->head};
  for (const size_t i : layout->order) parts.push_back(tensors[i].bytes);
  return WriteFileAtomically(path, parts);
}

SafetensorsWriter::SafetensorsWriter(std::unique_ptr<AtomicFile> file,
                                     std::vector<TensorDescription> order,
                                     uint64_t bytes)
    : file_(std::move(file)), order_(std::move(order)), missing_(bytes) {}

absl::StatusOr<std::unique_ptr<SafetensorsWriter>> SafetensorsWriter::Create(
    const std::filesystem::path& path,
    std::span<const TensorDescription> tensors,
    const SafetensorsMetadata& metadata) {
  const absl::StatusOr<Layout> layout = MakeLayout(tensors, metadata);
  if (!layout.ok()) return WithContext(layout.status(), path.string());
  std::vector<TensorDescription> order;
  for (const size_t i : layout->order) order.push_back(tensors[i]);
  MDRL_ASSIGN_OR_RETURN(std::unique_ptr<AtomicFile> file,
                        AtomicFile::Create(path));
  MDRL_RETURN_IF_ERROR(file->Append(layout->head));
  return std::unique_ptr<SafetensorsWriter>(
      new SafetensorsWriter(std::move(file), std::move(order), layout->bytes));
}

absl::Status SafetensorsWriter::Append(std::string_view bytes) {
  if (bytes.size() > missing_) {
    return absl::InvalidArgumentError(absl::StrCat(
        bytes.size() - missing_, " bytes more than the tensors hold"));
  }
  missing_ -= bytes.size();
  return file_->Append(bytes);
}

absl::Status SafetensorsWriter::Finish() {
  if (missing_ > 0) {
    return absl::InvalidArgumentError(
        absl::StrCat(missing_, " bytes of the tensors are missing"));
  }
  return file_->Commit();
}

}  // namespace mdrl
