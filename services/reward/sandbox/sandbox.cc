#include "services/reward/sandbox/sandbox.h"

#include <poll.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <nlohmann/json.hpp>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"
#include "services/reward/sandbox/process_tree.h"
#include "services/reward/sandbox/run_program.h"
#include "services/reward/sandbox/seccomp_filter.h"

namespace mdrl {
namespace {

// Beyond the run's own limits: for its process to start and to clear up.
constexpr absl::Duration kSlack = absl::Seconds(30);

// A file in memory that holds `text`; -1: no room.
int FileOf(const void* text, size_t size) {
  const int file = memfd_create("mdrl-run", MFD_CLOEXEC);
  if (file < 0) return -1;
  const char* at = static_cast<const char*>(text);
  while (size > 0) {
    const ssize_t written = write(file, at, size);
    if (written <= 0) {
      close(file);
      return -1;
    }
    at += written;
    size -= written;
  }
  return file;
}

// 32 hexadecimal digits that nobody can guess.
bool DrawSecret(char (&secret)[33]) {
  unsigned char bytes[16];
  if (getrandom(bytes, sizeof(bytes), 0) != sizeof(bytes)) return false;
  for (int i = 0; i < 16; ++i) {
    std::snprintf(secret + 2 * i, 3, "%02x", static_cast<unsigned>(bytes[i]));
  }
  return true;
}

bool SendOrder(int socket, const RunOrder& order, const int (&files)[4]) {
  alignas(cmsghdr) char control[CMSG_SPACE(sizeof(files))] = {};
  iovec part = {const_cast<RunOrder*>(&order), sizeof(order)};
  msghdr message = {};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = control;
  message.msg_controllen = sizeof(control);
  cmsghdr* head = CMSG_FIRSTHDR(&message);
  head->cmsg_level = SOL_SOCKET;
  head->cmsg_type = SCM_RIGHTS;
  head->cmsg_len = CMSG_LEN(sizeof(files));
  std::memcpy(CMSG_DATA(head), files, sizeof(files));
  ssize_t sent = 0;
  do {
    sent = sendmsg(socket, &message, MSG_NOSIGNAL);
  } while (sent < 0 && errno == EINTR);
  return sent == sizeof(order);
}

std::string JudgeJob(const ProgramJob& job, const char* secret) {
  return nlohmann::json{{"tests", job.tests},
                        {"entry", job.entry},
                        {"objects", job.objects},
                        {"secret", secret}}
      .dump(-1, ' ', false, nlohmann::json::error_handler_t::replace);
}

}  // namespace

Sandbox::Pending::Pending(int socket, absl::Duration limit, absl::Status failed)
    : socket_(socket), limit_(limit), failed_(std::move(failed)) {}

Sandbox::Pending::Pending(Pending&& other) noexcept
    : socket_(std::exchange(other.socket_, -1)),
      limit_(other.limit_),
      failed_(std::move(other.failed_)) {}

Sandbox::Pending::~Pending() {
  if (socket_ >= 0) close(socket_);
}

absl::StatusOr<ProgramResult> Sandbox::Pending::Wait() {
  MDRL_RETURN_IF_ERROR(failed_);
  RunReply reply;
  pollfd file = {socket_, POLLIN, 0};
  int ready = 0;
  do {
    ready = poll(&file, 1, static_cast<int>(absl::ToInt64Milliseconds(limit_)));
  } while (ready < 0 && errno == EINTR);
  if (ready <= 0) {
    return absl::UnavailableError("the sandbox did not answer in time");
  }
  if (recv(socket_, &reply, sizeof(reply), 0) != sizeof(reply)) {
    return absl::UnavailableError("the sandbox's process ended unexpectedly");
  }
  if (reply.service_error) return absl::UnavailableError(reply.message);
  ProgramResult out;
  out.end = reply.end;
  out.kill = reply.kill;
  out.passed = reply.passed;
  out.total = reply.total;
  out.message = reply.message;
  out.spoofed = reply.spoofed;
  out.took = absl::Microseconds(reply.took_microseconds);
  return out;
}

Sandbox::Pending Sandbox::Start(const ProgramJob& job) const {
  const ProgramLimits& limits = options_.limits;
  RunOrder order;
  order.cpu_seconds =
      absl::ToInt64Seconds(absl::Ceil(limits.cpu, absl::Seconds(1)));
  order.wall_microseconds = absl::ToInt64Microseconds(limits.wall);
  order.memory_bytes = limits.memory_bytes;
  order.output_bytes = limits.output_bytes;
  order.scratch_bytes = limits.scratch_bytes;
  order.processes = limits.processes;
  order.walls = walls_;
  int ends[2] = {-1, -1};
  bool sent = DrawSecret(order.secret) &&
              socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, ends) == 0;
  if (sent) {
    const std::string judge_job = JudgeJob(job, order.secret);
    const int files[4] = {
        ends[1], FileOf(job.program.data(), job.program.size()),
        FileOf(judge_job.data(), judge_job.size()),
        FileOf(filter_.data(), filter_.size() * sizeof(sock_filter))};
    sent = files[1] >= 0 && files[2] >= 0 && files[3] >= 0 &&
           SendOrder(launcher_.socket, order, files);
    for (const int file : files) {
      if (file >= 0) close(file);
    }
  }
  return Pending(
      ends[0], limits.wall + kSlack,
      sent ? absl::OkStatus()
           : absl::UnavailableError("the sandbox's launcher takes no order"));
}

Sandbox::Sandbox(const Options& options, LauncherProcess launcher,
                 std::vector<sock_filter> filter)
    : options_(options), launcher_(launcher), filter_(std::move(filter)) {}

Sandbox::~Sandbox() {
  // Its end takes the runs' processes along, and theirs what they run.
  close(launcher_.socket);
  kill(launcher_.id, SIGKILL);
  while (waitpid(launcher_.id, nullptr, 0) < 0 && errno == EINTR) {
  }
}

absl::Status Sandbox::Probe() const {
  const auto result =
      Start({"def one():\n  return 1\n", "assert one() == 1", "one"}).Wait();
  if (!result.ok()) return result.status();
  if (result->all_passed()) return absl::OkStatus();
  return absl::InternalError(
      absl::StrCat("the sandbox's own program fails: ", result->message));
}

absl::StatusOr<std::unique_ptr<Sandbox>> Sandbox::Create(
    const Options& options) {
  MDRL_ASSIGN_OR_RETURN(std::vector<sock_filter> filter, MakeSeccompFilter());
  MDRL_ASSIGN_OR_RETURN(const LauncherProcess launcher, StartLauncher());
  std::unique_ptr<Sandbox> out(
      new Sandbox(options, launcher, std::move(filter)));
  const absl::Status strong = out->Probe();
  if (strong.ok()) return out;
  if (!options.weak) {
    return absl::FailedPreconditionError(absl::StrCat(
        "programs cannot run behind walls here (",
        std::string(strong.message()), "): ", kBubblewrap, " and ", kPython,
        " must be installed and users be allowed to make namespaces; "
        "reward.programs.weak_sandbox: true runs them without"));
  }
  out->walls_ = Walls::kWeak;
  MDRL_RETURN_IF_ERROR(out->Probe());
  return out;
}

bool Sandbox::alive() const {
  siginfo_t ended = {};
  return waitid(P_PID, static_cast<id_t>(launcher_.id), &ended,
                WEXITED | WNOHANG | WNOWAIT) == 0 &&
         ended.si_pid == 0;
}

size_t Sandbox::processes() const { return Descendants(launcher_.id).size(); }

std::string Sandbox::name() const {
  return walls_ == Walls::kStrong ? "bubblewrap" : "weak";
}

}  // namespace mdrl
