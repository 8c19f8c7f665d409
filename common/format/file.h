// Whole files: read with a size limit, written so that a crash leaves the old
// file or the new one, never half of either.
//
// Thread-safe, as far as nobody writes the same path.
#ifndef MDRL_COMMON_FORMAT_FILE_H_
#define MDRL_COMMON_FORMAT_FILE_H_

#include <cstdint>
#include <filesystem>
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

// Writes `parts` one after the other to a temporary file beside `path`, syncs
// it, renames it to `path` and syncs the folder. On an error `path` is as it
// was. Unavailable: the disk is full; Internal: anything else, with the
// system's word.
absl::Status WriteFileAtomically(const std::filesystem::path& path,
                                 std::span<const std::string_view> parts);
absl::Status WriteFileAtomically(const std::filesystem::path& path,
                                 std::string_view bytes);

}  // namespace mdrl

#endif  // MDRL_COMMON_FORMAT_FILE_H_
