#include "services/learner/policy/checkpoint.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <utility>

#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "common/base/error.h"
#include "common/base/hash.h"
#include "common/base/log.h"
#include "common/base/status_macros.h"
#include "services/learner/policy/checkpoint_manifest.h"

namespace mdrl {
namespace {

namespace fs = std::filesystem;

constexpr char kManifestFile[] = "MANIFEST.json";
constexpr char kStateFile[] = "training/state.json";
constexpr char kLatest[] = "LATEST";
constexpr char kPendingPrefix[] = ".tmp-";
constexpr char kNamePrefix[] = "step-";

// Of the errno at hand. A full disk carries its own word.
absl::Status DiskError(const std::string& doing) {
  const int error = errno;
  const absl::Status status = absl::ErrnoToStatus(error, doing);
  return error == ENOSPC || error == EDQUOT
             ? WithReason(absl::UnavailableError(status.message()),
                          reason::kDiskFull)
             : status;
}

absl::Status Fsync(const std::string& path) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return DiskError("opening " + path);
  const int code = fsync(fd);
  const absl::Status status =
      code == 0 ? absl::OkStatus() : DiskError("fsync of " + path);
  close(fd);
  return status;
}

struct FileHash {
  uint64_t bytes = 0;
  Digest sha256;
};

// In pieces: a checkpoint may be larger than what memory has left. `text`, if
// given, gets the whole file.
absl::StatusOr<FileHash> HashFile(const std::string& path,
                                  std::string* text = nullptr) {
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

// A file that is gone is a tear; one that cannot be read right now is not, and
// must not cost the folder its life.
absl::Status TornIfMissing(const absl::Status& status) {
  return absl::IsNotFound(status) ? absl::DataLossError(status.message())
                                  : status;
}

Checkpoint Describe(const std::string& path, const CheckpointManifest& manifest,
                    std::string_view manifest_text, TrainingState state) {
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

bool IsName(const std::string& name) {
  return absl::StartsWith(name, kNamePrefix) &&
         name.find('/') == std::string::npos;
}

}  // namespace

std::string CheckpointName(uint64_t step) {
  return absl::StrFormat("%s%06u", kNamePrefix, step);
}

CheckpointFolder::CheckpointFolder(Options options)
    : options_(std::move(options)) {
  MDRL_CHECK(options_.keep_last >= 2) << "the newest may turn out to be torn";
}

void CheckpointFolder::At(std::string_view operation) const {
  if (options_.fail_point) options_.fail_point(operation);
}

absl::StatusOr<Checkpoint> CheckpointFolder::Write(
    const CheckpointContents& contents) {
  const std::string name = CheckpointName(contents.state.step);
  const std::string path = options_.root + "/" + name;
  std::error_code error;
  fs::create_directories(options_.root, error);
  MDRL_RETURN_IF_ERROR(RemovePending());

  auto present = Verify(path);
  if (present.ok()) {
    written_[name] = present->state.round;
    return present;
  }
  if (!absl::IsNotFound(present.status())) {
    if (!absl::IsDataLoss(present.status())) return present.status();
    // Torn: it does not exist, so its name is free.
    At("remove torn");
    fs::remove_all(path, error);
    if (error) return absl::InternalError(path + ": " + error.message());
  }

  const std::string pending = options_.root + "/" + kPendingPrefix + name;
  MDRL_ASSIGN_OR_RETURN(const CheckpointManifest manifest,
                        WriteFiles(pending, contents));
  At("rename");
  if (rename(pending.c_str(), path.c_str()) != 0) {
    return DiskError("renaming " + pending);
  }
  At("fsync root");
  MDRL_RETURN_IF_ERROR(Fsync(options_.root));
  written_[name] = contents.state.round;
  return Describe(path, manifest, ManifestJson(manifest), contents.state);
}

absl::StatusOr<CheckpointManifest> CheckpointFolder::WriteFiles(
    const std::string& folder, const CheckpointContents& contents) {
  const std::string state = TrainingStateJson(contents.state);
  std::vector<CheckpointFile> files = contents.files;
  files.push_back({kStateFile, state});
  std::sort(files.begin(), files.end(),
            [](const auto& a, const auto& b) { return a.name < b.name; });

  CheckpointManifest manifest{.run_id = contents.run_id,
                              .epoch = contents.epoch,
                              .ledger_seq = contents.ledger_seq,
                              .build = contents.build,
                              .config_sha256 = contents.config_sha256,
                              .step = contents.state.step,
                              .files = {}};
  std::set<std::string> folders = {folder};
  for (const CheckpointFile& file : files) {
    const bool twice =
        !manifest.files.empty() && manifest.files.back().name == file.name;
    if (twice || !StaysInside(file.name) || file.name == kManifestFile) {
      return absl::InvalidArgumentError(
          absl::StrCat("a checkpoint cannot hold the file ", file.name));
    }
    const std::string path = folder + "/" + file.name;
    std::error_code error;
    fs::create_directories(fs::path(path).parent_path(), error);
    if (error) return absl::InternalError(path + ": " + error.message());
    folders.insert(fs::path(path).parent_path().string());
    MDRL_RETURN_IF_ERROR(WriteFile(path, file.bytes));
    // From the disk's side: what it gives back is what the manifest promises.
    MDRL_ASSIGN_OR_RETURN(const FileHash read, HashFile(path));
    if (read.bytes != file.bytes.size() ||
        read.sha256 != Sha256Of(file.bytes)) {
      return absl::DataLossError(path + ": read other bytes than were written");
    }
    manifest.files.push_back({file.name, read.bytes, read.sha256});
  }
  MDRL_RETURN_IF_ERROR(
      WriteFile(folder + "/" + kManifestFile, ManifestJson(manifest)));
  for (auto it = folders.rbegin(); it != folders.rend(); ++it) {
    At("fsync folder");
    MDRL_RETURN_IF_ERROR(Fsync(*it));
  }
  return manifest;
}

absl::Status CheckpointFolder::WriteFile(const std::string& path,
                                         std::string_view bytes) {
  At("create");
  const int fd =
      open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (fd < 0) return DiskError("opening " + path);
  absl::Status status;
  At("write");
  while (status.ok() && !bytes.empty()) {
    const ssize_t written = write(fd, bytes.data(), bytes.size());
    if (written >= 0) {
      bytes.remove_prefix(static_cast<size_t>(written));
    } else if (errno != EINTR) {
      status = DiskError("writing " + path);
    }
  }
  At("fsync");
  if (status.ok() && fsync(fd) != 0) status = DiskError("fsync of " + path);
  if (close(fd) != 0 && status.ok()) status = DiskError("closing " + path);
  return status;
}

absl::Status CheckpointFolder::MarkLatest(const std::string& name) {
  const std::string path = options_.root + "/" + kLatest;
  const std::string pending =
      absl::StrCat(options_.root, "/", kPendingPrefix, kLatest);
  MDRL_RETURN_IF_ERROR(WriteFile(pending, name + "\n"));
  At("rename");
  if (rename(pending.c_str(), path.c_str()) != 0) {
    return DiskError("renaming " + pending);
  }
  At("fsync root");
  return Fsync(options_.root);
}

absl::StatusOr<Checkpoint> CheckpointFolder::FindNewest() const {
  std::vector<std::string> names = Names();
  const std::string latest = LatestName();
  if (!latest.empty()) names.push_back(latest);  // tried first
  std::string refused;
  for (auto it = names.rbegin(); it != names.rend(); ++it) {
    auto checkpoint = Verify(options_.root + "/" + *it);
    if (checkpoint.ok()) return checkpoint;
    if (absl::IsNotFound(checkpoint.status())) continue;
    Log(LogLevel::kWarn, "checkpoint_refused",
        std::string(checkpoint.status().message()), {{"checkpoint", *it}});
    refused = " that verifies";
  }
  return absl::NotFoundError(
      absl::StrCat(options_.root, ": no checkpoint", refused));
}

absl::StatusOr<Checkpoint> CheckpointFolder::Verify(const std::string& path) {
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
  return Describe(path, *manifest, text, *std::move(state));
}

absl::StatusOr<std::vector<std::string>> CheckpointFolder::Prune(
    const std::set<std::string>& pinned) {
  MDRL_RETURN_IF_ERROR(RemovePending());
  std::vector<std::string> removed;
  const std::vector<std::string> names = Names();
  const std::string latest = LatestName();
  uint64_t good = 0;  // newer ones that verify: a torn one is no fallback
  for (auto it = names.rbegin(); it != names.rend(); ++it) {
    const std::string path = options_.root + "/" + *it;
    if (!written_.contains(*it)) {
      // Of an earlier process: looked at once, however large it is.
      const auto checkpoint = Verify(path);
      if (checkpoint.ok()) {
        written_[*it] = checkpoint->state.round;
      } else if (!absl::IsDataLoss(checkpoint.status())) {
        continue;
      }
    }
    const auto known = written_.find(*it);
    if (known != written_.end()) {
      const bool periodic = options_.keep_every_rounds > 0 &&
                            known->second % options_.keep_every_rounds == 0;
      if (good++ < options_.keep_last || periodic || pinned.contains(*it) ||
          *it == latest) {
        continue;
      }
      written_.erase(known);
    }
    At("remove");
    // The manifest first: a folder that is half removed does not verify.
    std::error_code error;
    fs::remove(path + "/" + kManifestFile, error);
    fs::remove_all(path, error);
    if (error) return absl::InternalError(path + ": " + error.message());
    removed.push_back(*it);
  }
  return removed;
}

std::vector<std::string> CheckpointFolder::Names() const {
  std::vector<std::string> names;
  std::error_code error;
  for (fs::directory_iterator it(options_.root, error), end;
       !error && it != end; it.increment(error)) {
    const std::string name = it->path().filename().string();
    if (IsName(name)) names.push_back(name);
  }
  // By step: beyond a million the names are longer.
  std::sort(names.begin(), names.end(), [](const auto& a, const auto& b) {
    return std::pair(a.size(), a) < std::pair(b.size(), b);
  });
  return names;
}

std::string CheckpointFolder::LatestName() const {
  std::string text;
  if (!HashFile(options_.root + "/" + kLatest, &text).ok()) return "";
  const std::string name(absl::StripAsciiWhitespace(text));
  return IsName(name) ? name : "";
}

absl::Status CheckpointFolder::RemovePending() {
  std::vector<fs::path> pending;
  std::error_code error;
  for (fs::directory_iterator it(options_.root, error), end;
       !error && it != end; it.increment(error)) {
    if (absl::StartsWith(it->path().filename().string(), kPendingPrefix)) {
      pending.push_back(it->path());
    }
  }
  for (const fs::path& path : pending) {
    At("remove pending");
    fs::remove_all(path, error);
    if (error)
      return absl::InternalError(path.string() + ": " + error.message());
  }
  return absl::OkStatus();
}

}  // namespace mdrl
