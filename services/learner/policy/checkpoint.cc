#include "services/learner/policy/checkpoint.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "common/base/hash.h"
#include "common/base/log.h"
#include "common/base/status_macros.h"

namespace mdrl {
namespace {

namespace fs = std::filesystem;

constexpr char kPendingPrefix[] = ".tmp-";

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

}  // namespace

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

  auto present = VerifyCheckpoint(path);
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
  return DescribeCheckpoint(path, manifest, ManifestJson(manifest),
                            contents.state);
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
  const std::string path = options_.root + "/" + kLatestFile;
  const std::string pending =
      absl::StrCat(options_.root, "/", kPendingPrefix, kLatestFile);
  MDRL_RETURN_IF_ERROR(WriteFile(pending, name + "\n"));
  At("rename");
  if (rename(pending.c_str(), path.c_str()) != 0) {
    return DiskError("renaming " + pending);
  }
  At("fsync root");
  return Fsync(options_.root);
}

absl::StatusOr<Checkpoint> CheckpointFolder::FindNewest() const {
  std::vector<std::string> names = CheckpointNames(options_.root);
  const std::string latest = LatestCheckpointName(options_.root);
  if (!latest.empty()) names.push_back(latest);  // tried first
  std::string refused;
  for (auto it = names.rbegin(); it != names.rend(); ++it) {
    auto checkpoint = VerifyCheckpoint(options_.root + "/" + *it);
    if (checkpoint.ok()) return checkpoint;
    if (absl::IsNotFound(checkpoint.status())) continue;
    Log(LogLevel::kWarn, "checkpoint_refused",
        std::string(checkpoint.status().message()), {{"checkpoint", *it}});
    refused = " that verifies";
  }
  return absl::NotFoundError(
      absl::StrCat(options_.root, ": no checkpoint", refused));
}

absl::StatusOr<std::vector<std::string>> CheckpointFolder::Prune(
    const std::set<std::string>& pinned) {
  MDRL_RETURN_IF_ERROR(RemovePending());
  std::vector<std::string> removed;
  const std::vector<std::string> names = CheckpointNames(options_.root);
  const std::string latest = LatestCheckpointName(options_.root);
  uint64_t good = 0;  // newer ones that verify: a torn one is no fallback
  for (auto it = names.rbegin(); it != names.rend(); ++it) {
    const std::string path = options_.root + "/" + *it;
    if (!written_.contains(*it)) {
      // Of an earlier process: looked at once, however large it is.
      const auto checkpoint = VerifyCheckpoint(path);
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
