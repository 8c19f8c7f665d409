// The expectations are what jinja2 3.1.6 makes of the same templates with
// trim_blocks and lstrip_blocks, the way transformers runs them.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <utility>
#include <vector>

#include "common/text/template_parser.h"
#include "common/text/template_render.h"

namespace mdrl {
namespace {

using ::testing::HasSubstr;
using Value = TemplateValue;

Value Message(const std::string& role, const std::string& content) {
  return Value(
      Value::Object{{"role", Value(role)}, {"content", Value(content)}});
}

absl::StatusOr<std::string> Render(const std::string& source) {
  const auto nodes = ParseTemplate(source);
  if (!nodes.ok()) return nodes.status();
  const Value::Object names = {
      {"messages", Value(Value::List{Message("user", " a \"é\"\n"),
                                     Message("assistant", "b")})},
      {"add_generation_prompt", Value(true)},
      {"tools", Value(Value::None{})},
      {"bos_token", Value(std::string("<s>"))}};
  return RenderTemplate(*nodes, names);
}

std::string ErrorOf(const std::string& source) {
  const auto text = Render(source);
  return text.ok() ? "" : std::string(text.status().message());
}

TEST(TemplateTest, RendersWhatJinjaRenders) {
  const std::pair<const char*, const char*> cases[] = {
      {"{% for m in messages %}\n  {% if loop.first %}\n[{{ m.role }}]\n  {% "
       "else %}\n({{ m['role'] }})\n  {% endif %}\n{% endfor %}\nend\n",
       "[user]\n(assistant)\nend"},
      {"a\n  {%- if true -%}  \n b \n {%- endif -%} \n c", "abc"},
      {"x {#- c -#} y {# d #}\nz\n\n", "xy z\n"},
      {"  {%+ if true %}\n a{% endif +%}\nb", "   a\nb"},
      {"{{ messages[0].content | trim ~ '!' + 'x' }}{{ messages[-1]['content'] "
       "}}{{ nope }}{{ nope is defined }}{{ tools is none }}{{ tools is not "
       "defined }}",
       "a \"é\"!xbFalseTrueFalse"},
      {"{% set x = 'o' %}{% for m in messages %}{% set x = m.content %}{{ x "
       "}}{% if loop.last %}{% set x = 'z' %}{% endif %}{{ x }}{% endfor %}{{ "
       "x }}",
       " a \"é\"\n a \"é\"\nbzo"},
      {"{{ messages | tojson }}{{ messages[0].content | length }}{{ 7 % 3 }}{{ "
       "-7 % 3 }}{{ 1 + 2 - 5 }}{{ true }}{{ none }}{{ 'a' in 'cat' }}{{ "
       "'role' in messages[0] }}{{ 'q' not in ['q'] }}",
       "[{\"role\": \"user\", \"content\": \" a \\\"é\\\"\\n\"}, {\"role\": "
       "\"assistant\", \"content\": \"b\"}]712-2TrueNoneTrueTrueFalse"},
      {"{{ 'y' if 1 < 2 and not 2 <= 1 else 'n' }}{{ 'y' if false }}|{{ 'a' == "
       "'a' or nope.x }}|{{ not 1 == 2 }}",
       "y|True|True"},
      {"{% if messages[0]['role'] != 'user' %}A{% elif add_generation_prompt "
       "and loop is not defined %}B{% else %}C{% endif %}",
       "B"},
      {"{{ \"it's\\n\\t\\\\\" }}", "it's\n\t\\"},
      {"a\r\n{% if true %}\r\nb\r{% endif %}\r\n", "a\nb\n"},
      {"{% for m in messages %}{{ loop.index0 % 2 == 0 }}{{ loop.index }}{{ "
       "loop.length }}{{ m.role == 'user' and loop.first }}{% endfor %}",
       "True12TrueFalse22False"},
      {"{{- 'a' -}}  \n b {{ 'c' -}}\n {{- 'd' }}", "ab cd"},
      {"   {% if true %}q{% endif %}   \n   {% set a = 1 %}   \n{{ a }}",
       "q   \n   \n1"},
      {"{{ 'a' ~ 1 ~ none ~ true ~ nope }}", "a1NoneTrue"},
      {"{{ [1, 'a', [true]] | length }}{{ messages[5] is defined }}{{ "
       "messages[0].nope is defined }}",
       "3FalseFalse"},
      {"{{ 3 - -2 }}", "5"},
      {"{{ 'a' + 'b' | trim ~ 'c' }}{{ 1 is none }}{{ messages[0] is mapping "
       "}}{{ 'x' is string }}{{ 1 == true }}{{ '1' == 1 }}",
       "abcFalseTrueTrueTrueFalse"}};
  for (const auto& [source, expected] : cases) {
    const auto text = Render(source);
    ASSERT_TRUE(text.ok()) << source << ": " << text.status();
    EXPECT_EQ(*text, expected) << source;
  }
}

TEST(TemplateTest, WhatIsNotSupportedIsRefusedWithLineAndColumn) {
  const std::pair<const char*, const char*> cases[] = {
      {"a\n {{ x | upper }}", "line 2, column 9: the filter 'upper'"},
      {"{{ x.strip() }}", "line 1, column 11: calls are not supported"},
      {"{{ range(3) }}", "line 1, column 9: calls"},
      {"{% macro f() %}{% endmacro %}", "line 1, column 4: the block 'macro'"},
      {"{% raw %}x", "the block 'raw'"},
      {"{{ x[1:] }}", "column 7: slices"},
      {"{{ x is odd }}", "column 9: the test 'odd'"},
      {"{{ x | trim('a') }}", "arguments of trim"},
      {"{{ {'a': 1} }}", "line 1, column 4: the character '{'"},
      {"{{ 2 * 3 }}", "expected }}, found '*'"},
      {"{{ 1 < 2 < 3 }}", "column 10: a comparison of three"},
      {"{{ 'a' 'b' }}", "texts side by side"},
      {"{{ 'a\\q' }}", "line 1, column 6: this escape"},
      {"{{ (1, 2) }}", "tuples"},
      {"{{ loop.cycle }}", "loop.cycle is not supported"},
      {"{% for a, b in x %}{% endfor %}", "expected 'in'"},
      {"{% for a in x if a %}{% endfor %}", "of a {% for %}"},
      {"{% for a in x %}{% else %}{% endfor %}", "expected endfor"},
      {"{% set a.b = 1 %}", "expected '=', found '.'"},
      {"{% set a %}x{% endset %}", "expected '='"},
      {"{{ x ! }}", "the character '!'"},
      {"{{ 99999999999999999999 }}", "too large"},
      {"{% if x %}", "line 1, column 1: this {% if %} has no"},
      {"{% endif %}", "{% endif %} closes nothing"},
      {"{% if x %}{% else %}{% elif y %}{% endif %}", "expected endif"},
      {"a {{ x", "line 1, column 3: these braces have no end"},
      {"a {# x", "line 1, column 3: this comment has no end"},
      {"{{ 'x }}", "line 1, column 4: this text has no end"},
      {"{{ }}", "expected a value, found }}"}};
  for (const auto& [source, error] : cases) {
    EXPECT_THAT(ErrorOf(source), HasSubstr(error)) << source;
  }
}

TEST(TemplateTest, ValuesOfTheWrongTypeAreRefusedWithLineAndColumn) {
  const std::pair<const char*, const char*> cases[] = {
      {"{{ 'a' + 1 }}", "line 1, column 8: '+' does not take a text and"},
      {"{{ 'a' + nope }}", "an undefined value"},
      {"{{ nope.x }}", "an undefined value has no such member: x"},
      {"{{ messages }}", "expected a text, not a list"},
      {"{% for c in 'abc' %}{% endfor %}", "a list to go through, not a text"},
      {"{{ nope | tojson }}", "tojson does not take an undefined value"},
      {"{{ 1 | length }}", "length does not take a number"},
      {"{{ 1 % 0 }}", "'%' does not take"},
      {"{{ -'a' }}", "expected a number"},
      {"{{ 1 in 2 }}", "a number holds no a number"},
      {"\n{{ raise_exception('no ' ~ 'system') }}",
       "line 2, column 4: the template refuses this: no system"}};
  for (const auto& [source, error] : cases) {
    EXPECT_THAT(ErrorOf(source), HasSubstr(error)) << source;
  }
}

TEST(TemplateTest, ATemplateThatGrowsWithoutEndIsStopped) {
  std::string source = "{% set x = 'aaaaaaaaaaaaaaaa' %}";
  for (int i = 0; i < 40; ++i) source += "{% set x = x + x %}";
  EXPECT_EQ(Render(source).status().code(),
            absl::StatusCode::kResourceExhausted);
  source = "{% set l = [1,2,3,4,5,6,7,8,9,10] %}";
  for (int i = 0; i < 30; ++i) source += "{% for a in l %}";
  source += "x";
  for (int i = 0; i < 30; ++i) source += "{% endfor %}";
  EXPECT_EQ(Render(source).status().code(),
            absl::StatusCode::kResourceExhausted);
}

TEST(TemplateTest, DeepNestingIsRefusedHoweverItIsWritten) {
  const auto repeat = [](const std::string& text) {
    std::string out;
    for (int i = 0; i < 100'000; ++i) out += text;
    return out;
  };
  for (const std::string& source :
       {"{{ " + repeat("("), "{{ " + repeat("[") + " }}",
        "{{ " + repeat("not ") + "1 }}", "{{ " + repeat("-"),
        "{{ 1" + repeat("+1") + " }}", "{{ x" + repeat(".x") + " }}",
        "{{ x" + repeat("|trim") + " }}",
        "{{ 1" + repeat(" if 1 else 1") + " }}", repeat("{% if 1 %}")}) {
    EXPECT_NE(ErrorOf(source), "") << source.substr(0, 20);
  }
}

}  // namespace
}  // namespace mdrl
