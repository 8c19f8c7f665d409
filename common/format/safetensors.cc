#include "common/format/safetensors.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "common/format/file.h"

namespace mdrl {
namespace {

constexpr uint64_t kLengthBytes = 8;

uint64_t ReadLittleEndian(const char* from) {
  uint64_t value = 0;
  for (int i = 0; i < 8; ++i) {
    value |= uint64_t{static_cast<uint8_t>(from[i])} << (8 * i);
  }
  return value;
}

std::string Quoted(const std::string& text) {
  return nlohmann::json(text).dump(-1, ' ', false,
                                   nlohmann::json::error_handler_t::replace);
}

absl::Status CheckToWrite(std::span<const TensorToWrite> tensors) {
  std::vector<std::string_view> names;
  for (const TensorToWrite& tensor : tensors) {
    const absl::StatusOr<uint64_t> bytes =
        TensorBytes(tensor.dtype, tensor.shape);
    if (!bytes.ok()) {
      return WithContext(bytes.status(), "tensor \"" + tensor.name + "\"");
    }
    if (*bytes != tensor.bytes.size()) {
      return absl::InvalidArgumentError(
          absl::StrCat("tensor \"", tensor.name, "\": dtype and shape need ",
                       *bytes, " bytes, there are ", tensor.bytes.size()));
    }
    if (tensor.name == kSafetensorsMetadataKey) {
      return absl::InvalidArgumentError("a tensor named __metadata__");
    }
    names.push_back(tensor.name);
  }
  std::sort(names.begin(), names.end());
  const auto twice = std::adjacent_find(names.begin(), names.end());
  if (twice != names.end()) {
    return absl::InvalidArgumentError(
        absl::StrCat("tensor \"", std::string(*twice), "\": duplicate name"));
  }
  return absl::OkStatus();
}

// The length and the padded header, and the order the tensors follow in.
struct Layout {
  std::string head;
  std::vector<const TensorToWrite*> order;
};

absl::StatusOr<Layout> MakeLayout(std::span<const TensorToWrite> tensors,
                                  const SafetensorsMetadata& metadata) {
  MDRL_RETURN_IF_ERROR(CheckToWrite(tensors));
  Layout layout;
  for (const TensorToWrite& tensor : tensors) layout.order.push_back(&tensor);
  std::sort(layout.order.begin(), layout.order.end(),
            [](const TensorToWrite* a, const TensorToWrite* b) {
              const size_t order_a = *DtypeOrder(a->dtype);
              const size_t order_b = *DtypeOrder(b->dtype);
              return order_a != order_b ? order_a > order_b : a->name < b->name;
            });
  std::vector<std::string> fields;
  if (!metadata.empty()) {
    std::vector<std::string> pairs;
    for (const auto& [key, value] : metadata) {
      pairs.push_back(Quoted(key) + ":" + Quoted(value));
    }
    std::string joined;
    for (const std::string& pair : pairs) {
      absl::StrAppend(&joined, joined.empty() ? "" : ",", pair);
    }
    fields.push_back(absl::StrCat("\"__metadata__\":{", joined, "}"));
  }
  uint64_t at = 0;
  for (const TensorToWrite* tensor : layout.order) {
    std::string shape;
    for (uint64_t dimension : tensor->shape) {
      absl::StrAppend(&shape, shape.empty() ? "" : ",", dimension);
    }
    const uint64_t end = at + tensor->bytes.size();
    fields.push_back(absl::StrCat(Quoted(tensor->name), ":{\"dtype\":\"",
                                  tensor->dtype, "\",\"shape\":[", shape,
                                  "],\"data_offsets\":[", at, ",", end, "]}"));
    at = end;
  }
  std::string json = "{";
  for (const std::string& field : fields) {
    absl::StrAppend(&json, json.size() == 1 ? "" : ",", field);
  }
  json += "}";
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

}  // namespace

SafetensorsFile::SafetensorsFile(std::filesystem::path path, const char* map,
                                 size_t size)
    : path_(std::move(path)), map_(map), size_(size) {}

SafetensorsFile::~SafetensorsFile() { munmap(const_cast<char*>(map_), size_); }

absl::StatusOr<std::unique_ptr<SafetensorsFile>> SafetensorsFile::Open(
    const std::filesystem::path& path) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) {
    return absl::NotFoundError(
        absl::StrCat(path.string(), ": cannot open: ", std::strerror(errno)));
  }
  struct stat status;
  const bool regular = fstat(fd, &status) == 0 && S_ISREG(status.st_mode);
  const size_t size = regular ? static_cast<size_t>(status.st_size) : 0;
  // A shorter file could not be mapped (0 bytes) or hold the length.
  void* map = MAP_FAILED;
  if (size >= kLengthBytes) {
    map = mmap(nullptr, size, PROT_READ, MAP_PRIVATE, fd, 0);
  }
  const int error = errno;
  close(fd);
  if (size < kLengthBytes) {
    return absl::InvalidArgumentError(absl::StrCat(
        path.string(), regular ? ": too short to be a safetensors file"
                               : ": not a regular file"));
  }
  if (map == MAP_FAILED) {
    return absl::InternalError(
        absl::StrCat(path.string(), ": cannot map: ", std::strerror(error)));
  }
  std::unique_ptr<SafetensorsFile> file(
      new SafetensorsFile(path, static_cast<const char*>(map), size));
  MDRL_RETURN_IF_ERROR(WithContext(file->ReadHeader(), path.string()));
  return file;
}

absl::Status SafetensorsFile::ReadHeader() {
  const uint64_t length = ReadLittleEndian(map_);
  const uint64_t rest = size_ - kLengthBytes;
  if (length > kMaxSafetensorsHeaderBytes) {
    return absl::InvalidArgumentError(absl::StrCat(
        "a header of ", length, " bytes; the format allows 100000000"));
  }
  if (length > rest) {
    return absl::InvalidArgumentError(
        absl::StrCat("a header of ", length, " bytes in a file of ", size_));
  }
  buffer_ = std::string_view(map_ + kLengthBytes + length, rest - length);
  MDRL_ASSIGN_OR_RETURN(
      header_,
      ParseSafetensorsHeader(std::string_view(map_ + kLengthBytes, length),
                             buffer_.size()));
  for (const auto& [name, entry] : header_.tensors) names_.push_back(name);
  return absl::OkStatus();
}

bool SafetensorsFile::Contains(std::string_view name) const {
  return header_.tensors.find(name) != header_.tensors.end();
}

absl::StatusOr<TensorView> SafetensorsFile::Find(std::string_view name) const {
  const auto found = header_.tensors.find(name);
  if (found == header_.tensors.end()) {
    return absl::NotFoundError(absl::StrCat(path_.string(), ": no tensor \"",
                                            std::string(name), "\""));
  }
  const SafetensorsHeader::Entry& entry = found->second;
  return TensorView{entry.dtype, entry.shape,
                    buffer_.substr(entry.begin, entry.end - entry.begin)};
}

absl::StatusOr<std::string> SerializeSafetensors(
    std::span<const TensorToWrite> tensors,
    const SafetensorsMetadata& metadata) {
  MDRL_ASSIGN_OR_RETURN(const Layout layout, MakeLayout(tensors, metadata));
  std::string out = layout.head;
  for (const TensorToWrite* tensor : layout.order) out += tensor->bytes;
  return out;
}

absl::Status WriteSafetensors(const std::filesystem::path& path,
                              std::span<const TensorToWrite> tensors,
                              const SafetensorsMetadata& metadata) {
  absl::StatusOr<Layout> layout = MakeLayout(tensors, metadata);
  if (!layout.ok()) return WithContext(layout.status(), path.string());
  std::vector<std::string_view> parts = {layout->head};
  for (const TensorToWrite* tensor : layout->order) {
    parts.push_back(tensor->bytes);
  }
  return WriteFileAtomically(path, parts);
}

}  // namespace mdrl
