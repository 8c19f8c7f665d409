#include "common/format/verify_checkpoint.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/base/hash.h"
#include "common/base/status_macros.h"

namespace mdrl {
namespace {

namespace fs = std::filesystem;

constexpr char kNamePrefix[] = "step-";

// A file that is gone is a tear; one that cannot be read right now is not, and
// must not cost the folder its life.
absl::Status TornIfMissing(const absl::Status& status) {
  return absl::IsNotFound(status) ? absl::DataLossError(status.message())
                                  : status;
}

bool IsName(const std::string& name) {
  return absl::StartsWith(name, kNamePrefix) &&
         name.find('/') == std::string::npos;
}

}  // namespace

absl::StatusOr<FileHash> HashFile(const std::string& path, std::string* text) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return absl::ErrnoToStatus(errno, "opening " + path);
  Sha256 hash;
  FileHash result;
  std::string piece(1 << 20, '\0');
  for (;;) {
    const ssize_t got = read(fd, piece.data(), piece.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) {
      const absl::Status status = absl::ErrnoToStatus(errno, "reading " + path);
      close(fd);
      return status;
    }
    if (got == 0) break;
    hash.Raw(piece.data(), static_cast<size_t>(got));
    if (text != nullptr) text->append(piece, 0, static_cast<size_t>(got));
    result.bytes += static_cast<uint64_t>(got);
  }
  close(fd);
  result.sha256 = hash.Finish();
  return result;
}

Checkpoint DescribeCheckpoint(const std::string& path,
                              const CheckpointManifest& manifest,
                              std::string_view manifest_text,
                              TrainingState state) {
  Checkpoint checkpoint{.name = fs::path(path).filename().string(),
                        .path = path,
                        .manifest_sha256 = Sha256Of(manifest_text),
                        .bytes = manifest_text.size(),
                        .run_id = manifest.run_id,
                        .epoch = manifest.epoch,
                        .ledger_seq = manifest.ledger_seq,
                        .build = manifest.build,
                        .config_sha256 = manifest.config_sha256,
                        .files = {},
                        .state = std::move(state)};
  for (const CheckpointManifest::File& file : manifest.files) {
    checkpoint.files.push_back(file.name);
    checkpoint.bytes += file.bytes;
  }
  return checkpoint;
}

std::string CheckpointName(uint64_t step) {
  return absl::StrFormat("%s%06u", kNamePrefix, step);
}

absl::StatusOr<Checkpoint> VerifyCheckpoint(const std::string& path) {
  std::error_code error;
  if (!fs::is_directory(path, error)) {
    return absl::NotFoundError(path + ": no such checkpoint");
  }
  std::string text;
  const auto manifest_hash = HashFile(path + "/" + kManifestFile, &text);
  if (!manifest_hash.ok()) return TornIfMissing(manifest_hash.status());
  const auto manifest = ParseManifest(text);
  if (!manifest.ok()) return WithContext(manifest.status(), path);

  std::string state_text;
  for (const CheckpointManifest::File& file : manifest->files) {
    const auto read = HashFile(path + "/" + file.name,
                               file.name == kStateFile ? &state_text : nullptr);
    if (!read.ok()) return TornIfMissing(read.status());
    if (read->bytes != file.bytes || read->sha256 != file.sha256) {
      return absl::DataLossError(absl::StrCat(
          path, "/", file.name, " is not what its manifest lists"));
    }
  }
  auto state = ParseTrainingState(state_text);
  if (!state.ok()) return WithContext(state.status(), path);
  return DescribeCheckpoint(path, *manifest, text, *std::move(state));
}

std::vector<std::string> CheckpointNames(const std::string& root) {
  std::vector<std::string> names;
  std::error_code error;
  for (fs::directory_iterator it(root, error), end; !error && it != end;
       it.increment(error)) {
    const std::string name = it->path().filename().string();
    if (IsName(name)) names.push_back(name);
  }
  // By step: beyond a million the names are longer.
  std::sort(names.begin(), names.end(), [](const auto& a, const auto& b) {
    return std::pair(a.size(), a) < std::pair(b.size(), b);
  });
  return names;
}

std::string LatestCheckpointName(const std::string& root) {
  std::string text;
  if (!HashFile(root + "/" + kLatestFile, &text).ok()) return "";
  const std::string name(absl::StripAsciiWhitespace(text));
  return IsName(name) ? name : "";
}

}  // namespace mdrl
