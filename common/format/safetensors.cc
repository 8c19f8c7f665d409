#include "common/format/safetensors.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"

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

}  // namespace

SafetensorsFile::SafetensorsFile(std::filesystem::path path, const char* map,
                                 size_t size)
    : path_(std::move(path)), map_(map), size_(size) {}

SafetensorsFile::~SafetensorsFile() { munmap(const_cast<char*>(map_), size_); }

void SafetensorsFile::DropPages() const {
  // Only advice: without it the bytes stay, and nothing else differs.
  madvise(const_cast<char*>(map_), size_, MADV_DONTNEED);
}

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

}  // namespace mdrl
