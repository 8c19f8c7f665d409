// Large numbers for people. Pure.
#ifndef MDRL_CLIENT_REPORT_THOUSANDS_H_
#define MDRL_CLIENT_REPORT_THOUSANDS_H_

#include <cstdint>
#include <string>

namespace mdrl {

// 61440 as "61,440".
std::string Thousands(uint64_t number);

}  // namespace mdrl

#endif  // MDRL_CLIENT_REPORT_THOUSANDS_H_
