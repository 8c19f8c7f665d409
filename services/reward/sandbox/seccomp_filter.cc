#include "services/reward/sandbox/seccomp_filter.h"

#include <sched.h>
#include <seccomp.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <memory>

#include "absl/strings/str_cat.h"

namespace mdrl {
namespace {

// By name, so that one that this libseccomp or machine does not know is left
// out: what the kernel does not have needs no refusal.
constexpr const char* kRefused[] = {
    // other processes
    "ptrace", "process_vm_readv", "process_vm_writev", "process_madvise",
    "pidfd_getfd", "kcmp",
    // file systems and namespaces
    "mount", "umount", "umount2", "pivot_root", "chroot", "move_mount",
    "open_tree", "fsopen", "fsconfig", "fsmount", "fspick", "mount_setattr",
    "setns", "unshare", "name_to_handle_at", "open_by_handle_at",
    "fanotify_init", "quotactl", "quotactl_fd", "swapon", "swapoff", "acct",
    // the kernel
    "keyctl", "add_key", "request_key", "bpf", "userfaultfd", "perf_event_open",
    "kexec_load", "kexec_file_load", "init_module", "finit_module",
    "delete_module", "io_uring_setup", "io_uring_enter", "io_uring_register",
    "reboot", "syslog", "iopl", "ioperm", "modify_ldt", "lookup_dcookie",
    "personality", "vmsplice", "sethostname", "setdomainname", "settimeofday",
    "clock_settime", "clock_adjtime", "adjtimex", "vhangup", "uselib",
    // memory that no limit counts
    "memfd_create", "memfd_secret", "shmget", "shmat", "shmctl", "semget",
    "semop", "semctl", "msgget", "msgsnd", "msgrcv", "msgctl", "mq_open"};

constexpr uint64_t kNamespaceFlags[] = {
    CLONE_NEWNS,  CLONE_NEWUTS, CLONE_NEWIPC,   CLONE_NEWUSER,
    CLONE_NEWPID, CLONE_NEWNET, CLONE_NEWCGROUP};

int AddRules(scmp_filter_ctx filter) {
  const uint32_t refuse = SCMP_ACT_ERRNO(EPERM);
  for (const char* name : kRefused) {
    const int call = seccomp_syscall_resolve_name(name);
    if (call == __NR_SCMP_ERROR) continue;
    if (const int rc = seccomp_rule_add(filter, refuse, call, 0); rc != 0) {
      return rc;
    }
  }
  for (const uint64_t flag : kNamespaceFlags) {
    const int rc = seccomp_rule_add(filter, refuse, SCMP_SYS(clone), 1,
                                    SCMP_A0(SCMP_CMP_MASKED_EQ, flag, flag));
    if (rc != 0) return rc;
  }
  if (const int rc =
          seccomp_rule_add(filter, SCMP_ACT_ERRNO(ENOSYS), SCMP_SYS(clone3), 0);
      rc != 0) {
    return rc;
  }
  if (const int rc = seccomp_rule_add(filter, refuse, SCMP_SYS(socket), 1,
                                      SCMP_A0(SCMP_CMP_NE, AF_UNIX, 0));
      rc != 0) {
    return rc;
  }
  // Typing into somebody's terminal.
  return seccomp_rule_add(filter, refuse, SCMP_SYS(ioctl), 1,
                          SCMP_A1(SCMP_CMP_MASKED_EQ, 0xffffffffu, TIOCSTI));
}

}  // namespace

absl::StatusOr<std::vector<sock_filter>> MakeSeccompFilter() {
  const std::unique_ptr<void, void (*)(scmp_filter_ctx)> filter(
      seccomp_init(SCMP_ACT_ALLOW), seccomp_release);
  if (filter == nullptr) return absl::InternalError("seccomp_init failed");
  const int file = memfd_create("mdrl-seccomp", MFD_CLOEXEC);
  if (file < 0) return absl::InternalError("no memory for the seccomp filter");
  int rc = AddRules(filter.get());
  if (rc == 0) rc = seccomp_export_bpf(filter.get(), file);
  const off_t bytes = lseek(file, 0, SEEK_END);
  std::vector<sock_filter> out(bytes > 0 ? bytes / sizeof(sock_filter) : 0);
  const ssize_t size = out.size() * sizeof(sock_filter);
  const bool read = size > 0 && pread(file, out.data(), size, 0) == size;
  close(file);
  if (rc == 0 && read) return out;
  return absl::InternalError(
      absl::StrCat("libseccomp cannot make the filter: ", std::strerror(-rc)));
}

}  // namespace mdrl
