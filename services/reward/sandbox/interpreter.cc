#include "services/reward/sandbox/interpreter.h"

#include <fcntl.h>
#include <grp.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "absl/strings/str_cat.h"

namespace mdrl {
namespace {

constexpr int kFilterFile = 6;
constexpr uid_t kNobody = 65534;

std::vector<std::string> PythonCommand(const Interpreter& interpreter) {
  // -S: no site packages, and a start twice as fast; -s -B: no user folder, no
  // byte code files. PYTHONHASHSEED keeps the order of sets the same.
  std::vector<std::string> out = {kPython, "-S", "-s",
                                  "-B",    "-c", interpreter.script};
  out.insert(out.end(), interpreter.arguments.begin(),
             interpreter.arguments.end());
  return out;
}

bool DropRoot() {
  if (geteuid() != 0) return true;
  return setgroups(0, nullptr) == 0 &&
         setresgid(kNobody, kNobody, kNobody) == 0 &&
         setresuid(kNobody, kNobody, kNobody) == 0;
}

// The weak walls: what bubblewrap would have done with the filter.
bool InstallFilter(std::span<const sock_filter> code) {
  const sock_fprog filter = {static_cast<unsigned short>(code.size()),
                             const_cast<sock_filter*>(code.data())};
  return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0 &&
         syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, 0, &filter) == 0;
}

// Where bubblewrap reads the filter: a pipe that holds all of it. -1: no room.
int FilterPipe(std::span<const sock_filter> code) {
  int ends[2];
  if (pipe(ends) != 0) return -1;
  const auto size = static_cast<ssize_t>(code.size_bytes());
  const bool written = write(ends[1], code.data(), size) == size;
  close(ends[1]);
  return written ? ends[0] : -1;
}

// Descriptors 0 to 6 and nothing else. They are moved out of the way first,
// because a source may be another's target.
bool PlaceFiles(const std::array<int, 6>& files, int filter_file) {
  int from[7] = {};
  for (int i = 0; i < 7; ++i) {
    from[i] = fcntl(i < 6 ? files[i] : filter_file, F_DUPFD, 32);
    if (from[i] < 0) return false;
  }
  for (int i = 0; i < 7; ++i) {
    if (dup2(from[i], i) < 0) return false;
  }
  return syscall(SYS_close_range, 7u, ~0u, 0u) == 0;
}

[[noreturn]] void Become(const std::vector<std::string>& command) {
  std::vector<char*> argv;
  for (const std::string& word : command) {
    argv.push_back(const_cast<char*>(word.c_str()));
  }
  argv.push_back(nullptr);
  char hash_seed[] = "PYTHONHASHSEED=0";
  char locale[] = "LC_ALL=C.UTF-8";
  char* environment[] = {hash_seed, locale, nullptr};
  execve(argv[0], argv.data(), environment);
  _exit(127);
}

}  // namespace

std::vector<std::string> StrongCommand(const Interpreter& interpreter,
                                       const ProgramLimits& limits) {
  std::vector<std::string> out = {kBubblewrap,
                                  "--unshare-user",
                                  "--unshare-ipc",
                                  "--unshare-pid",
                                  "--unshare-net",
                                  "--unshare-uts",
                                  "--unshare-cgroup-try",
                                  "--die-with-parent",
                                  "--new-session",
                                  "--hostname",
                                  "sandbox",
                                  "--uid",
                                  "1000",
                                  "--gid",
                                  "1000",
                                  "--cap-drop",
                                  "ALL",
                                  "--ro-bind",
                                  "/usr",
                                  "/usr",
                                  "--symlink",
                                  "usr/lib",
                                  "/lib",
                                  "--symlink",
                                  "usr/lib64",
                                  "/lib64",
                                  "--symlink",
                                  "usr/bin",
                                  "/bin",
                                  "--dev-bind",
                                  "/dev/null",
                                  "/dev/null",
                                  "--dev-bind",
                                  "/dev/urandom",
                                  "/dev/urandom"};
  if (interpreter.scratch) {
    for (const std::string& word :
         {std::string("--size"), absl::StrCat(limits.scratch_bytes),
          std::string("--tmpfs"), std::string("/tmp"), std::string("--chdir"),
          std::string("/tmp")}) {
      out.push_back(word);
    }
  } else {
    out.insert(out.end(), {"--chdir", "/"});
  }
  out.insert(out.end(), {"--remount-ro", "/", "--seccomp",
                         absl::StrCat(kFilterFile), "--"});
  for (std::string& word : PythonCommand(interpreter)) {
    out.push_back(std::move(word));
  }
  return out;
}

pid_t StartInterpreter(const Interpreter& interpreter,
                       const ProgramLimits& limits, Walls walls,
                       std::span<const sock_filter> filter) {
  const pid_t parent = getpid();
  const pid_t child = fork();
  if (child != 0) return child;
  if (!PlaceFiles(interpreter.files, FilterPipe(filter))) _exit(127);
  if (setsid() < 0 || !DropRoot()) _exit(127);
  // After the change of user, which clears it.
  if (prctl(PR_SET_PDEATHSIG, SIGKILL) != 0 || getppid() != parent) _exit(127);
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, nullptr);
  if (walls == Walls::kStrong) Become(StrongCommand(interpreter, limits));
  if (chdir("/") != 0 || !InstallFilter(filter)) _exit(127);
  close(kFilterFile);
  Become(PythonCommand(interpreter));
}

}  // namespace mdrl
