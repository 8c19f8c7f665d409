// Whole files: read with a size limit, written so that a crash leaves the old
// file or the new one, never half of either.
//
// Thread-safe, as far as nobody writes the same path.
#ifndef MDRL_COMMON_FORMAT_FILE_H_
#define MDRL_COMMON_FORMAT_FILE_H_

#include <cstdint>
#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace mdrl {

// The bytes of a regular file. NotFound: no such file. InvalidArgument: a
// folder or device, or larger than `max_bytes`.
absl::StatusOr<std::string> ReadFile(const std::filesystem::path& path,
                                     uint64_t max_bytes = 256u << 20);

// A file that appears whole or not at all: bytes go to a temporary file beside
// `path`, which Commit() syncs and renames to `path`, syncing the folder.
// Without a Commit() that returns OK, `path` is as it was, and nothing is left
// behind. Unavailable: the disk is full; Internal: anything else, with the
// system's word. One thread at a time.
class AtomicFile {
 public:
  static absl::StatusOr<std::unique_ptr<AtomicFile>> Create(
      const std::filesystem::path& path);
  ~AtomicFile();
  AtomicFile(const AtomicFile&) = delete;
  AtomicFile& operator=(const AtomicFile&) = delete;

  absl::Status Append(std::string_view bytes);
  // REQUIRES: called once, as the last.
  absl::Status Commit();

 private:
  AtomicFile(std::filesystem::path path, std::filesystem::path temporary,
             int fd);

  const std::filesystem::path path_;
  const std::filesystem::path temporary_;
  int fd_;
};

// Writes `parts` one after the other as an AtomicFile.
absl::Status WriteFileAtomically(const std::filesystem::path& path,
                                 std::span<const std::string_view> parts);
absl::Status WriteFileAtomically(const std::filesystem::path& path,
                                 std::string_view bytes);

}  // namespace mdrl

#endif  // MDRL_COMMON_FORMAT_FILE_H_
