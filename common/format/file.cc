#include "common/format/file.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "common/base/status_macros.h"

namespace mdrl {
namespace {

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }

 private:
  const int fd_;
};

absl::Status SystemError(const std::filesystem::path& path,
                         std::string_view verb) {
  const int error = errno;
  const std::string text =
      absl::StrCat(path.string(), ": cannot ", std::string(verb), ": ",
                   std::strerror(error));
  switch (error) {
    case ENOENT:
    case ENOTDIR:
      // Whoever named the file has to mend that: it counts as bad input.
      return ErrorWith(absl::StatusCode::kNotFound, reason::kDoesNotVerify, "",
                       text);
    case EACCES:
    case EPERM:
      return absl::PermissionDeniedError(text);
    case ENOSPC:
    case EDQUOT:
      return absl::UnavailableError(text);
    default:
      return absl::InternalError(text);
  }
}

absl::Status WriteAll(const std::filesystem::path& path, int fd,
                      std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = write(fd, bytes.data(), bytes.size());
    if (written < 0) {
      if (errno == EINTR) continue;
      return SystemError(path, "write");
    }
    bytes.remove_prefix(static_cast<size_t>(written));
  }
  return absl::OkStatus();
}

absl::Status SyncFolder(const std::filesystem::path& folder) {
  const std::string name = folder.empty() ? "." : folder.string();
  const Descriptor fd(open(name.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (fd.get() < 0 || fsync(fd.get()) != 0) return SystemError(name, "sync");
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::string> ReadFile(const std::filesystem::path& path,
                                     uint64_t max_bytes) {
  const Descriptor fd(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (fd.get() < 0) return SystemError(path, "open");
  struct stat status;
  if (fstat(fd.get(), &status) != 0) return SystemError(path, "stat");
  if (!S_ISREG(status.st_mode)) {
    return absl::InvalidArgumentError(
        absl::StrCat(path.string(), ": not a regular file"));
  }
  if (static_cast<uint64_t>(status.st_size) > max_bytes) {
    return absl::InvalidArgumentError(
        absl::StrCat(path.string(), ": ", status.st_size, " bytes; at most ",
                     max_bytes, " are read"));
  }
  std::string out(static_cast<size_t>(status.st_size), '\0');
  size_t done = 0;
  while (done < out.size()) {
    const ssize_t got = read(fd.get(), out.data() + done, out.size() - done);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return SystemError(path, "read");
    if (got == 0) break;  // shrank meanwhile: what is there is the file
    done += static_cast<size_t>(got);
  }
  out.resize(done);
  return out;
}

AtomicFile::AtomicFile(std::filesystem::path path,
                       std::filesystem::path temporary, int fd)
    : path_(std::move(path)), temporary_(std::move(temporary)), fd_(fd) {}

absl::StatusOr<std::unique_ptr<AtomicFile>> AtomicFile::Create(
    const std::filesystem::path& path) {
  const std::filesystem::path temporary =
      absl::StrCat(path.string(), ".tmp.", getpid());
  const int fd =
      open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  if (fd < 0) return SystemError(temporary, "create");
  return std::unique_ptr<AtomicFile>(new AtomicFile(path, temporary, fd));
}

AtomicFile::~AtomicFile() {
  if (fd_ < 0) return;
  close(fd_);
  unlink(temporary_.c_str());
}

absl::Status AtomicFile::Append(std::string_view bytes) {
  return WriteAll(temporary_, fd_, bytes);
}

absl::Status AtomicFile::Commit() {
  if (fsync(fd_) != 0) return SystemError(temporary_, "sync");
  if (rename(temporary_.c_str(), path_.c_str()) != 0) {
    return SystemError(path_, "rename into place");
  }
  close(fd_);
  fd_ = -1;
  return SyncFolder(path_.parent_path());
}

absl::Status WriteFileAtomically(const std::filesystem::path& path,
                                 std::span<const std::string_view> parts) {
  MDRL_ASSIGN_OR_RETURN(const std::unique_ptr<AtomicFile> file,
                        AtomicFile::Create(path));
  for (const std::string_view part : parts) {
    MDRL_RETURN_IF_ERROR(file->Append(part));
  }
  return file->Commit();
}

absl::Status WriteFileAtomically(const std::filesystem::path& path,
                                 std::string_view bytes) {
  return WriteFileAtomically(path,
                             std::span<const std::string_view>(&bytes, 1));
}

}  // namespace mdrl
