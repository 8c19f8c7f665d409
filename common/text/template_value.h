// Values of a chat template, as Python sees them. Cheap to copy; lists and
// objects are shared and never changed.
#ifndef MDRL_COMMON_TEXT_TEMPLATE_VALUE_H_
#define MDRL_COMMON_TEXT_TEMPLATE_VALUE_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace mdrl {

class TemplateValue {
 public:
  using List = std::vector<TemplateValue>;
  using Object = std::vector<std::pair<std::string, TemplateValue>>;
  struct None {};

  TemplateValue() = default;  // undefined: a name or key that is not there
  explicit TemplateValue(None) : value_(None{}) {}
  explicit TemplateValue(bool value) : value_(value) {}
  explicit TemplateValue(int64_t value) : value_(value) {}
  explicit TemplateValue(std::string value) : value_(std::move(value)) {}
  explicit TemplateValue(List value)
      : value_(std::make_shared<const List>(std::move(value))) {}
  explicit TemplateValue(Object value)
      : value_(std::make_shared<const Object>(std::move(value))) {}

  bool defined() const {
    return !std::holds_alternative<std::monostate>(value_);
  }
  bool none() const { return std::holds_alternative<None>(value_); }
  // nullptr or nullopt: of another type.
  const std::string* text() const { return std::get_if<std::string>(&value_); }
  const List* list() const { return Shared<List>(); }
  const Object* object() const { return Shared<Object>(); }
  std::optional<int64_t> number() const;  // truth values are 0 and 1

  bool Truth() const;
  // The member `key`; undefined if there is none.
  TemplateValue Member(std::string_view key) const;
  // Characters of a text, elements of a list, keys of an object.
  std::optional<int64_t> Length() const;

  // As it is printed: nothing for undefined, "None", "True". nullopt: a list or
  // an object, which Python would print in its own notation.
  std::optional<std::string> ToText() const;
  // Python's json.dumps(value, ensure_ascii=False); nullopt: undefined.
  std::optional<std::string> ToJson() const;

  const char* TypeName() const;

  friend bool operator==(const TemplateValue& a, const TemplateValue& b);

 private:
  template <typename T>
  const T* Shared() const {
    const auto* shared = std::get_if<std::shared_ptr<const T>>(&value_);
    return shared == nullptr ? nullptr : shared->get();
  }

  std::variant<std::monostate, None, bool, int64_t, std::string,
               std::shared_ptr<const List>, std::shared_ptr<const Object>>
      value_;
};

}  // namespace mdrl

#endif  // MDRL_COMMON_TEXT_TEMPLATE_VALUE_H_
