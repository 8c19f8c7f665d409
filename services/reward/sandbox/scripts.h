// The Python that judge.py and program.py become, with limits.py and wire.py in
// front of each. Safe from any thread.
#ifndef MDRL_SERVICES_REWARD_SANDBOX_SCRIPTS_H_
#define MDRL_SERVICES_REWARD_SANDBOX_SCRIPTS_H_

namespace mdrl {

const char* JudgeScript();
const char* ProgramScript();

}  // namespace mdrl

#endif  // MDRL_SERVICES_REWARD_SANDBOX_SCRIPTS_H_
