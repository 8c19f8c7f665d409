// The step between this program and a service: ties the service's life to its
// parent's, then becomes it.
//
//   mdrlctl run-guarded PARENT_PID PROGRAM [ARGUMENT...]
//
// The tie survives the exec, so that the services need to know nothing of it.
#ifndef MDRL_CLIENT_LAUNCH_GUARDED_EXEC_H_
#define MDRL_CLIENT_LAUNCH_GUARDED_EXEC_H_

namespace mdrl {

inline constexpr char kRunGuarded[] = "run-guarded";

// Does not return if all goes well. 127: the program cannot be started; 143:
// the parent is gone; 2: not the arguments above.
// REQUIRES: argv[1] is kRunGuarded; no other thread exists.
int RunGuarded(int argc, char** argv);

}  // namespace mdrl

#endif  // MDRL_CLIENT_LAUNCH_GUARDED_EXEC_H_
