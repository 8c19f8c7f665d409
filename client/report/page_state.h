// What the live page shows of a run. Plain values.
#ifndef MDRL_CLIENT_REPORT_PAGE_STATE_H_
#define MDRL_CLIENT_REPORT_PAGE_STATE_H_

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/time/time.h"

namespace mdrl {

struct PageState {
  struct Evaluation {
    uint64_t version = 0;
    std::string task = {};
    std::string decode = {};  // "16/8": canvas and decode steps
    uint64_t done = 0;
    uint64_t total = 0;
    uint64_t correct = 0;
    bool running = false;
  };
  // Where the time of a process goes: shares of 1 by activity, largest first.
  struct Busy {
    std::string process;
    std::vector<std::pair<std::string, double>> shares;
  };
  struct Worker {
    uint64_t slot = 0;
    std::string name = {};
    std::string state = {};
    std::optional<uint64_t> version = {};
    uint64_t leases = 0;
    double tokens_per_second = 0.0;
    absl::Duration heard = {};  // ago
  };
  struct Wait {
    std::string reason;  // "GROUP_STRAGGLES"
    std::string level;   // "SLOW"; empty where nobody said
    std::string text;
    std::optional<absl::Duration> acts_in;
  };
  struct Supervised {
    uint64_t stage = 0;  // from 1
    uint64_t step = 0;
    uint64_t steps = 0;
    double loss = 0.0;
  };

  std::string run;
  std::string state;  // "RUNNING"
  uint64_t epoch = 0;
  uint64_t rounds = 0;  // done
  uint64_t steps = 0;
  std::optional<uint64_t> version;
  std::optional<double> lag;  // mean age of the last round's groups, in rounds
  uint64_t tickets_open = 0;
  uint64_t tickets_limit = 0;
  double tokens_per_second = 0.0;
  absl::Duration elapsed;

  std::map<std::string, std::vector<double>> rewards;  // by task, one a round
  std::vector<Evaluation> evaluations;                 // oldest first
  std::optional<Supervised> supervised;                // while a stage lasts
  // "loss", "gap", "grad", "lr" of the last step, as far as it has them.
  std::vector<std::pair<std::string, double>> numbers;
  std::vector<Busy> busy;
  std::vector<Worker> workers;
  std::vector<Wait> waits;  // outermost first
  std::string checkpoint;
  std::vector<std::string> news;  // what happened lately, oldest first
};

}  // namespace mdrl

#endif  // MDRL_CLIENT_REPORT_PAGE_STATE_H_
