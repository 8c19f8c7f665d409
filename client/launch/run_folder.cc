#include "client/launch/run_folder.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "common/base/status_macros.h"
#include "common/format/file.h"
#include "common/tasks/prompt_file.h"
#include "common/tasks/prompt_maker.h"
#include "common/tasks/test_set.h"

namespace mdrl {
namespace {

namespace fs = std::filesystem;
using config::v1::Make;
using config::v1::Run;

// The learner holds an flock on run.lock as long as it lives.
bool LockIsHeld(const fs::path& lock) {
  const int fd = open(lock.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return false;
  const bool held = flock(fd, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK;
  close(fd);
  return held;
}

Split SplitOf(const Make& make) {
  switch (make.split()) {
    case Make::VALIDATION:
      return Split::kValidation;
    case Make::TEST:
      return Split::kTest;
    case Make::TRAIN_AND_VALIDATION:
      return Split::kTrainAndValidation;
    default:
      return Split::kTrain;
  }
}

MakeOptions OptionsOf(const Make& make, const std::string& task) {
  return {.task = task,
          .count = make.count(),
          .seed = make.seed(),
          .split = SplitOf(make),
          .careless = make.careless()};
}

absl::Status ExpandSubmit(const fs::path& data, Run* run) {
  for (int i = 0; i < run->submit_size(); ++i) {
    config::v1::Submit& set = *run->mutable_submit(i);
    if (!set.has_make()) continue;
    const std::string key = absl::StrCat("submit[", i, "].make");
    const auto prompts = MakePrompts(OptionsOf(set.make(), set.task()));
    MDRL_RETURN_IF_ERROR(WithContext(prompts.status(), key));
    // The number: names are people's, and no part of a path.
    const fs::path file = data / absl::StrCat("prompts-", i, ".jsonl");
    MDRL_RETURN_IF_ERROR(WriteFileAtomically(file, ToJsonLines(*prompts)));
    set.set_file(file.string());
  }
  return absl::OkStatus();
}

absl::Status ExpandSft(const fs::path& data, Run* run) {
  for (int i = 0; i < run->sft_size(); ++i) {
    config::v1::SftStage& stage = *run->mutable_sft(i);
    if (!stage.has_make()) continue;
    const std::string key = absl::StrCat("sft[", i, "].make");
    const auto shown =
        MakeDemonstrations(OptionsOf(stage.make(), stage.make().task()));
    MDRL_RETURN_IF_ERROR(WithContext(shown.status(), key));
    const fs::path file = data / absl::StrCat("sft-", i, ".jsonl");
    MDRL_RETURN_IF_ERROR(WriteFileAtomically(file, ToJsonLines(*shown)));
    stage.set_data(file.string());
  }
  return absl::OkStatus();
}

absl::Status TakeTestSet(const fs::path& data, const fs::path& test_set,
                         Run* run) {
  for (config::v1::Submit& set : *run->mutable_submit()) {
    if (!set.held_out()) continue;
    MDRL_ASSIGN_OR_RETURN(const PromptFile puzzles,
                          ReadTestSet(test_set, set.task()));
    const fs::path file = data / "test-set.jsonl";
    MDRL_RETURN_IF_ERROR(
        WriteFileAtomically(file, ToJsonLines(puzzles.prompts)));
    set.set_file(file.string());
    return absl::OkStatus();
  }
  return ErrorWith(absl::StatusCode::kInvalidArgument, reason::kConfiguration,
                   "submit",
                   "--test-set has no set to take the place of: submit lists "
                   "none with held_out: true");
}

}  // namespace

absl::Status ClaimRunFolder(const fs::path& folder, bool resume) {
  std::error_code error;
  fs::create_directories(folder, error);
  if (error) {
    return absl::InvalidArgumentError(absl::StrCat(
        "cannot make the folder ", folder.string(), ": ", error.message()));
  }
  if (LockIsHeld(folder / "run.lock")) {
    return ErrorWith(
        absl::StatusCode::kFailedPrecondition, reason::kRunDirInUse, "run.dir",
        absl::StrCat(folder.string(), " is in use by a running learner"));
  }
  if (!resume && !fs::is_empty(folder, error)) {
    return ErrorWith(
        absl::StatusCode::kFailedPrecondition, reason::kRunDirNotEmpty,
        "run.dir",
        absl::StrCat(folder.string(),
                     " is not empty: --resume goes on with the run in it, "
                     "--run-dir takes another folder"));
  }
  for (const char* name : {"data", "logs"}) {
    fs::create_directories(folder / name, error);
    if (error) {
      return absl::InvalidArgumentError(absl::StrCat(
          "cannot make ", (folder / name).string(), ": ", error.message()));
    }
  }
  return absl::OkStatus();
}

absl::Status ExpandPrompts(const fs::path& folder,
                           const std::optional<fs::path>& test_set, Run* run) {
  const fs::path data = folder / "data";
  // First, so that a set that is replaced is not made for nothing.
  if (test_set) MDRL_RETURN_IF_ERROR(TakeTestSet(data, *test_set, run));
  MDRL_RETURN_IF_ERROR(ExpandSubmit(data, run));
  return ExpandSft(data, run);
}

}  // namespace mdrl
