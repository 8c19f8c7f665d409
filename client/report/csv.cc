#include "client/report/csv.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_replace.h"

namespace mdrl {

std::string CsvRow(const std::vector<std::string>& fields) {
  std::string row;
  for (const std::string& field : fields) {
    if (&field != &fields.front()) row += ',';
    if (field.find_first_of(",\"\r\n") == std::string::npos) {
      row += field;
    } else {
      absl::StrAppend(&row, "\"", absl::StrReplaceAll(field, {{"\"", "\"\""}}),
                      "\"");
    }
  }
  return row + "\n";
}

}  // namespace mdrl
