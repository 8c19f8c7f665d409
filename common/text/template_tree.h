// A chat template, parsed: the part of Jinja that is supported, and nothing
// else. Plain values.
#ifndef MDRL_COMMON_TEXT_TEMPLATE_TREE_H_
#define MDRL_COMMON_TEXT_TEMPLATE_TREE_H_

#include <string>
#include <vector>

#include "common/text/template_lexer.h"
#include "common/text/template_value.h"

namespace mdrl {

struct TemplateExpr {
  enum class Kind {
    kLiteral,    // value
    kName,       // name
    kMember,     // a[b]; a.name is a['name']
    kOperator,   // a name b: + - ~ % == != < <= > >= in "not in" and or
    kNot,        // not a
    kMinus,      // -a
    kCondition,  // a if b else c; c may be absent
    kFilter,     // a | name
    kTest,       // a is name
    kRaise,      // raise_exception(a)
    kList,       // [a, b, ...]
  };
  Kind kind = Kind::kLiteral;
  TemplatePlace place;
  std::string name;
  TemplateValue value;
  std::vector<TemplateExpr> parts;  // a, b, c
  int depth = 1;                    // of nesting, this one included
};

struct TemplateNode {
  enum class Kind { kText, kOutput, kSet, kIf, kFor };
  struct Branch {
    TemplateExpr condition;  // literal true for else
    std::vector<TemplateNode> body;
  };
  Kind kind = Kind::kText;
  TemplatePlace place;
  std::string name;                // kText: the text; kSet, kFor: the variable
  TemplateExpr expr;               // kOutput, kSet: what; kFor: over what
  std::vector<Branch> branches;    // kIf
  std::vector<TemplateNode> body;  // kFor
};

}  // namespace mdrl

#endif  // MDRL_COMMON_TEXT_TEMPLATE_TREE_H_
