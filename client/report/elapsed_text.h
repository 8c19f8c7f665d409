// How long something took, for people. Pure.
#ifndef MDRL_CLIENT_REPORT_ELAPSED_TEXT_H_
#define MDRL_CLIENT_REPORT_ELAPSED_TEXT_H_

#include <string>

#include "absl/time/time.h"

namespace mdrl {

// "0.4 s" below ten seconds, "31 s", "3 min 12 s", "2 h 05 min". A negative one
// is "0.0 s".
std::string ElapsedText(absl::Duration duration);

}  // namespace mdrl

#endif  // MDRL_CLIENT_REPORT_ELAPSED_TEXT_H_
