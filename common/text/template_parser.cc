#include "common/text/template_parser.h"

#include <algorithm>
#include <array>
#include <string>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "common/base/status_macros.h"

namespace mdrl {
namespace {

using Expr = TemplateExpr;
using Node = TemplateNode;
using Token = TemplateToken;
using Exprs = std::vector<Expr>;

constexpr int kMaxDepth = 100;

constexpr std::array<std::string_view, 3> kFilters = {"trim", "tojson",
                                                      "length"};
constexpr std::array<std::string_view, 5> kTests = {
    "defined", "undefined", "none", "string", "mapping"};
constexpr std::array<std::string_view, 5> kLoop = {"index", "index0", "first",
                                                   "last", "length"};
constexpr std::array<std::string_view, 6> kComparisons = {"==", "!=", "<",
                                                          "<=", ">",  ">="};

template <size_t N>
bool Among(const std::array<std::string_view, N>& words,
           std::string_view word) {
  return std::find(words.begin(), words.end(), word) != words.end();
}

class Parser {
 public:
  explicit Parser(std::vector<Token> tokens) : tokens_(std::move(tokens)) {}

  absl::StatusOr<std::vector<Node>> Run() {
    std::vector<Node> out;
    MDRL_RETURN_IF_ERROR(ReadBody(0, &out));
    if (Peek().kind == Token::Kind::kEnd) return out;
    return Wrong(absl::StrCat("{% ", Peek(1).text, " %} closes nothing"), 1);
  }

 private:
  const Token& Peek(size_t ahead = 0) const {
    return tokens_[std::min(at_ + ahead, tokens_.size() - 1)];
  }
  bool Is(Token::Kind kind, std::string_view text) const {
    return Peek().kind == kind && Peek().text == text;
  }
  bool IsOperator(std::string_view text) const {
    return Is(Token::Kind::kOperator, text);
  }
  bool IsName(std::string_view text) const {
    return Is(Token::Kind::kName, text);
  }
  bool Take(Token::Kind kind, std::string_view text) {
    if (!Is(kind, text)) return false;
    ++at_;
    return true;
  }
  bool TakeOperator(std::string_view text) {
    return Take(Token::Kind::kOperator, text);
  }
  bool TakeName(std::string_view text) {
    return Take(Token::Kind::kName, text);
  }
  absl::Status Wrong(std::string_view what, size_t ahead = 0) const {
    return TemplateError(Peek(ahead).place, what);
  }
  absl::Status Expect(Token::Kind kind, const std::string& spelled) {
    if (Peek().kind != kind) {
      return Wrong(absl::StrCat("expected ", spelled, ", found ", Found()));
    }
    ++at_;
    return absl::OkStatus();
  }
  absl::Status ExpectOperator(std::string_view op) {
    if (TakeOperator(op)) return absl::OkStatus();
    return Wrong(
        absl::StrCat("expected '", std::string(op), "', found ", Found()));
  }
  std::string Found() const {
    switch (Peek().kind) {
      case Token::Kind::kOutputEnd:
        return "}}";
      case Token::Kind::kBlockEnd:
        return "%}";
      case Token::Kind::kEnd:
        return "the end of the template";
      default:
        return absl::StrCat("'", Peek().text, "'");
    }
  }

  // One node of more than one part; refuses what is nested too deeply, for the
  // sake of the stack.
  absl::StatusOr<Expr> Make(Expr::Kind kind, TemplatePlace place,
                            std::string name, Exprs parts) {
    Expr out;
    out.kind = kind;
    out.place = place;
    out.name = std::move(name);
    for (const Expr& part : parts)
      out.depth = std::max(out.depth, part.depth + 1);
    out.parts = std::move(parts);
    if (out.depth > kMaxDepth) return TooDeep(place);
    return out;
  }
  static absl::Status TooDeep(TemplatePlace place) {
    return TemplateError(place, "nested too deeply");
  }

  // Up to a block that closes or continues the one around it: elif, else and
  // the words that begin with end.
  absl::Status ReadBody(int depth, std::vector<Node>* out) {
    if (depth > kMaxDepth) return TooDeep(Peek().place);
    while (Peek().kind != Token::Kind::kEnd) {
      Node node;
      node.place = Peek().place;
      if (Peek().kind == Token::Kind::kText) {
        node.name = Peek().text;
        ++at_;
      } else if (Peek().kind == Token::Kind::kOutputBegin) {
        ++at_;
        node.kind = Node::Kind::kOutput;
        MDRL_ASSIGN_OR_RETURN(node.expr, ReadExpr(0));
        MDRL_RETURN_IF_ERROR(Expect(Token::Kind::kOutputEnd, "}}"));
      } else {
        const std::string& word = Peek(1).text;
        if (word == "elif" || word == "else" || word.rfind("end", 0) == 0) {
          return absl::OkStatus();
        }
        ++at_;
        MDRL_RETURN_IF_ERROR(ReadBlock(depth, &node));
      }
      out->push_back(std::move(node));
    }
    return absl::OkStatus();
  }

  absl::Status ReadBlock(int depth, Node* node) {
    if (TakeName("if")) return ReadIf(depth, node);
    if (TakeName("for")) return ReadFor(depth, node);
    if (TakeName("set")) return ReadSet(node);
    return Wrong(absl::StrCat("the block ", Found(),
                              " is not supported; for, if and set are"));
  }

  absl::Status ReadIf(int depth, Node* node) {
    node->kind = Node::Kind::kIf;
    for (bool last = false;;) {
      Node::Branch branch;
      if (last) {
        branch.condition.value = TemplateValue(true);
      } else {
        MDRL_ASSIGN_OR_RETURN(branch.condition, ReadExpr(0));
      }
      MDRL_RETURN_IF_ERROR(Expect(Token::Kind::kBlockEnd, "%}"));
      MDRL_RETURN_IF_ERROR(ReadBody(depth + 1, &branch.body));
      node->branches.push_back(std::move(branch));
      if (Peek().kind == Token::Kind::kEnd) {
        return TemplateError(node->place, "this {% if %} has no {% endif %}");
      }
      ++at_;
      if (TakeName("endif")) return Expect(Token::Kind::kBlockEnd, "%}");
      if (last || !(IsName("elif") || IsName("else"))) {
        return Wrong(absl::StrCat("expected endif, found ", Found()));
      }
      last = IsName("else");
      ++at_;
    }
  }

  absl::Status ReadFor(int depth, Node* node) {
    node->kind = Node::Kind::kFor;
    MDRL_ASSIGN_OR_RETURN(node->name, ReadVariable());
    if (!TakeName("in")) {
      return Wrong(absl::StrCat(
          "expected 'in', found ", Found(),
          IsOperator(",") ? "; one variable for each element is supported"
                          : ""));
    }
    // A condition behind the list would be Jinja's filter.
    MDRL_ASSIGN_OR_RETURN(node->expr, ReadOr(0));
    if (IsName("if") || IsName("recursive")) {
      return Wrong(absl::StrCat(Found(), " of a {% for %} is not supported"));
    }
    MDRL_RETURN_IF_ERROR(Expect(Token::Kind::kBlockEnd, "%}"));
    MDRL_RETURN_IF_ERROR(ReadBody(depth + 1, &node->body));
    if (Peek().kind == Token::Kind::kEnd) {
      return TemplateError(node->place, "this {% for %} has no {% endfor %}");
    }
    ++at_;
    if (TakeName("endfor")) return Expect(Token::Kind::kBlockEnd, "%}");
    return Wrong(absl::StrCat("expected endfor, found ", Found()));
  }

  absl::Status ReadSet(Node* node) {
    node->kind = Node::Kind::kSet;
    MDRL_ASSIGN_OR_RETURN(node->name, ReadVariable());
    MDRL_RETURN_IF_ERROR(ExpectOperator("="));
    MDRL_ASSIGN_OR_RETURN(node->expr, ReadExpr(0));
    return Expect(Token::Kind::kBlockEnd, "%}");
  }

  absl::StatusOr<std::string> ReadVariable() {
    if (Peek().kind != Token::Kind::kName) {
      return Wrong(absl::StrCat("expected a name, found ", Found()));
    }
    if (IsName("loop")) return Wrong("'loop' cannot be assigned");
    return tokens_[at_++].text;
  }

  absl::StatusOr<Expr> ReadExpr(int depth) {
    MDRL_ASSIGN_OR_RETURN(Expr out, ReadOr(depth));
    const TemplatePlace place = Peek().place;
    if (!TakeName("if")) return out;
    Exprs parts;
    parts.push_back(std::move(out));
    MDRL_ASSIGN_OR_RETURN(Expr condition, ReadOr(depth));
    parts.push_back(std::move(condition));
    if (TakeName("else")) {
      MDRL_ASSIGN_OR_RETURN(Expr otherwise, ReadExpr(depth + 1));
      parts.push_back(std::move(otherwise));
    }
    return Make(Expr::Kind::kCondition, place, "", std::move(parts));
  }

  // Left-associative operators of one level.
  template <typename IsOne, typename Next>
  absl::StatusOr<Expr> ReadChain(int depth, IsOne is_one, Next next) {
    MDRL_ASSIGN_OR_RETURN(Expr out, (this->*next)(depth));
    while (is_one()) {
      const Token op = tokens_[at_++];
      MDRL_ASSIGN_OR_RETURN(Expr right, (this->*next)(depth));
      Exprs parts;
      parts.push_back(std::move(out));
      parts.push_back(std::move(right));
      MDRL_ASSIGN_OR_RETURN(out, Make(Expr::Kind::kOperator, op.place, op.text,
                                      std::move(parts)));
    }
    return out;
  }

  absl::StatusOr<Expr> ReadOr(int depth) {
    return ReadChain(
        depth, [this] { return IsName("or"); }, &Parser::ReadAnd);
  }
  absl::StatusOr<Expr> ReadAnd(int depth) {
    return ReadChain(
        depth, [this] { return IsName("and"); }, &Parser::ReadNot);
  }
  absl::StatusOr<Expr> ReadNot(int depth) {
    if (depth > kMaxDepth) return TooDeep(Peek().place);
    const TemplatePlace place = Peek().place;
    if (!TakeName("not")) return ReadComparison(depth);
    MDRL_ASSIGN_OR_RETURN(Expr part, ReadNot(depth + 1));
    Exprs parts;
    parts.push_back(std::move(part));
    return Make(Expr::Kind::kNot, place, "", std::move(parts));
  }

  absl::StatusOr<Expr> ReadComparison(int depth) {
    MDRL_ASSIGN_OR_RETURN(Expr left, ReadSum(depth));
    const Token op = Peek();
    std::string name = op.text;
    if (op.kind == Token::Kind::kName && name == "not" &&
        Peek(1).kind == Token::Kind::kName && Peek(1).text == "in") {
      name = "not in";
      ++at_;
    } else if (!(op.kind == Token::Kind::kName && name == "in") &&
               !(op.kind == Token::Kind::kOperator &&
                 Among(kComparisons, name))) {
      return left;
    }
    ++at_;
    MDRL_ASSIGN_OR_RETURN(Expr right, ReadSum(depth));
    if (Peek().kind == Token::Kind::kOperator &&
        Among(kComparisons, Peek().text)) {
      return Wrong("a comparison of three values is not supported");
    }
    Exprs parts;
    parts.push_back(std::move(left));
    parts.push_back(std::move(right));
    return Make(Expr::Kind::kOperator, op.place, std::move(name),
                std::move(parts));
  }

  absl::StatusOr<Expr> ReadSum(int depth) {
    return ReadChain(
        depth, [this] { return IsOperator("+") || IsOperator("-"); },
        &Parser::ReadJoined);
  }
  absl::StatusOr<Expr> ReadJoined(int depth) {
    return ReadChain(
        depth, [this] { return IsOperator("~"); }, &Parser::ReadProduct);
  }
  absl::StatusOr<Expr> ReadProduct(int depth) {
    return ReadChain(
        depth, [this] { return IsOperator("%"); }, &Parser::ReadUnary);
  }

  absl::StatusOr<Expr> ReadUnary(int depth) {
    if (depth > kMaxDepth) return TooDeep(Peek().place);
    const TemplatePlace place = Peek().place;
    if (TakeOperator("-")) {
      // Members bind tighter than the sign, filters do not.
      MDRL_ASSIGN_OR_RETURN(Expr part, ReadMembers(depth + 1));
      Exprs parts;
      parts.push_back(std::move(part));
      MDRL_ASSIGN_OR_RETURN(
          Expr out, Make(Expr::Kind::kMinus, place, "", std::move(parts)));
      return ReadFilters(std::move(out));
    }
    MDRL_ASSIGN_OR_RETURN(Expr out, ReadMembers(depth));
    return ReadFilters(std::move(out));
  }

  absl::StatusOr<Expr> ReadMembers(int depth) {
    MDRL_ASSIGN_OR_RETURN(Expr out, ReadPrimary(depth));
    for (;;) {
      const TemplatePlace place = Peek().place;
      Exprs parts;
      if (TakeOperator(".")) {
        if (Peek().kind != Token::Kind::kName) {
          return Wrong(absl::StrCat("expected a name, found ", Found()));
        }
        Expr key;
        key.place = Peek().place;
        key.value = TemplateValue(Peek().text);
        if (out.kind == Expr::Kind::kName && out.name == "loop" &&
            !Among(kLoop, Peek().text)) {
          return Wrong(absl::StrCat("loop.", Peek().text,
                                    " is not supported; loop.index, index0, "
                                    "first, last and length are"));
        }
        ++at_;
        parts.push_back(std::move(out));
        parts.push_back(std::move(key));
      } else if (TakeOperator("[")) {
        MDRL_ASSIGN_OR_RETURN(Expr key, ReadExpr(depth + 1));
        if (IsOperator(":")) return Wrong("slices are not supported");
        MDRL_RETURN_IF_ERROR(ExpectOperator("]"));
        parts.push_back(std::move(out));
        parts.push_back(std::move(key));
      } else if (IsOperator("(")) {
        return Wrong("calls are not supported but of raise_exception");
      } else {
        return out;
      }
      MDRL_ASSIGN_OR_RETURN(
          out, Make(Expr::Kind::kMember, place, "", std::move(parts)));
    }
  }

  absl::StatusOr<Expr> ReadFilters(Expr out) {
    for (;;) {
      const TemplatePlace place = Peek().place;
      Expr::Kind kind = Expr::Kind::kFilter;
      bool negated = false;
      if (TakeOperator("|")) {
        if (!Among(kFilters, Peek().text)) {
          return Wrong(absl::StrCat("the filter ", Found(),
                                    " is not supported; trim, tojson and "
                                    "length are"));
        }
      } else if (TakeName("is")) {
        kind = Expr::Kind::kTest;
        negated = TakeName("not");
        if (!Among(kTests, Peek().text)) {
          return Wrong(absl::StrCat("the test ", Found(),
                                    " is not supported; defined, undefined, "
                                    "none, string and mapping are"));
        }
      } else {
        return out;
      }
      std::string name = tokens_[at_++].text;
      if (IsOperator("(")) {
        return Wrong(absl::StrCat("arguments of ", name, " are not supported"));
      }
      Exprs parts;
      parts.push_back(std::move(out));
      MDRL_ASSIGN_OR_RETURN(
          out, Make(kind, place, std::move(name), std::move(parts)));
      if (!negated) continue;
      Exprs inner;
      inner.push_back(std::move(out));
      MDRL_ASSIGN_OR_RETURN(
          out, Make(Expr::Kind::kNot, place, "", std::move(inner)));
    }
  }

  absl::StatusOr<Expr> ReadPrimary(int depth) {
    Expr out;
    out.place = Peek().place;
    const Token token = Peek();
    switch (token.kind) {
      case Token::Kind::kString:
        out.value = TemplateValue(token.text);
        ++at_;
        if (Peek().kind == Token::Kind::kString) {
          return Wrong("texts side by side are not supported; join with ~");
        }
        return out;
      case Token::Kind::kInteger: {
        int64_t value = 0;
        if (!absl::SimpleAtoi(token.text, &value)) {
          return Wrong("this number is too large");
        }
        out.value = TemplateValue(value);
        ++at_;
        return out;
      }
      case Token::Kind::kName:
        ++at_;
        return ReadNamed(token, depth);
      default:
        break;
    }
    if (TakeOperator("(")) {
      MDRL_ASSIGN_OR_RETURN(out, ReadExpr(depth + 1));
      if (IsOperator(",")) return Wrong("tuples are not supported");
      MDRL_RETURN_IF_ERROR(ExpectOperator(")"));
      return out;
    }
    if (TakeOperator("[")) {
      Exprs parts;
      while (!TakeOperator("]")) {
        if (!parts.empty()) MDRL_RETURN_IF_ERROR(ExpectOperator(","));
        MDRL_ASSIGN_OR_RETURN(Expr part, ReadExpr(depth + 1));
        parts.push_back(std::move(part));
      }
      return Make(Expr::Kind::kList, token.place, "", std::move(parts));
    }
    return Wrong(absl::StrCat("expected a value, found ", Found()));
  }

  absl::StatusOr<Expr> ReadNamed(const Token& token, int depth) {
    Expr out;
    out.place = token.place;
    if (token.text == "true" || token.text == "True") {
      out.value = TemplateValue(true);
    } else if (token.text == "false" || token.text == "False") {
      out.value = TemplateValue(false);
    } else if (token.text == "none" || token.text == "None") {
      out.value = TemplateValue(TemplateValue::None{});
    } else if (token.text == "raise_exception") {
      MDRL_RETURN_IF_ERROR(ExpectOperator("("));
      MDRL_ASSIGN_OR_RETURN(Expr text, ReadExpr(depth + 1));
      MDRL_RETURN_IF_ERROR(ExpectOperator(")"));
      Exprs parts;
      parts.push_back(std::move(text));
      return Make(Expr::Kind::kRaise, token.place, "", std::move(parts));
    } else {
      out.kind = Expr::Kind::kName;
      out.name = token.text;
    }
    return out;
  }

  const std::vector<Token> tokens_;
  size_t at_ = 0;
};

}  // namespace

absl::StatusOr<std::vector<TemplateNode>> ParseTemplate(
    std::string_view source) {
  MDRL_ASSIGN_OR_RETURN(std::vector<Token> tokens, LexTemplate(source));
  return Parser(std::move(tokens)).Run();
}

}  // namespace mdrl
