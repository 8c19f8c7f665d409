// Runs model-written programs behind walls; run_program.h says how they stand.
//
//   MDRL_ASSIGN_OR_RETURN(const auto sandbox, Sandbox::Create({}));  // early
//   Sandbox::Pending run = sandbox->Start(job);   // any number side by side
//   MDRL_ASSIGN_OR_RETURN(const ProgramResult result, run.Wait());
//
// Thread-safe. No threads of its own: the waiting is done by a process per run.
#ifndef MDRL_SERVICES_REWARD_SANDBOX_SANDBOX_H_
#define MDRL_SERVICES_REWARD_SANDBOX_SANDBOX_H_

#include <linux/filter.h>

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "services/reward/sandbox/interpreter.h"
#include "services/reward/sandbox/launcher.h"
#include "services/reward/sandbox/program_limits.h"

namespace mdrl {

class Sandbox {
 public:
  struct Options {
    ProgramLimits limits;
    // Where the host has no namespaces for us: run without, instead of not at
    // all.
    bool weak = false;
  };

  // Starts the launcher and runs one program, to see that the walls stand.
  // FailedPrecondition: they do not, and `weak` is not allowed; Unavailable:
  // the system has no room. REQUIRES: no gRPC object exists yet.
  static absl::StatusOr<std::unique_ptr<Sandbox>> Create(
      const Options& options);
  // Every run that is pending is ended.
  ~Sandbox();
  Sandbox(const Sandbox&) = delete;
  Sandbox& operator=(const Sandbox&) = delete;

  // A run under way. Move-only; given up by the destructor, which ends it.
  class Pending {
   public:
    Pending(Pending&& other) noexcept;
    Pending& operator=(Pending&&) = delete;
    ~Pending();
    // Blocks until the verdict, at most start and wall limit and some slack.
    // Unavailable: infrastructure failed and there is no verdict.
    // REQUIRES: called once.
    absl::StatusOr<ProgramResult> Wait();

   private:
    friend class Sandbox;
    Pending(int socket, absl::Duration limit, absl::Status failed);
    int socket_;
    absl::Duration limit_;
    absl::Status failed_;
  };
  Pending Start(const ProgramJob& job) const;

  Walls walls() const { return walls_; }
  // False once the launcher has ended: no program can be run any more.
  bool alive() const;
  // Of all runs under way, ours and the programs'; 0 where nothing runs.
  size_t processes() const;
  // For provenance: "bubblewrap" or "weak".
  std::string name() const;

 private:
  Sandbox(const Options& options, LauncherProcess launcher,
          std::vector<sock_filter> filter);
  absl::Status Probe() const;

  const Options options_;
  const LauncherProcess launcher_;
  const std::vector<sock_filter> filter_;
  Walls walls_ = Walls::kStrong;  // constant after Create
};

}  // namespace mdrl

#endif  // MDRL_SERVICES_REWARD_SANDBOX_SANDBOX_H_
