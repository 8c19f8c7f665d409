#include "client/command/up.h"

#include <unistd.h>

#include <algorithm>
#include <memory>
#include <ostream>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "client/command/page_feed.h"
#include "client/launch/prometheus.h"
#include "client/launch/run_folder.h"
#include "client/launch/scrape_targets.h"
#include "client/launch/service_plan.h"
#include "client/launch/supervisor.h"
#include "client/launch/task_check.h"
#include "client/report/elapsed_text.h"
#include "client/report/event_line.h"
#include "client/report/live_page.h"
#include "client/report/progress.h"
#include "client/report/progress_line.h"
#include "client/report/run_summary.h"
#include "client/rpc/event_watch.h"
#include "common/base/clock.h"
#include "common/base/status_macros.h"
#include "common/config/check_config.h"
#include "common/config/derived.h"
#include "common/config/load_config.h"
#include "common/config/print_config.h"
#include "common/format/file.h"
#include "common/sync/stop_signal.h"

namespace mdrl {
namespace {

namespace fs = std::filesystem;

// Of lines about steps, where no page is drawn.
constexpr absl::Duration kInterval = absl::Seconds(2);
// A page must not hold up the processes it is about.
constexpr absl::Duration kPageCall = absl::Milliseconds(500);
constexpr size_t kMostKept = 200;
// Of a process that closed its door, until it is gone.
constexpr absl::Duration kLastWords = absl::Seconds(10);

// Everything that is known before the first process starts.
struct Prepared {
  LoadedConfig config;
  fs::path folder;
  PromptPlan prompts;
};

absl::StatusOr<LoadedConfig> Configure(const UpOptions& options) {
  MDRL_ASSIGN_OR_RETURN(LoadedConfig config,
                        LoadConfig({.path = options.file,
                                    .environment = ProcessEnvironment(),
                                    .sets = options.sets}));
  config::v1::Run& run = config.run;
  if (!options.run_dir.empty()) run.mutable_run()->set_dir(options.run_dir);
  if (options.seed) run.mutable_run()->set_seed(*options.seed);
  if (options.rollouts) run.mutable_up()->set_rollouts(*options.rollouts);
  if (options.rewards) run.mutable_up()->set_rewards(*options.rewards);
  UseFreePorts(&config);
  MDRL_RETURN_IF_ERROR(WithContext(RequireClean(config), options.file));
  run.mutable_run()->set_dir(RunFolder(run));
  return config;
}

absl::StatusOr<Prepared> Prepare(const UpOptions& options) {
  Prepared prepared;
  MDRL_ASSIGN_OR_RETURN(prepared.config, Configure(options));
  config::v1::Run& run = prepared.config.run;
  prepared.folder = run.run().dir();
  const auto test_set = options.test_set.empty()
                            ? std::nullopt
                            : std::optional<fs::path>(options.test_set);
  MDRL_ASSIGN_OR_RETURN(prepared.prompts,
                        PlanPrompts(prepared.folder, test_set, &run));
  MDRL_RETURN_IF_ERROR(ClaimRunFolder(
      prepared.folder, options.resume || run.run().resume() != "never"));
  MDRL_RETURN_IF_ERROR(WriteFiles(prepared.prompts));
  // The folder was found empty, or is to be gone on with: the learner, which
  // finds these files in it, may take it either way.
  if (run.run().resume() == "never") run.mutable_run()->set_resume("auto");
  MDRL_RETURN_IF_ERROR(WriteFileAtomically(
      prepared.folder / "config.resolved.yaml", PrintConfig(run)));
  return prepared;
}

// One run, while it lasts.
class Launch {
 public:
  // `prometheus`: its program; empty: none is wanted.
  Launch(const Session& session, Prepared prepared, fs::path binaries,
         fs::path prometheus)
      : session_(session),
        prepared_(std::move(prepared)),
        prometheus_(std::move(prometheus)),
        targets_(ScrapeTargetsFile(prepared_.folder),
                 prepared_.config.run.run().name()),
        started_(clock_.Now()),
        progress_(prepared_.folder, kInterval),
        progress_line_(*session.out, session.terminal >= 0) {
    plan_ = {.binaries = std::move(binaries),
             .run_folder = prepared_.folder,
             .parent = getpid(),
             .environment = WithoutConfigVariables(ProcessEnvironment())};
  }

  absl::StatusOr<int> Run() {
    MDRL_ASSIGN_OR_RETURN(const auto stop, StopSignal::Install());
    MDRL_ASSIGN_OR_RETURN(
        supervisor_,
        Supervisor::Create(
            {.grace = ToAbslDuration(prepared_.config.run.timeouts().grace()),
             .tell = [this](const std::string& line) { Say(line); },
             .on_tick = [this] { Tick(); },
             .on_ready =
                 [this](const Service& service, const ReadyLine& ready) {
                   NoteTarget(service, ready);
                 }},
            *stop, clock_));
    const absl::Status status = StartAll();
    if (status.ok()) {
      const int code = supervisor_->Run();
      ClosePage();
      return code;
    }
    // A run that was complete before ends while it is handed its prompts: at
    // its closed door, or in the middle of the call.
    const bool left = absl::IsUnavailable(status) || absl::IsCancelled(status);
    const bool complete = left && supervisor_->WaitForEnd(kLastWords) == 0;
    supervisor_->StopAll();
    progress_line_.Clear();
    if (complete) return 0;
    // A stop ends the processes, and with them what we were asking them.
    if (stop->Requested()) return supervisor_->EndCode();
    // A process's own failure, which it has explained.
    if (absl::IsAborted(status)) {
      *session_.err << "mdrlctl: " << status.message() << "\n";
      return supervisor_->EndCode();
    }
    return status;
  }

 private:
  // A line that stays. While the page is drawn it is shown there, and stays
  // where the page was.
  void Say(const std::string& line) {
    if (page_ != nullptr) {
      page_->view().TakeNews(line);
      if (kept_.size() < kMostKept) kept_.push_back(line);
      return;
    }
    progress_line_.Clear();
    *session_.out << line << std::endl;
  }

  absl::StatusOr<ReadyLine> Start(const std::string& role, Service service) {
    starting_ = role;
    starting_since_ = clock_.Now();
    absl::StatusOr<ReadyLine> ready = supervisor_->Start(std::move(service));
    starting_.clear();
    progress_line_.Clear();
    return ready;
  }

  absl::Status StartAll() {
    const config::v1::Run& run = prepared_.config.run;
    std::vector<std::string> rewards;
    for (uint32_t i = 0; i < run.up().rewards(); ++i) {
      MDRL_ASSIGN_OR_RETURN(
          const ReadyLine ready,
          Start("reward ", plan_.Reward(static_cast<int>(i))));
      rewards.push_back(ready.rpc);
      Say(absl::StrCat("reward   ", ready.rpc, " ready"));
    }
    if (rewards.empty()) {  // somebody else's, which are running
      const auto& peers = run.rollout().peers().reward();
      rewards.assign(peers.begin(), peers.end());
    }
    MDRL_RETURN_IF_ERROR(CheckRewardServices(run, rewards));
    MDRL_ASSIGN_OR_RETURN(const ReadyLine learner,
                          Start("learner", plan_.Learner(started_)));
    Say(absl::StrCat("learner  ", learner.rpc, " ready"));
    MDRL_RETURN_IF_ERROR(SubmitAll(learner.rpc));
    for (uint32_t i = 0; i < run.up().rollouts(); ++i) {
      MDRL_RETURN_IF_ERROR(
          supervisor_
              ->Start(plan_.Rollout(static_cast<int>(i), learner.rpc, rewards))
              .status());
    }
    Say(absl::StrCat("rollout  ", run.up().rollouts(), " started"));
    // Last: by now everybody else has a port.
    if (!prometheus_.empty()) MDRL_RETURN_IF_ERROR(StartPrometheus());
    Watch(learner.rpc);
    return absl::OkStatus();
  }

  // Only for what people like to see; a run goes on without.
  void Watch(const std::string& learner) {
    const bool page = session_.terminal >= 0;
    absl::StatusOr<std::unique_ptr<EventWatch>> watch = EventWatch::Open(
        learner, page ? RunView::Kinds()
                      : std::vector<std::string>{"sft", "checkpoint"});
    if (watch.ok()) watch_ = *std::move(watch);
    if (!page) return;
    auto link = LearnerLink::Connect(learner, kPageCall);
    if (!link.ok()) return;
    feed_ = std::make_unique<PageFeed>(*std::move(link));
    page_ = std::make_unique<LivePage>(
        session_.terminal,
        PageStyle{.unicode = session_.unicode, .color = session_.color});
  }

  absl::Status StartPrometheus() {
    MDRL_RETURN_IF_ERROR(WritePrometheusFiles(prepared_.folder));
    MDRL_ASSIGN_OR_RETURN(const uint16_t port, FreeLoopbackPort());
    MDRL_RETURN_IF_ERROR(
        supervisor_->Start(PrometheusService(plan_, prometheus_, port))
            .status());
    Say(absl::StrCat("metrics  ", ConsoleUrl(port)));
    return absl::OkStatus();
  }

  void NoteTarget(const Service& service, const ReadyLine& ready) {
    if (ready.metrics.empty()) return;
    // A run goes on unwatched.
    const absl::Status status = targets_.Set(service.child.name, ready.metrics);
    if (!status.ok()) Say(absl::StrCat("metrics  ", status.message()));
  }

  absl::Status SubmitAll(const std::string& learner) {
    MDRL_ASSIGN_OR_RETURN(const auto link,
                          LearnerLink::Connect(learner, session_.timeout));
    // Held-out sets first: the evaluation at the start waits for no set that
    // comes after the first.
    std::stable_partition(prepared_.prompts.sets.begin(),
                          prepared_.prompts.sets.end(),
                          [](const PlannedSet& set) { return set.held_out; });
    for (const PlannedSet& set : prepared_.prompts.sets) {
      const absl::StatusOr<v1::PromptSet> reply =
          link->Submit({.name = set.name,
                        .task = set.task,
                        .prompts = set.prompts.prompts,
                        .weight = set.weight,
                        .held_out = set.held_out});
      if (!reply.ok()) {
        return WithContext(reply.status(),
                           absl::StrCat("prompt set ", set.name));
      }
      std::string line =
          absl::StrCat("submit   ", set.name, "  ", reply->count(), " prompts",
                       set.held_out ? "  held out" : "",
                       reply->already_known() ? "  known already" : "");
      if (set.prompts.several_solutions > 0) {
        absl::StrAppend(&line, "  ", set.prompts.several_solutions,
                        " with several solutions");
      }
      Say(line);
    }
    return absl::OkStatus();
  }

  void Tick() {
    const absl::Time now = clock_.Now();
    if (!starting_.empty()) {
      progress_line_.Show(absl::StrCat(starting_, "  starting, ",
                                       ElapsedText(now - starting_since_)));
    }
    if (page_ == nullptr) {
      if (watch_ != nullptr) {
        for (const v1::Event& event : watch_->Take()) Say(EventLine(event));
      }
      for (const std::string& line : progress_.News(now)) Say(line);
      return;
    }
    if (watch_ != nullptr) {
      for (const v1::Event& event : watch_->Take()) page_->view().Take(event);
    }
    feed_->Ask(page_->view(), now);
    page_->Draw(now);
  }

  // Leaves the last page behind, and what was said meanwhile.
  void ClosePage() {
    if (page_ == nullptr) return;
    const auto last = page_->Close(clock_.Now());
    page_.reset();
    for (const std::string& line : last) *session_.out << line << "\n";
    for (const std::string& line : kept_) *session_.out << line << "\n";
    *session_.out << std::flush;
  }

  const Session& session_;
  Prepared prepared_;
  const fs::path prometheus_;
  ScrapeTargets targets_;
  Clock& clock_ = Clock::Real();
  const absl::Time started_;
  ServicePlan plan_;
  Progress progress_;
  std::string starting_;  // the process that is waited for; empty: none
  absl::Time starting_since_;
  ProgressLine progress_line_;
  std::unique_ptr<EventWatch> watch_;
  std::unique_ptr<PageFeed> feed_;
  std::unique_ptr<LivePage> page_;  // on a terminal, once all are started
  std::vector<std::string> kept_;   // said while there was a page
  std::unique_ptr<Supervisor> supervisor_;
};

// Refusals: bad input, a folder or port in use, a peer that doesn't fit.
// Without a ledger the run never was.
bool WasRefused(int code) { return code == 65 || (code >= 75 && code <= 78); }

// What is left behind, and how to go on.
void TellEnd(const Session& session, const UpOptions& options,
             const fs::path& folder, int code) {
  std::ostream& out = *session.out;
  const auto text = ReadFile(folder / "summary.json");
  if (session.json) {
    out << (text.ok() ? *text : std::string("{}\n"));
    return;
  }
  if (text.ok() && code == 0) {
    const auto summary = ParseRunSummary(*text);
    if (summary.ok()) out << SummaryTable(*summary, session.color);
  }
  if (!fs::exists(folder / "ledger.db")) return;  // it never began
  std::string checkpoint = "none yet";
  if (const auto latest = ReadFile(folder / "checkpoints/LATEST");
      latest.ok()) {
    checkpoint =
        (folder / "checkpoints" / latest->substr(0, latest->find('\n')))
            .string();
  }
  out << "\n  checkpoint  " << checkpoint << "\n  step log    "
      << (folder / "steps.jsonl").string() << "\n  ledger      "
      << (folder / "ledger.db").string() << "\n";
  if (code != 0) {
    out << "\nThe run can go on:  mdrlctl up " << options.file << " --run-dir "
        << folder.string() << " --resume\n";
  }
}

}  // namespace

absl::StatusOr<int> RunUp(const Session& session, const UpOptions& options) {
  const fs::path binaries =
      options.binaries.empty() ? OwnFolder() : options.binaries;
  MDRL_RETURN_IF_ERROR(CheckBinaries(binaries));
  fs::path prometheus;
  if (options.prometheus) {
    MDRL_ASSIGN_OR_RETURN(prometheus, FindPrometheus(ProcessEnvironment()));
  }
  MDRL_ASSIGN_OR_RETURN(Prepared prepared, Prepare(options));
  const fs::path folder = prepared.folder;
  Session progress = session;
  // With --json standard output is the summary and nothing else.
  if (session.json) {
    progress.out = session.err;
    progress.terminal = -1;
  }
  *progress.out << "run      " << folder.string() << "\n";
  const absl::StatusOr<int> code =
      Launch(progress, std::move(prepared), binaries, prometheus).Run();
  const bool refused =
      code.ok() ? WasRefused(*code) : absl::IsInvalidArgument(code.status());
  if (refused && !options.resume) ForgetRunFolder(folder);
  MDRL_RETURN_IF_ERROR(code.status());
  TellEnd(session, options, folder, *code);
  return code;
}

}  // namespace mdrl
