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

// The prompts of one set, wherever they come from.
absl::StatusOr<PromptFile> PromptsOf(const config::v1::Submit& set,
                                     const std::string& key) {
  if (!set.has_make()) return ReadPromptFile(set.file(), set.task());
  absl::StatusOr<std::vector<Prompt>> made =
      MakePrompts(OptionsOf(set.make(), set.task()));
  if (!made.ok()) return WithContext(made.status(), key + ".make");
  return PromptFile{.prompts = *std::move(made)};
}

absl::Status PlanSubmit(const fs::path& data, const fs::path* test_set,
                        Run* run, PromptPlan* plan) {
  for (int i = 0; i < run->submit_size(); ++i) {
    config::v1::Submit& set = *run->mutable_submit(i);
    const bool replaced = test_set != nullptr && set.held_out();
    PlannedSet planned = {
        .name = set.name().empty() ? set.task() : set.name(),
        .task = set.task(),
        .held_out = set.held_out(),
        .weight = set.has_weight() ? std::optional(set.weight()) : std::nullopt,
        .prompts = {}};
    MDRL_ASSIGN_OR_RETURN(
        planned.prompts, replaced
                             ? ReadTestSet(*test_set, set.task())
                             : PromptsOf(set, absl::StrCat("submit[", i, "]")));
    if (replaced || set.has_make()) {
      // The number: names are people's, and no part of a path.
      const fs::path file = data / absl::StrCat("prompts-", i, ".jsonl");
      plan->files.emplace_back(file, ToJsonLines(planned.prompts.prompts));
      set.set_file(file.string());
    }
    if (replaced) test_set = nullptr;
    plan->sets.push_back(std::move(planned));
  }
  if (test_set == nullptr) return absl::OkStatus();
  return ErrorWith(absl::StatusCode::kInvalidArgument, reason::kConfiguration,
                   "submit",
                   "--test-set has no set to take the place of: submit lists "
                   "none with held_out: true");
}

absl::Status PlanSft(const fs::path& data, Run* run, PromptPlan* plan) {
  for (int i = 0; i < run->sft_size(); ++i) {
    config::v1::SftStage& stage = *run->mutable_sft(i);
    if (!stage.has_make()) continue;
    const auto shown =
        MakeDemonstrations(OptionsOf(stage.make(), stage.make().task()));
    MDRL_RETURN_IF_ERROR(
        WithContext(shown.status(), absl::StrCat("sft[", i, "].make")));
    const fs::path file = data / absl::StrCat("sft-", i, ".jsonl");
    plan->files.emplace_back(file, ToJsonLines(*shown));
    stage.set_data(file.string());
  }
  return absl::OkStatus();
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

void ForgetRunFolder(const fs::path& folder) {
  std::error_code ignored;
  if (fs::exists(folder / "ledger.db", ignored)) return;
  for (const char* name :
       {"data", "logs", "config.resolved.yaml", "run.lock", "prometheus"}) {
    fs::remove_all(folder / name, ignored);
  }
  // The learner makes it before it has read everything; empty, it is nothing.
  fs::remove(folder / "checkpoints", ignored);
  fs::remove(folder, ignored);  // only if nothing else is in it
}

absl::StatusOr<PromptPlan> PlanPrompts(const fs::path& folder,
                                       const std::optional<fs::path>& test_set,
                                       Run* run) {
  const fs::path data = folder / "data";
  PromptPlan plan;
  MDRL_RETURN_IF_ERROR(
      PlanSubmit(data, test_set ? &*test_set : nullptr, run, &plan));
  MDRL_RETURN_IF_ERROR(PlanSft(data, run, &plan));
  return plan;
}

absl::Status WriteFiles(const PromptPlan& plan) {
  for (const auto& [path, text] : plan.files) {
    MDRL_RETURN_IF_ERROR(WriteFileAtomically(path, text));
  }
  return absl::OkStatus();
}

}  // namespace mdrl
