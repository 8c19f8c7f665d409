// Which keys two configurations have with different values, and what that
// means for a run. Pure.
#ifndef MDRL_COMMON_CONFIG_DIFF_CONFIG_H_
#define MDRL_COMMON_CONFIG_DIFF_CONFIG_H_

#include <string>
#include <vector>

#include "mdrl/config/v1/key.pb.h"
#include "mdrl/config/v1/run.pb.h"

namespace mdrl {

struct ConfigChange {
  std::string key;       // "optimizer.lr", "sft[0].steps"
  std::string from, to;  // as YAML; empty where one of them has no such key
  // Of the key or the section around it: FIXED needs a new run, RESUME is in
  // force from the next round, none is free.
  config::v1::Mark mark = config::v1::MARK_UNSPECIFIED;
};

// In the order of the schema.
std::vector<ConfigChange> DiffConfig(const config::v1::Run& from,
                                     const config::v1::Run& to);

// The mark of a key such as "tasks.sudoku4.rubric": its own, or that of the
// nearest section around it that has one. None for a key that is none.
config::v1::Mark MarkOf(const std::string& key);

}  // namespace mdrl

#endif  // MDRL_COMMON_CONFIG_DIFF_CONFIG_H_
