// An event of a run as one line for people, and as a row of a table. Pure.
#ifndef MDRL_CLIENT_REPORT_EVENT_LINE_H_
#define MDRL_CLIENT_REPORT_EVENT_LINE_H_

#include <string>
#include <vector>

#include "mdrl/v1/run.pb.h"

namespace mdrl {

// "step 412.3  loss -0.0213  reward gsm8k 1.840  gap 0.27  grad 0.19  lag 1.0":
// round and step count from one. Kinds that it does not know show all they
// have.
std::string EventLine(const v1::Event& event);

// The columns of `watch --csv`: those of every step, then what `first` has
// beside them by name.
std::vector<std::string> StepColumns(const v1::Event& first);
// A cell is empty where the step has no such number.
std::vector<std::string> StepCells(const v1::Event& step,
                                   const std::vector<std::string>& columns);

}  // namespace mdrl

#endif  // MDRL_CLIENT_REPORT_EVENT_LINE_H_
