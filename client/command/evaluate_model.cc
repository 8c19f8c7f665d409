#include "client/command/evaluate_model.h"

#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>
#include <ostream>
#include <utility>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "client/command/answer_rows.h"
#include "client/launch/service_plan.h"
#include "client/launch/sibling.h"
#include "client/report/progress_line.h"
#include "common/base/error.h"
#include "common/base/status_macros.h"
#include "common/format/file.h"
#include "common/tasks/check_truth.h"
#include "common/tasks/prompt_maker.h"
#include "common/tasks/prompt_template.h"
#include "common/tasks/test_set.h"

namespace mdrl {
namespace {

namespace fs = std::filesystem;

constexpr uint64_t kMadePrompts = 256;  // as the published puzzle sets have

absl::Status Usage(const std::string& message) {
  return ErrorWith(absl::StatusCode::kInvalidArgument, reason::kUsage, "",
                   message);
}

absl::StatusOr<std::vector<Prompt>> QuestionsOf(
    const EvaluateModelOptions& options) {
  std::vector<Prompt> prompts;
  if (!options.prompts.empty()) {
    MDRL_ASSIGN_OR_RETURN(PromptFile file,
                          ReadTestSet(options.prompts, options.task));
    prompts = std::move(file.prompts);
  } else {
    const std::vector<std::string> made = GeneratedTasks();
    if (std::find(made.begin(), made.end(), options.task) == made.end()) {
      return Usage(absl::StrCat(
          "--prompts FILE is needed: only ", absl::StrJoin(made, ", "),
          " can be made, and the task is ", options.task));
    }
    MakeOptions make;
    make.task = options.task;
    make.count = options.max_prompts == 0 ? kMadePrompts : options.max_prompts;
    make.split = Split::kTest;
    MDRL_ASSIGN_OR_RETURN(prompts, MakePrompts(make));
  }
  if (options.max_prompts > 0 && prompts.size() > options.max_prompts) {
    prompts.resize(options.max_prompts);
  }
  for (Prompt& prompt : prompts) {
    if (prompt.prefill.empty()) prompt.prefill = options.prefill;
  }
  if (options.words.empty()) return prompts;
  MDRL_ASSIGN_OR_RETURN(const PromptTemplate words,
                        PromptTemplate::Create(options.task, options.words));
  for (Prompt& prompt : prompts) {
    MDRL_ASSIGN_OR_RETURN(prompt.turns, words.Apply(prompt));
  }
  return prompts;
}

// A folder of our own that goes away, or the one to keep.
class Folder {
 public:
  static absl::StatusOr<Folder> Make(const std::string& keep) {
    if (!keep.empty()) {
      std::error_code error;
      fs::create_directories(keep, error);
      if (!error) return Folder(keep, /*ours=*/false);
      return absl::NotFoundError(absl::StrCat(keep, ": ", error.message()));
    }
    const fs::path path =
        fs::temp_directory_path() /
        absl::StrCat("mdrl-evaluate-",
                     absl::BytesToHexString(RandomRequestId()));
    if (mkdir(path.c_str(), S_IRWXU) == 0) return Folder(path, /*ours=*/true);
    return absl::UnavailableError(
        absl::StrCat(path.string(), ": ", std::strerror(errno)));
  }
  Folder(Folder&& other) noexcept
      : path_(std::exchange(other.path_, {})), ours_(other.ours_) {}
  Folder& operator=(Folder&&) = delete;
  ~Folder() {
    std::error_code ignored;
    if (ours_ && !path_.empty()) fs::remove_all(path_, ignored);
  }
  std::string operator/(const std::string& name) const {
    return (path_ / name).string();
  }

 private:
  Folder(fs::path path, bool ours) : path_(std::move(path)), ours_(ours) {}
  fs::path path_;
  bool ours_;
};

std::vector<std::string> GenerateArguments(const EvaluateModelOptions& options,
                                           const v1::DecodeSettings& decode,
                                           const std::string& prompts,
                                           const std::string& out) {
  std::vector<std::string> arguments = {"generate",
                                        "--model",
                                        options.model,
                                        "--prompts",
                                        prompts,
                                        "--out",
                                        out,
                                        "--canvas",
                                        absl::StrCat(decode.canvas_tokens()),
                                        "--block",
                                        absl::StrCat(decode.block_tokens()),
                                        "--steps",
                                        absl::StrCat(decode.decode_steps()),
                                        "--temperature",
                                        "0",
                                        "--seed",
                                        absl::StrCat(options.seed),
                                        "--rows",
                                        absl::StrCat(options.rows)};
  if (!options.adapter.empty()) {
    arguments.insert(arguments.end(), {"--adapter", options.adapter});
  }
  if (options.threads > 0) {
    arguments.insert(arguments.end(),
                     {"--threads", absl::StrCat(options.threads)});
  }
  return arguments;
}

// Decodes and scores one canvas into `row`; the exit code of what failed, or 0.
absl::StatusOr<int> EvaluateCanvas(const EvaluateModelOptions& options,
                                   const std::vector<Prompt>& prompts,
                                   const Folder& folder,
                                   const v1::DecodeSettings& decode,
                                   v1::Evaluation::Row& row) {
  const fs::path binaries =
      options.binaries.empty() ? OwnFolder() : options.binaries;
  const std::string canvas = absl::StrCat(decode.canvas_tokens());
  const std::string decoded = folder / ("decoded-" + canvas + ".jsonl");
  const std::string answers = folder / ("answers-" + canvas + ".jsonl");
  const std::string scores = folder / ("scores-" + canvas + ".jsonl");
  MDRL_ASSIGN_OR_RETURN(
      int code,
      RunSibling(binaries, "mdrl-rollout",
                 GenerateArguments(options, decode, folder / "prompts.jsonl",
                                   decoded)));
  if (code != 0) return code;
  MDRL_ASSIGN_OR_RETURN(const std::string lines, ReadFile(decoded));
  MDRL_ASSIGN_OR_RETURN(const DecodedAnswers read,
                        ReadDecoded(lines, decoded, prompts));
  MDRL_RETURN_IF_ERROR(WriteFileAtomically(answers, read.answers));
  const std::string rubric =
      options.rubric.empty() ? EvalRubricOf(options.task, "") : options.rubric;
  MDRL_ASSIGN_OR_RETURN(
      code, RunSibling(binaries, "mdrl-reward",
                       {"score", "--task", options.task, "--rubric",
                        rubric.empty() ? "bare" : rubric, "--in", answers,
                        "--out", scores}));
  if (code != 0) return code;
  MDRL_ASSIGN_OR_RETURN(const std::string scored, ReadFile(scores));
  row.set_effective_tokens_mean(read.effective_tokens_mean);
  MDRL_RETURN_IF_ERROR(AddScores(scored, scores, row));
  return 0;
}

}  // namespace

absl::StatusOr<int> RunEvaluateModel(const Session& session,
                                     const EvaluateModelOptions& options) {
  if (options.task.empty()) return Usage("--model needs --task TASK");
  MDRL_ASSIGN_OR_RETURN(const auto decodes, DecodeSettingsOf(options.decoding));
  MDRL_ASSIGN_OR_RETURN(const std::vector<Prompt> prompts,
                        QuestionsOf(options));
  MDRL_ASSIGN_OR_RETURN(const Folder folder, Folder::Make(options.keep));
  MDRL_RETURN_IF_ERROR(
      WriteFileAtomically(folder / "prompts.jsonl", QuestionLines(prompts)));
  v1::Evaluation evaluation;
  evaluation.set_state("DONE");
  ProgressLine progress(*session.err, session.err_terminal);
  for (const v1::DecodeSettings& decode : decodes) {
    progress.Show(absl::StrCat("canvas ", decode.canvas_tokens(), ": ",
                               prompts.size(), " prompts"));
    v1::Evaluation::Row& row = *evaluation.add_rows();
    row.set_task(options.task);
    *row.mutable_decode() = decode;
    row.set_total(prompts.size());
    MDRL_ASSIGN_OR_RETURN(
        const int code, EvaluateCanvas(options, prompts, folder, decode, row));
    if (code != 0) return code;
  }
  progress.Clear();
  PrintEvaluation(session, options.csv, evaluation);
  return 0;
}

}  // namespace mdrl
