// The learner's loop in one process: the real learner and real workers, joined
// by direct calls instead of gRPC, on the sort example with a random model.
#ifndef MDRL_TESTS_INTEGRATION_LOOP_RIG_H_
#define MDRL_TESTS_INTEGRATION_LOOP_RIG_H_

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "ATen/Parallel.h"
#include "absl/strings/str_cat.h"
#include "common/base/clock.h"
#include "common/model/adapter_source.h"
#include "common/model/weights.h"
#include "common/sync/periodic_task.h"
#include "common/tasks/check_truth.h"
#include "services/learner/learner.h"
#include "services/learner/model_source.h"
#include "services/learner/server.h"
#include "services/reward/scoring.h"
#include "services/rollout/completion_text.h"
#include "services/rollout/torch_engine.h"
#include "services/rollout/worker.h"
#include "tests/testing/direct_link.h"

namespace mdrl {

inline constexpr char kLoopModel[] = "examples/sort/model";

struct RunSettings {
  std::string folder = {};
  uint64_t seed = 1;
  uint64_t rounds = 4;
  uint64_t max_staleness = 0;
  int workers = 1;
  bool lora = false;
  // What a test changes of the options below.
  std::function<void(LearnerOptions&)> change = {};
};

struct RunOutcome {
  absl::Status status;
  Digest chain;
  uint64_t steps = 0;
  LeaseTable::Counts tickets;
  std::vector<uint64_t> lags;  // of every completion, by round
  RunSummary summary;
};

inline LearnerOptions OptionsOf(const RunSettings& settings,
                                const ModelSource& source) {
  LearnerOptions options;
  options.run_name = "loop-test";
  options.run_dir = settings.folder;
  options.seed = settings.seed;
  options.algorithm.corruption.block_tokens = 4;
  options.algorithm.corruption.mask_prompt = 0.0;
  options.algorithm.spg.beta = 1.0;
  options.optimizer.lr = 1e-3;
  options.optimizer.grad_clip = 1.0;
  options.stop.rounds = settings.rounds;
  options.checkpoint.every_rounds = 2;
  SftSettings stage;
  stage.steps = 20;
  stage.batch = 16;
  stage.optimizer.lr = 3e-3;
  stage.optimizer.warmup_steps = 5;
  options.sft.push_back(stage);

  DeskOptions& desk = options.desk;
  desk.seed = settings.seed;
  desk.base_model_hash = source.base_model_hash;
  desk.tokenizer_hash = source.tokenizer_hash;
  desk.vocabulary = static_cast<uint32_t>(source.config.vocab);
  desk.groups_per_round = 6;
  desk.group_size = 4;
  desk.max_staleness = settings.max_staleness;
  desk.rounds_limit = settings.rounds;
  desk.decode = {.canvas_tokens = 4,
                 .block_tokens = 4,
                 .decode_steps = 4,
                 .temperature = 1.0f,
                 .forbid_ids = {0}};
  desk.tasks["sort"].rubric = "bare";
  desk.tasks["sort"].eval_rubric = "bare";
  desk.eval_decode = {desk.decode};
  desk.eval_decode.front().temperature = 0.0f;
  desk.tokenize = [tokenizer = source.tokenizer](const Prompt& prompt) {
    return tokenizer->Encode(prompt.turns.front().text);
  };
  desk.group_codec = WireCodecs().group;
  return options;
}

inline std::vector<std::string> Digits(uint64_t count) {
  std::vector<std::string> all;
  for (uint64_t i = 0; i < count; ++i) {
    all.push_back(absl::StrCat(1000 + (i * 7919) % 9000));
  }
  return all;
}

inline std::vector<SftPair> SftPairs(const Tokenizer& tokenizer) {
  std::vector<SftPair> pairs;
  for (const std::string& digits : Digits(64)) {
    pairs.push_back({*tokenizer.Encode("<bos>" + digits + "<sep>"),
                     *tokenizer.Encode(digits)});
  }
  return pairs;
}

inline void Submit(FrontDesk& desk, const std::string& name, uint64_t count,
                   bool held_out) {
  std::vector<Prompt> prompts;
  for (const std::string& digits : Digits(count)) {
    Prompt prompt;
    prompt.task = "sort";
    prompt.turns = {{"user", "<bos>" + digits + "<sep>"}};
    prompt.truth = SortTruthJson(digits);
    prompt.id = name + digits;
    prompts.push_back(prompt);
  }
  PromptSetHeader header;
  header.request_id.bytes[0] = held_out ? 2 : 1;
  header.name = name;
  header.task = "sort";
  header.count = count;
  header.sha256 = PromptSetSha256(prompts);
  header.held_out = held_out;
  auto submission = desk.BeginPromptSet(header);
  ASSERT_TRUE(submission.ok()) << submission.status();
  ASSERT_TRUE((*submission)->Append(std::move(prompts)).ok());
  std::promise<absl::Status> done;
  (*submission)->Finish([&done](absl::StatusOr<PromptSetView> view) {
    done.set_value(view.status());
  });
  ASSERT_TRUE(done.get_future().get().ok());
}

// A worker on a thread of its own.
class LoopWorker {
 public:
  LoopWorker(int number, const ModelSource& source, FrontDesk& desk)
      : learner_(desk),
        reward_(ScoreTexts, ListTasks),
        engine_(source.config, /*threads_per_lane=*/1),
        worker_(OptionsOf(number, source), learner_, reward_, engine_) {
    if (source.lora) {
      EXPECT_TRUE(engine_.ReadBase(source.lora->settings.base_model).ok());
    }
    thread_ = std::thread([this] { (void)worker_.Run(); });
  }
  ~LoopWorker() {
    worker_.Close();
    thread_.join();
  }

 private:
  static WorkerOptions OptionsOf(int number, const ModelSource& source) {
    WorkerOptions options;
    options.name = absl::StrCat("worker-", number);
    options.base_model_hash = source.base_model_hash;
    options.tokenizer_hash = source.tokenizer_hash;
    options.lanes = 1;
    options.capacity = 3;
    options.grace = absl::ZeroDuration();
    options.manifest_codec = WireCodecs().manifest;
    options.text_of = [tokenizer = source.tokenizer,
                       eos = source.config.eos_id](const mdrl::Lease& lease,
                                                   const Completion& done) {
      return CompletionText(*tokenizer, done.tokens, eos,
                            lease.keep_text_after_eos);
    };
    return options;
  }

  DirectLearnerLink learner_;
  DirectRewardLink reward_;
  TorchEngine engine_;
  RolloutWorker worker_;
  std::thread thread_;
};

inline std::vector<uint64_t> LagsOf(const std::string& ledger_path,
                                    const GroupCodec& codec) {
  std::vector<uint64_t> lags;
  const auto run = RecoverRun({.path = ledger_path, .codec = codec});
  EXPECT_TRUE(run.ok()) << run.status();
  for (const StoredRound& round : run->rounds) {
    for (const RecoveredGroup& group : round.groups) {
      for (const Completion& completion : group.group.completions) {
        lags.push_back(round.round - completion.versions.front().version);
      }
    }
  }
  return lags;
}

// The same model with random weights as a base on disk, and an adapter.
inline absl::StatusOr<ModelSource> ReadLoraSource(const RunSettings& settings) {
  const std::filesystem::path base = settings.folder + "/base";
  if (!std::filesystem::exists(base)) {
    std::filesystem::copy(kLoopModel, base);
    const auto config = ReadLladaConfig(base / "config.json");
    EXPECT_TRUE(WriteModelFolder(base, *config, InitWeights(*config, 1)).ok());
  }
  return ReadModelSource(base, /*random_init=*/false, settings.seed,
                         LoraRunSettings{.rank = 4, .alpha = 8.0});
}

// From the folder's state to the end of the run, or to the loop's stop.
inline RunOutcome RunLoop(const RunSettings& settings) {
  at::set_num_threads(1);
  std::filesystem::create_directories(settings.folder + "/checkpoints");
  auto source =
      settings.lora
          ? ReadLoraSource(settings)
          : ReadModelSource(kLoopModel, /*random_init=*/true, settings.seed);
  EXPECT_TRUE(source.ok()) << source.status();
  LearnerOptions options = OptionsOf(settings, *source);
  if (settings.change) settings.change(options);
  const std::string ledger_path = settings.folder + "/ledger.db";
  auto ledger = Ledger::Open({.path = ledger_path});
  EXPECT_TRUE(ledger.ok()) << ledger.status();
  CheckpointFolder checkpoints({.root = settings.folder + "/checkpoints"});
  const auto newest = checkpoints.FindNewest();
  const auto recovered =
      RecoverRun({.path = ledger_path,
                  .codec = options.desk.group_codec,
                  .first_round = newest.ok() ? newest->state.round : 0});
  EXPECT_TRUE(recovered.ok()) << recovered.status();
  options.desk.epoch = recovered->last_epoch + 1;
  EXPECT_TRUE((*ledger)
                  ->Commit(LedgerWrite().Add(
                      EpochStarted{options.desk.epoch, "test", ""}))
                  .ok());
  Clock& clock = Clock::Real();
  auto desk = FrontDesk::Create(options.desk, clock, **ledger, *recovered);
  EXPECT_TRUE(desk.ok()) << desk.status();
  RunBoard board;
  auto learner = Learner::Create(
      options,
      {.desk = **desk,
       .ledger = **ledger,
       .checkpoints = checkpoints,
       .board = board,
       .step_log = nullptr,
       .clock = clock,
       .manifest_codec = WireCodecs().manifest,
       .text_of =
           [tokenizer = source->tokenizer](const std::vector<int32_t>& ids) {
             return tokenizer->Decode(ids, /*skip_special=*/false);
           },
       .sft = {SftPairs(*source->tokenizer)},
       .recovered = *recovered},
      source->config, source->weights, source->files, source->lora);
  EXPECT_TRUE(learner.ok()) << learner.status();
  EXPECT_TRUE((*learner)->Restore().ok());
  PeriodicTask tick("tick", absl::Milliseconds(20), [&] { (*desk)->Tick(); });
  if (recovered->prompt_sets.empty()) {
    Submit(**desk, "held-out", 8, /*held_out=*/true);
    Submit(**desk, "train", 48, /*held_out=*/false);
  }
  RunOutcome outcome;
  {
    std::vector<std::unique_ptr<LoopWorker>> workers;
    for (int i = 0; i < settings.workers; ++i) {
      workers.push_back(std::make_unique<LoopWorker>(i, *source, **desk));
    }
    outcome.status = (*learner)->Run();
    outcome.tickets =
        (*desk)->Status(/*with_workers=*/false, /*with_sets=*/false).tickets;
    (*desk)->Close();
  }
  tick.Close();
  (*ledger)->Close();
  outcome.chain = board.facts().chain;
  outcome.steps = board.facts().step;
  outcome.lags = LagsOf(ledger_path, options.desk.group_codec);
  const auto summary = ReadSummary(settings.folder + "/summary.json");
  if (summary.ok()) outcome.summary = *summary;
  return outcome;
}

inline std::string LoopFolder(const std::string& name) {
  return absl::StrCat(::testing::TempDir(), "mdrl-loop-", getpid(), "-", name);
}

// In a folder of its own, which is removed.
inline RunOutcome RunFresh(RunSettings settings, const std::string& name) {
  settings.folder = LoopFolder(name);
  std::filesystem::remove_all(settings.folder);
  RunOutcome outcome = RunLoop(settings);
  std::filesystem::remove_all(settings.folder);
  return outcome;
}

}  // namespace mdrl

#endif  // MDRL_TESTS_INTEGRATION_LOOP_RIG_H_
