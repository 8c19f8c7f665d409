// Rows of comma-separated values (RFC 4180, line feeds). Pure.
#ifndef MDRL_CLIENT_REPORT_CSV_H_
#define MDRL_CLIENT_REPORT_CSV_H_

#include <string>
#include <vector>

namespace mdrl {

// One line with its end. A field with a comma, a quote or a line break stands
// in quotes.
std::string CsvRow(const std::vector<std::string>& fields);

}  // namespace mdrl

#endif  // MDRL_CLIENT_REPORT_CSV_H_
