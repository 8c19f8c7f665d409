#include "client/report/text_columns.h"

namespace mdrl {
namespace {

// Length in bytes of the colour sequence at the start of `text`; 0: none.
size_t ColourLength(std::string_view text) {
  if (!text.starts_with("\033[")) return 0;
  const size_t end = text.find_first_not_of("0123456789;", 2);
  return end != std::string_view::npos && text[end] == 'm' ? end + 1 : 0;
}

// Length in bytes of the character at the start of `text`, whose bytes may be
// anything.
size_t CharacterLength(std::string_view text) {
  size_t length = 1;
  while (length < text.size() && (text[length] & 0xC0) == 0x80) ++length;
  return length;
}

bool IsControl(char c) {
  return static_cast<unsigned char>(c) < 0x20 || c == 0x7F;
}

}  // namespace

size_t Columns(std::string_view text) {
  size_t columns = 0;
  while (!text.empty()) {
    const size_t colour = ColourLength(text);
    if (colour == 0) ++columns;
    text.remove_prefix(colour != 0 ? colour : CharacterLength(text));
  }
  return columns;
}

std::string Fit(std::string_view text, size_t width) {
  const bool cut = Columns(text) > width;
  const size_t keep = !cut ? width : width > 2 ? width - 2 : 0;
  std::string out;
  bool coloured = false;
  for (size_t column = 0; !text.empty();) {
    if (const size_t colour = ColourLength(text); colour != 0) {
      out += text.substr(0, colour);
      coloured = true;
      text.remove_prefix(colour);
      continue;
    }
    if (column++ == keep) break;
    const size_t length = CharacterLength(text);
    if (IsControl(text.front())) {
      out += '?';
    } else {
      out += text.substr(0, length);
    }
    text.remove_prefix(length);
  }
  if (!cut) return out;
  if (coloured) out += "\033[0m";
  return out + std::string("..").substr(0, width);
}

std::string Pad(std::string_view text, size_t width) {
  std::string out = Fit(text, width);
  const size_t columns = Columns(out);
  if (columns < width) out.append(width - columns, ' ');
  return out;
}

}  // namespace mdrl
