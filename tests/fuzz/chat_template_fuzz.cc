// A chat template over a short dialogue: parsing and rendering end, whatever
// the template says.
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

#include "common/text/chat_template.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const auto chat = mdrl::ChatTemplate::Parse(
      {reinterpret_cast<const char*>(data), size}, {{"bos_token", "<s>"}});
  if (!chat.ok()) return 0;
  const std::vector<mdrl::Turn> turns = {{"user", " a\n"}, {"assistant", "b"}};
  chat->Render(turns, "c").status().IgnoreError();
  return 0;
}
