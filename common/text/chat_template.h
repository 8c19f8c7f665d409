// How a prompt's turns become one text for the model.
//
// Without a template in the model folder: the turns' texts one after the other,
// then the prefill, nothing in between. With one: what it makes of the turns,
// as transformers' apply_chat_template would with add_generation_prompt, then
// the prefill. template_parser.h lists what a template may hold.
//
// A value, cheap to copy; safe from any thread.
#ifndef MDRL_COMMON_TEXT_CHAT_TEMPLATE_H_
#define MDRL_COMMON_TEXT_CHAT_TEMPLATE_H_

#include <filesystem>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "common/record/prompt.h"
#include "common/text/template_tree.h"

namespace mdrl {

class ChatTemplate {
 public:
  // The special tokens that templates know by name: "bos_token" and its text.
  using SpecialTokens = std::vector<std::pair<std::string, std::string>>;

  // No template: texts go through verbatim.
  ChatTemplate() = default;

  // From chat_template.jinja, chat_template.json or tokenizer_config.json, the
  // first that has one. InvalidArgument names the file, and the line and
  // column of what is not supported.
  static absl::StatusOr<ChatTemplate> Read(const std::filesystem::path& folder);
  static absl::StatusOr<ChatTemplate> Parse(std::string_view text,
                                            SpecialTokens special);

  // InvalidArgument names line and column: the template refuses these turns.
  absl::StatusOr<std::string> Render(std::span<const Turn> turns,
                                     std::string_view prefill,
                                     bool add_generation_prompt = true) const;
  // The template itself, as it goes into tokenizer_hash; empty without one.
  const std::string& text() const { return text_; }

 private:
  std::string text_;
  SpecialTokens special_;
  std::shared_ptr<const std::vector<TemplateNode>> nodes_;  // null without
};

}  // namespace mdrl

#endif  // MDRL_COMMON_TEXT_CHAT_TEMPLATE_H_
