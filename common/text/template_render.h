// Runs a parsed chat template.
//
// Functions without state; safe from any thread.
#ifndef MDRL_COMMON_TEXT_TEMPLATE_RENDER_H_
#define MDRL_COMMON_TEXT_TEMPLATE_RENDER_H_

#include <span>
#include <string>

#include "absl/status/statusor.h"
#include "common/text/template_tree.h"
#include "common/text/template_value.h"

namespace mdrl {

// The text that `nodes` make of `names`. As in Jinja, what a loop's body sets
// is gone after each turn, and what a condition's body sets stays.
// InvalidArgument with line and column: raise_exception, with its text; a value
// of a type that the operation does not take. ResourceExhausted: more than
// 16 MiB of text, or a million steps.
absl::StatusOr<std::string> RenderTemplate(std::span<const TemplateNode> nodes,
                                           const TemplateValue::Object& names);

}  // namespace mdrl

#endif  // MDRL_COMMON_TEXT_TEMPLATE_RENDER_H_
