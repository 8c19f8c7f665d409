#include "common/text/template_render.h"

#include <map>
#include <optional>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "common/base/log.h"
#include "common/base/status_macros.h"
#include "common/text/unicode.h"

namespace mdrl {
namespace {

using Expr = TemplateExpr;
using Node = TemplateNode;
using Value = TemplateValue;

constexpr size_t kMaxText = 16 << 20;
constexpr int64_t kMaxSteps = 1'000'000;

Value LoopObject(int64_t index, int64_t length) {
  return Value(Value::Object{{"index", Value(index + 1)},
                             {"index0", Value(index)},
                             {"first", Value(index == 0)},
                             {"last", Value(index + 1 == length)},
                             {"length", Value(length)}});
}

class Renderer {
 public:
  explicit Renderer(const Value::Object& names) {
    scopes_.emplace_back();
    for (const auto& [name, value] : names) scopes_[0][name] = value;
  }

  absl::Status Run(std::span<const Node> nodes) {
    for (const Node& node : nodes) {
      MDRL_RETURN_IF_ERROR(Step(node.place));
      MDRL_RETURN_IF_ERROR(RunNode(node));
      if (text_.size() > kMaxText) return TooMuch(node.place);
    }
    return absl::OkStatus();
  }

  std::string Take() { return std::move(text_); }

 private:
  using Scope = std::map<std::string, Value, std::less<>>;

  static absl::Status TooMuch(TemplatePlace place) {
    return absl::ResourceExhaustedError(
        TemplateError(place, "the template makes too much of this").message());
  }
  absl::Status Step(TemplatePlace place) {
    return ++steps_ > kMaxSteps ? TooMuch(place) : absl::OkStatus();
  }

  absl::Status RunNode(const Node& node) {
    switch (node.kind) {
      case Node::Kind::kText:
        text_ += node.name;
        return absl::OkStatus();
      case Node::Kind::kOutput: {
        MDRL_ASSIGN_OR_RETURN(const Value value, Evaluate(node.expr));
        MDRL_ASSIGN_OR_RETURN(const std::string text,
                              TextOf(value, node.expr.place));
        text_ += text;
        return absl::OkStatus();
      }
      case Node::Kind::kSet: {
        MDRL_ASSIGN_OR_RETURN(scopes_.back()[node.name], Evaluate(node.expr));
        return absl::OkStatus();
      }
      case Node::Kind::kIf:
        for (const Node::Branch& branch : node.branches) {
          MDRL_ASSIGN_OR_RETURN(const Value value, Evaluate(branch.condition));
          if (value.Truth()) return Run(branch.body);
        }
        return absl::OkStatus();
      case Node::Kind::kFor:
        return RunFor(node);
    }
    MDRL_CHECK(false) << "an unknown kind of node";
    return absl::OkStatus();
  }

  absl::Status RunFor(const Node& node) {
    MDRL_ASSIGN_OR_RETURN(const Value over, Evaluate(node.expr));
    const Value::List* list = over.list();
    if (list == nullptr) {
      return TemplateError(
          node.expr.place,
          absl::StrCat("expected a list to go through, not ", over.TypeName()));
    }
    const auto length = static_cast<int64_t>(list->size());
    for (int64_t i = 0; i < length; ++i) {
      scopes_.emplace_back();
      scopes_.back()[node.name] = (*list)[i];
      scopes_.back()["loop"] = LoopObject(i, length);
      const absl::Status status = Run(node.body);
      scopes_.pop_back();
      MDRL_RETURN_IF_ERROR(status);
    }
    return absl::OkStatus();
  }

  static absl::StatusOr<std::string> TextOf(const Value& value,
                                            TemplatePlace place) {
    std::optional<std::string> text = value.ToText();
    if (text) return *std::move(text);
    return TemplateError(
        place, absl::StrCat("expected a text, not ", value.TypeName()));
  }

  Value Lookup(const std::string& name) const {
    for (auto scope = scopes_.rbegin(); scope != scopes_.rend(); ++scope) {
      const auto found = scope->find(name);
      if (found != scope->end()) return found->second;
    }
    return {};
  }

  absl::StatusOr<Value> Evaluate(const Expr& expr) {
    MDRL_RETURN_IF_ERROR(Step(expr.place));
    switch (expr.kind) {
      case Expr::Kind::kLiteral:
        return expr.value;
      case Expr::Kind::kName:
        return Lookup(expr.name);
      case Expr::Kind::kOperator:
        return EvaluateOperator(expr);
      case Expr::Kind::kCondition: {
        MDRL_ASSIGN_OR_RETURN(const Value condition, Evaluate(expr.parts[1]));
        if (condition.Truth()) return Evaluate(expr.parts[0]);
        if (expr.parts.size() == 3) return Evaluate(expr.parts[2]);
        return Value();
      }
      case Expr::Kind::kList: {
        Value::List list;
        for (const Expr& part : expr.parts) {
          MDRL_ASSIGN_OR_RETURN(Value value, Evaluate(part));
          list.push_back(std::move(value));
        }
        return Value(std::move(list));
      }
      default:
        break;
    }
    MDRL_ASSIGN_OR_RETURN(const Value first, Evaluate(expr.parts[0]));
    switch (expr.kind) {
      case Expr::Kind::kNot:
        return Value(!first.Truth());
      case Expr::Kind::kMinus:
        if (first.number()) return Value(-*first.number());
        return TemplateError(expr.place, absl::StrCat("expected a number, not ",
                                                      first.TypeName()));
      case Expr::Kind::kMember: {
        MDRL_ASSIGN_OR_RETURN(const Value key, Evaluate(expr.parts[1]));
        return Member(first, key, expr.place);
      }
      case Expr::Kind::kFilter:
        return Filter(expr, first);
      case Expr::Kind::kTest:
        return Value(Test(expr.name, first));
      default: {
        MDRL_CHECK(expr.kind == Expr::Kind::kRaise) << "an unknown kind";
        MDRL_ASSIGN_OR_RETURN(const std::string text,
                              TextOf(first, expr.place));
        return TemplateError(expr.place,
                             absl::StrCat("the template refuses this: ", text));
      }
    }
  }

  static absl::StatusOr<Value> Member(const Value& of, const Value& key,
                                      TemplatePlace place) {
    if (of.object() != nullptr && key.text() != nullptr) {
      return of.Member(*key.text());
    }
    if (of.list() != nullptr && key.number()) {
      const auto size = static_cast<int64_t>(of.list()->size());
      const int64_t at =
          *key.number() < 0 ? *key.number() + size : *key.number();
      return at >= 0 && at < size ? (*of.list())[at] : Value();
    }
    return TemplateError(place,
                         absl::StrCat(of.TypeName(), " has no such member: ",
                                      key.ToText().value_or("?")));
  }

  static absl::StatusOr<Value> Filter(const Expr& expr, const Value& value) {
    if (expr.name == "trim") {
      MDRL_ASSIGN_OR_RETURN(const std::string text, TextOf(value, expr.place));
      return Value(std::string(StripLikePython(text)));
    }
    if (expr.name == "length") {
      if (const auto length = value.Length()) return Value(*length);
    } else if (const auto json = value.ToJson()) {
      return Value(*json);
    }
    return TemplateError(
        expr.place, absl::StrCat("the filter ", expr.name, " does not take ",
                                 value.TypeName()));
  }

  static bool Test(const std::string& name, const Value& value) {
    if (name == "defined") return value.defined();
    if (name == "undefined") return !value.defined();
    if (name == "none") return value.none();
    if (name == "string") return value.text() != nullptr;
    return value.object() != nullptr;
  }

  absl::StatusOr<Value> EvaluateOperator(const Expr& expr) {
    const std::string& op = expr.name;
    MDRL_ASSIGN_OR_RETURN(const Value left, Evaluate(expr.parts[0]));
    if (op == "and" && !left.Truth()) return left;
    if (op == "or" && left.Truth()) return left;
    MDRL_ASSIGN_OR_RETURN(const Value right, Evaluate(expr.parts[1]));
    if (op == "and" || op == "or") return right;
    if (op == "==") return Value(left == right);
    if (op == "!=") return Value(!(left == right));
    if (op == "in" || op == "not in") {
      MDRL_ASSIGN_OR_RETURN(const bool in, In(left, right, expr.place));
      return Value(in == (op == "in"));
    }
    if (op == "~") {
      MDRL_ASSIGN_OR_RETURN(std::string text, TextOf(left, expr.place));
      MDRL_ASSIGN_OR_RETURN(const std::string more, TextOf(right, expr.place));
      text += more;
      if (text.size() > kMaxText) return TooMuch(expr.place);
      return Value(std::move(text));
    }
    return TwoOfAType(expr, left, right);
  }

  static absl::StatusOr<bool> In(const Value& what, const Value& where,
                                 TemplatePlace place) {
    if (const Value::List* list = where.list()) {
      for (const Value& element : *list) {
        if (element == what) return true;
      }
      return false;
    }
    if (what.text() != nullptr && where.object() != nullptr) {
      return where.Member(*what.text()).defined();
    }
    if (what.text() != nullptr && where.text() != nullptr) {
      return where.text()->find(*what.text()) != std::string::npos;
    }
    return TemplateError(
        place, absl::StrCat(where.TypeName(), " holds no ", what.TypeName()));
  }

  // Operators that take two numbers, or two texts.
  static absl::StatusOr<Value> TwoOfAType(const Expr& expr, const Value& left,
                                          const Value& right) {
    const std::string& op = expr.name;
    if (left.text() != nullptr && right.text() != nullptr) {
      const std::string &a = *left.text(), &b = *right.text();
      if (op == "+") {
        if (a.size() + b.size() > kMaxText) return TooMuch(expr.place);
        return Value(a + b);
      }
      if (op == "<") return Value(a < b);
      if (op == "<=") return Value(a <= b);
      if (op == ">") return Value(a > b);
      if (op == ">=") return Value(a >= b);
    }
    if (left.number() && right.number()) {
      const int64_t a = *left.number(), b = *right.number();
      int64_t out = 0;
      if (op == "<") return Value(a < b);
      if (op == "<=") return Value(a <= b);
      if (op == ">") return Value(a > b);
      if (op == ">=") return Value(a >= b);
      if (op == "+" && !__builtin_add_overflow(a, b, &out)) return Value(out);
      if (op == "-" && !__builtin_sub_overflow(a, b, &out)) return Value(out);
      // Python's remainder has the sign of the divisor.
      if (op == "%" && b > 0) return Value((a % b + b) % b);
    }
    return TemplateError(
        expr.place, absl::StrCat("'", op, "' does not take ", left.TypeName(),
                                 " and ", right.TypeName()));
  }

  std::vector<Scope> scopes_;
  std::string text_;
  int64_t steps_ = 0;
};

}  // namespace

absl::StatusOr<std::string> RenderTemplate(std::span<const TemplateNode> nodes,
                                           const TemplateValue::Object& names) {
  Renderer renderer(names);
  MDRL_RETURN_IF_ERROR(renderer.Run(nodes));
  return renderer.Take();
}

}  // namespace mdrl
