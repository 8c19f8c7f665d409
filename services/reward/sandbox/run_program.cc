#include "services/reward/sandbox/run_program.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <nlohmann/json.hpp>
#include <optional>
#include <span>
#include <vector>

#include "absl/strings/str_cat.h"
#include "services/reward/sandbox/process_tree.h"
#include "services/reward/sandbox/scripts.h"

namespace mdrl {
namespace {

using Steady = std::chrono::steady_clock;
using std::chrono::microseconds;
using std::chrono::milliseconds;

// A machine that cannot start two interpreters in this time is no program's
// fault.
constexpr auto kStartLimit = std::chrono::seconds(20);
// How often the memory of all of a program's processes is added up.
constexpr auto kLookInterval = milliseconds(50);
// For a program whose link is closed to end, so that its end can be told.
constexpr auto kLastWords = milliseconds(100);
constexpr size_t kMostVerdictBytes = 4096;
constexpr uint64_t kOpenFiles = 64;

// What the judge wrote, if it is what a judge writes.
struct Verdict {
  std::string secret;
  std::string error;
  uint32_t passed = 0;
  uint32_t total = 0;
  bool loaded = false;
  bool gone = false;    // the program left before the tests were through
  bool memory = false;  // it ran out of memory
};

std::optional<Verdict> ParseVerdict(const std::string& text) {
  const auto json = nlohmann::json::parse(text, nullptr, false);
  const auto is = [&json](const char* key, nlohmann::json::value_t type) {
    return json.contains(key) && json[key].type() == type;
  };
  using Type = nlohmann::json::value_t;
  if (!json.is_object() || !is("secret", Type::string) ||
      !is("error", Type::string) || !is("passed", Type::number_unsigned) ||
      !is("total", Type::number_unsigned) || !is("loaded", Type::boolean) ||
      !is("gone", Type::boolean) || !is("memory", Type::boolean)) {
    return std::nullopt;
  }
  return Verdict{json["secret"], json["error"], json["passed"], json["total"],
                 json["loaded"], json["gone"],  json["memory"]};
}

struct Pipe {
  int read = -1;
  int write = -1;
};

bool MakePipe(Pipe& out) {
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return false;
  out = {ends[0], ends[1]};
  return true;
}

void Close(int& file) {
  if (file >= 0) close(file);
  file = -1;
}

// The state of one run. Its members are what the poll loop looks at.
class Run {
 public:
  Run(const RunOrder& order, int caller) : order_(order), caller_(caller) {}

  // False with errno: could not be started.
  bool Start(int program, int job, std::span<const sock_filter> filter);
  // Until the judge is done or the program has to be ended.
  void Watch();
  // Ends every process and waits for it.
  void EndAll();
  RunReply Reply() const;

 private:
  void LookAt(pollfd (&files)[5]);
  void TakeOutput();
  void TakeVerdict();
  void LookAtMemory();
  void AddTime(const rusage& usage);
  RunReply Judged(const Verdict& verdict, RunReply reply) const;
  RunReply Ended(RunReply reply) const;

  const RunOrder order_;
  const int caller_;
  Pipe verdict_pipe_, start_pipe_, output_pipe_;
  pid_t judge_ = -1;
  pid_t program_ = -1;
  int program_handle_ = -1;                   // readable once it ended
  Steady::time_point begin_ = Steady::now();  // then: when both ran
  Steady::time_point deadline_ = begin_ + kStartLimit;
  bool judge_started_ = false;
  bool program_started_ = false;
  bool program_ended_ = false;
  bool done_ = false;
  std::string verdict_;
  uint64_t output_ = 0;
  // Why the run was ended from outside.
  bool timed_out_ = false;
  bool over_memory_ = false;
  bool over_output_ = false;
  std::optional<int> status_;  // of the program's process
  double cpu_seconds_ = 0.0;
};

bool Run::Start(int program, int job, std::span<const sock_filter> filter) {
  int link[2];
  if (!MakePipe(verdict_pipe_) || !MakePipe(start_pipe_) ||
      !MakePipe(output_pipe_) ||
      socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, link) != 0) {
    return false;
  }
  ProgramLimits limits;
  limits.scratch_bytes = order_.scratch_bytes;
  const int nothing = open("/dev/null", O_RDWR | O_CLOEXEC);
  const std::string memory = absl::StrCat(order_.memory_bytes);
  const std::string files = absl::StrCat(kOpenFiles);
  // The judge does the tests' own work; its limits only keep it from harm.
  const Interpreter judge = {
      JudgeScript(),
      {absl::StrCat(std::max<uint64_t>(order_.memory_bytes, 512u << 20)),
       absl::StrCat(order_.cpu_seconds + 2), "16", "0", files},
      false,
      {nothing, nothing, nothing, link[0], verdict_pipe_.write, job}};
  const Interpreter guest = {
      ProgramScript(),
      {memory, absl::StrCat(order_.cpu_seconds), absl::StrCat(order_.processes),
       absl::StrCat(order_.scratch_bytes), files},
      true,
      {nothing, output_pipe_.write, output_pipe_.write, link[1],
       start_pipe_.write, program}};
  judge_ = StartInterpreter(judge, limits, order_.walls, filter);
  if (judge_ > 0) {
    program_ = StartInterpreter(guest, limits, order_.walls, filter);
  }
  if (program_ > 0) {
    program_handle_ = static_cast<int>(syscall(SYS_pidfd_open, program_, 0));
  }
  close(nothing);
  close(link[0]);
  close(link[1]);
  Close(verdict_pipe_.write);
  Close(start_pipe_.write);
  Close(output_pipe_.write);
  fcntl(output_pipe_.read, F_SETFL, O_NONBLOCK);
  return program_handle_ >= 0;
}

void Run::TakeOutput() {
  char buffer[1 << 16];
  for (;;) {
    const ssize_t size = read(output_pipe_.read, buffer, sizeof(buffer));
    if (size < 0) return;
    if (size == 0) return Close(output_pipe_.read);
    output_ += size;
    over_output_ = output_ > order_.output_bytes;
    if (over_output_) return;
  }
}

void Run::TakeVerdict() {
  char buffer[1024];
  const ssize_t size = read(verdict_pipe_.read, buffer, sizeof(buffer));
  if (size <= 0 || verdict_.size() > kMostVerdictBytes) {
    done_ = true;
    return;
  }
  // The first byte says that the judge runs.
  verdict_.append(buffer + (judge_started_ ? 0 : 1),
                  size - (judge_started_ ? 0 : 1));
  judge_started_ = true;
}

void Run::LookAtMemory() {
  std::vector<pid_t> tree = Descendants(program_);
  tree.push_back(program_);
  over_memory_ = PrivateBytes(tree) > order_.memory_bytes;
}

void Run::LookAt(pollfd (&files)[5]) {
  const auto ready = [&files](int at) { return files[at].revents != 0; };
  const bool both = judge_started_ && program_started_;
  if (ready(0)) TakeVerdict();
  if (ready(1)) {
    char byte = 0;
    program_started_ = read(start_pipe_.read, &byte, 1) == 1;
    Close(start_pipe_.read);
  }
  if (ready(2)) TakeOutput();
  if (ready(3)) {
    program_ended_ = true;
    // Without its first byte it never started, and no judge waits for it.
    done_ |= !program_started_ && start_pipe_.read < 0;
  }
  if (ready(4)) done_ = true;  // nobody waits for the reply
  if (!both && judge_started_ && program_started_) {
    begin_ = Steady::now();
    deadline_ = begin_ + microseconds(order_.wall_microseconds);
  }
}

void Run::Watch() {
  Steady::time_point look = Steady::now() + kLookInterval;
  while (!done_ && !over_memory_ && !over_output_) {
    const auto now = Steady::now();
    if (now >= deadline_) {
      timed_out_ = true;
      return;
    }
    if (now >= look) {
      LookAtMemory();
      look = Steady::now() + kLookInterval;
    }
    const auto wait = std::min(deadline_, look) - now;
    const timespec time = {wait.count() > 0 ? wait.count() / 1'000'000'000 : 0,
                           wait.count() > 0 ? wait.count() % 1'000'000'000 : 0};
    pollfd files[5] = {{verdict_pipe_.read, POLLIN, 0},
                       {start_pipe_.read, POLLIN, 0},
                       {output_pipe_.read, POLLIN, 0},
                       {program_ended_ ? -1 : program_handle_, POLLIN, 0},
                       {caller_, POLLIN, 0}};
    if (ppoll(files, 5, &time, nullptr) > 0) LookAt(files);
  }
  if (over_memory_ || over_output_ || program_ended_) return;
  // The judge is done. Had the program left, its last words are near.
  const std::optional<Verdict> verdict = ParseVerdict(verdict_);
  if (!verdict || verdict->gone) {
    pollfd handle = {program_handle_, POLLIN, 0};
    poll(&handle, 1, static_cast<int>(kLastWords.count()));
  }
}

void Run::AddTime(const rusage& usage) {
  for (const timeval& time : {usage.ru_utime, usage.ru_stime}) {
    cpu_seconds_ += static_cast<double>(time.tv_sec) + time.tv_usec * 1e-6;
  }
}

void Run::EndAll() {
  int status = 0;
  rusage usage = {};
  // First what ended by itself: a signal of ours would hide how.
  if (program_ > 0 && wait4(program_, &status, WNOHANG, &usage) == program_) {
    status_ = status;
    AddTime(usage);
  }
  // Whoever is orphaned becomes our child (PR_SET_CHILD_SUBREAPER); the first
  // process of a namespace ends only after all others in it.
  for (;;) {
    for (const pid_t process : Descendants(getpid())) kill(process, SIGKILL);
    if (judge_ > 0) kill(judge_, SIGKILL);
    const pid_t ended = wait4(-1, &status, 0, &usage);
    if (ended < 0 && errno == EINTR) continue;
    if (ended < 0) return;
    if (ended == judge_) judge_ = -1;
    // Not of the program alone: a namespace's first process is ours in the end,
    // the judge's, too. It only explains a kill.
    AddTime(usage);
  }
}

// A verdict: what the tests say.
RunReply Run::Judged(const Verdict& verdict, RunReply reply) const {
  reply.spoofed = verdict.secret != order_.secret;
  if (reply.spoofed || verdict.gone) return Ended(std::move(reply));
  reply.passed = verdict.passed;
  reply.total = verdict.total;
  verdict.error.copy(reply.message, sizeof(reply.message) - 1);
  reply.end = verdict.memory && verdict.passed < verdict.total
                  ? ProgramResult::End::kMemory
              : verdict.loaded ? ProgramResult::End::kJudged
                               : ProgramResult::End::kRejected;
  if (reply.end != ProgramResult::End::kJudged) reply.passed = reply.total = 0;
  return reply;
}

// No verdict to believe: the program left, or took the judge's memory or time.
RunReply Run::Ended(RunReply reply) const {
  const bool killed = status_.has_value() &&
                      (WIFSIGNALED(*status_) ? WTERMSIG(*status_) == SIGKILL
                                             : WEXITSTATUS(*status_) == 137);
  const bool cpu = killed && cpu_seconds_ >= order_.cpu_seconds - 0.1;
  reply.end = timed_out_ || cpu ? ProgramResult::End::kTimeout
              : over_memory_    ? ProgramResult::End::kMemory
                                : ProgramResult::End::kCrash;
  using Kill = ProgramResult::Kill;
  reply.kill = timed_out_     ? Kill::kWall
               : cpu          ? Kill::kCpu
               : over_memory_ ? Kill::kMemory
               : over_output_ ? Kill::kOutput
                              : Kill::kNone;
  std::string message =
      timed_out_             ? "ran longer than it may"
      : cpu                  ? "used more processor time than it may"
      : over_memory_         ? "its processes hold more memory than they may"
      : over_output_         ? "wrote more than it may"
      : !status_.has_value() ? "left its tests"
      : WIFSIGNALED(*status_)
          ? absl::StrCat("left its tests by signal ", WTERMSIG(*status_))
          : absl::StrCat("left its tests with exit code ",
                         WEXITSTATUS(*status_));
  std::memset(reply.message, 0, sizeof(reply.message));
  message.copy(reply.message, sizeof(reply.message) - 1);
  return reply;
}

RunReply Run::Reply() const {
  RunReply reply;
  reply.took_microseconds =
      std::chrono::duration_cast<microseconds>(Steady::now() - begin_).count();
  if (!judge_started_ || !program_started_) {
    reply.service_error = true;
    const std::string message = absl::StrCat(
        !judge_started_ ? "the judge" : "the program",
        "'s interpreter did not start",
        status_ && WIFEXITED(*status_)
            ? absl::StrCat(" (exit code ", WEXITSTATUS(*status_), ")")
            : "");
    message.copy(reply.message, sizeof(reply.message) - 1);
    return reply;
  }
  const std::optional<Verdict> verdict = ParseVerdict(verdict_);
  if (timed_out_ || over_memory_ || over_output_ || !verdict) {
    return Ended(std::move(reply));
  }
  return Judged(*verdict, std::move(reply));
}

std::vector<sock_filter> ReadFilter(int file) {
  std::vector<sock_filter> out(lseek(file, 0, SEEK_END) / sizeof(sock_filter));
  const size_t size = out.size() * sizeof(sock_filter);
  if (pread(file, out.data(), size, 0) != static_cast<ssize_t>(size)) {
    out.clear();  // no kernel takes an empty one, so nothing will start
  }
  return out;
}

}  // namespace

RunReply RunProgram(const RunOrder& order, int program, int job, int filter,
                    int caller) {
  prctl(PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0);
  Run run(order, caller);
  const bool started = run.Start(program, job, ReadFilter(filter));
  if (started) run.Watch();
  run.EndAll();
  return run.Reply();
}

}  // namespace mdrl
