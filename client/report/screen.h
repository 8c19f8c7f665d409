// A terminal on which a page of text is drawn again and again in place.
//
// The page has the terminal's second screen to itself; what was there before
// comes back with Close(). Each page is one write without clearing first, so
// nothing flickers. Not thread-safe.
#ifndef MDRL_CLIENT_REPORT_SCREEN_H_
#define MDRL_CLIENT_REPORT_SCREEN_H_

#include <cstddef>
#include <string>
#include <vector>

namespace mdrl {

class Screen {
 public:
  struct Size {
    size_t width = 80;
    size_t height = 24;
    friend bool operator==(const Size&, const Size&) = default;
  };

  // `fd`: a terminal; borrowed.
  explicit Screen(int fd) : fd_(fd) {}
  // As Close().
  ~Screen();
  Screen(const Screen&) = delete;
  Screen& operator=(const Screen&) = delete;

  // The terminal's size now; 80x24 if it does not say.
  Size size() const;

  // Shows `lines`, which fit the size. The first page hides the cursor.
  void Draw(const std::vector<std::string>& lines);

  // Gives the terminal back as it was, cursor and all. May be repeated.
  void Close();

 private:
  void Write(const std::string& bytes) const;

  const int fd_;
  bool open_ = false;
  Size drawn_;  // at the last page
};

}  // namespace mdrl

#endif  // MDRL_CLIENT_REPORT_SCREEN_H_
