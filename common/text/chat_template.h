// How a prompt's turns become one text for the model.
//
// Without a template in the model folder: the turns' texts one after the other,
// then the prefill, nothing in between. A folder with a template is refused for
// now, by the file that holds it. A value; safe from any thread.
#ifndef MDRL_COMMON_TEXT_CHAT_TEMPLATE_H_
#define MDRL_COMMON_TEXT_CHAT_TEMPLATE_H_

#include <filesystem>
#include <span>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "common/record/prompt.h"

namespace mdrl {

class ChatTemplate {
 public:
  // No template: texts go through verbatim.
  ChatTemplate() = default;

  // Unimplemented names the file of `folder` that carries a template.
  static absl::StatusOr<ChatTemplate> Read(const std::filesystem::path& folder);

  std::string Render(std::span<const Turn> turns,
                     std::string_view prefill) const;
  // The template itself, as it goes into tokenizer_hash; empty without one.
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

}  // namespace mdrl

#endif  // MDRL_COMMON_TEXT_CHAT_TEMPLATE_H_
