#include "services/learner/desk/prompt_spool.h"

#include <fcntl.h>
#include <stdlib.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/error.h"

namespace mdrl {
namespace {

struct RowHead {
  uint32_t body_bytes = 0;
  uint32_t tokens = 0;
  Reason quarantined = Reason::kUnspecified;
};

absl::Status DiskError(const char* doing, int error) {
  const std::string text = absl::StrCat("spooling a prompt set: ", doing, ": ",
                                        std::strerror(error));
  if (error == ENOSPC || error == EDQUOT) {
    return ErrorWith(absl::StatusCode::kUnavailable, reason::kDiskFull, "",
                     text);
  }
  return absl::UnavailableError(text);
}

}  // namespace

absl::StatusOr<PromptSpool> PromptSpool::Create(const std::string& folder) {
  // mkostemp puts letters in the place of the last six.
  std::string path = folder + "/spool-" + std::string(6, 'X');
  const int descriptor = mkostemp(path.data(), O_CLOEXEC);
  if (descriptor < 0) return DiskError("no file", errno);
  unlink(path.c_str());
  std::FILE* file = fdopen(descriptor, "w+b");
  if (file == nullptr) {
    const int error = errno;
    close(descriptor);
    return DiskError("no stream", error);
  }
  return PromptSpool(file);
}

absl::Status PromptSpool::Failed(const char* doing) const {
  return DiskError(doing, errno);
}

absl::Status PromptSpool::Append(const PromptsPending::PromptRow& row) {
  const RowHead head{.body_bytes = static_cast<uint32_t>(row.body.size()),
                     .tokens = static_cast<uint32_t>(row.tokens.size()),
                     .quarantined = row.quarantined};
  std::FILE* file = file_.get();
  const bool written =
      std::fwrite(&head, sizeof(head), 1, file) == 1 &&
      std::fwrite(row.body.data(), 1, row.body.size(), file) ==
          row.body.size() &&
      std::fwrite(row.tokens.data(), sizeof(int32_t), row.tokens.size(),
                  file) == row.tokens.size();
  if (!written) return Failed("writing");
  ++rows_;
  return absl::OkStatus();
}

absl::StatusOr<std::vector<PromptsPending::PromptRow>> PromptSpool::Read(
    size_t most) {
  std::FILE* file = file_.get();
  if (read_ == 0) {
    // What is still in the buffer may find the disk full only now.
    if (std::fflush(file) != 0) return Failed("writing");
    std::rewind(file);
  }
  std::vector<PromptsPending::PromptRow> rows;
  rows.reserve(std::min<uint64_t>(most, rows_ - read_));
  while (rows.size() < most && read_ < rows_) {
    RowHead head;
    if (std::fread(&head, sizeof(head), 1, file) != 1) return Failed("reading");
    PromptsPending::PromptRow row;
    row.body.resize(head.body_bytes);
    row.tokens.resize(head.tokens);
    row.quarantined = head.quarantined;
    if (std::fread(row.body.data(), 1, row.body.size(), file) !=
            row.body.size() ||
        std::fread(row.tokens.data(), sizeof(int32_t), row.tokens.size(),
                   file) != row.tokens.size()) {
      return Failed("reading");
    }
    rows.push_back(std::move(row));
    ++read_;
  }
  return rows;
}

}  // namespace mdrl
