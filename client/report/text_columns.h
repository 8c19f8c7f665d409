// UTF-8 text by columns of a terminal. Pure.
#ifndef MDRL_CLIENT_REPORT_TEXT_COLUMNS_H_
#define MDRL_CLIENT_REPORT_TEXT_COLUMNS_H_

#include <cstddef>
#include <string>
#include <string_view>

namespace mdrl {

// Code points: what we write has one column each. Colours (ESC [ ... m) have
// none.
size_t Columns(std::string_view text);

// Cut to `width` columns, with ".." at the end if anything was cut. Control
// characters, which would move the cursor, become '?'; colours stay, and are
// switched off at a cut.
std::string Fit(std::string_view text, size_t width);

// Filled up with spaces to `width` columns, cut if it is longer.
std::string Pad(std::string_view text, size_t width);

}  // namespace mdrl

#endif  // MDRL_CLIENT_REPORT_TEXT_COLUMNS_H_
