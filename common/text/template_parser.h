// Parses a chat template. Supported, and nothing else:
//
//   {{ expression }}   {# comment #}   white-space control with - and +
//   {% for x in list %} {% endfor %}   {% if %} {% elif %} {% else %} {% endif
//   %}
//   {% set x = expression %}
//   texts, integers, true, false, none, lists, names, a.b, a['b'], a[0], a[-1]
//   + - ~ %   == != < <= > >= in, not in   and or not   a if b else c
//   filters trim, tojson, length; tests defined, undefined, none, string,
//   mapping, each also with not
//   loop.index, loop.index0, loop.first, loop.last, loop.length
//   raise_exception(text)
//
// Functions without state; safe from any thread.
#ifndef MDRL_COMMON_TEXT_TEMPLATE_PARSER_H_
#define MDRL_COMMON_TEXT_TEMPLATE_PARSER_H_

#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "common/text/template_tree.h"

namespace mdrl {

// InvalidArgument with line and column: what is not supported or malformed, or
// nested more than 100 deep.
absl::StatusOr<std::vector<TemplateNode>> ParseTemplate(
    std::string_view source);

}  // namespace mdrl

#endif  // MDRL_COMMON_TEXT_TEMPLATE_PARSER_H_
