// YAML text as a plain tree with line numbers; the only place that knows
// yaml-cpp.
//
// Text from outside: what a configuration does not need (anchors, aliases,
// tags, several documents, deep nesting, NUL, bytes that are not UTF-8) is
// refused with its line, never followed.
#ifndef MDRL_COMMON_CONFIG_YAML_TREE_H_
#define MDRL_COMMON_CONFIG_YAML_TREE_H_

#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"

namespace mdrl {

struct YamlNode {
  enum class Kind { kNull, kScalar, kList, kMap };
  Kind kind = Kind::kNull;
  int line = 0;      // from 1
  std::string text;  // of a scalar
  bool quoted =
      false;  // a quoted or block scalar is a string, whatever it looks like
  std::vector<YamlNode> items;  // of a list
  std::vector<std::pair<YamlNode, YamlNode>>
      entries;  // of a map, in order, duplicates kept
};

// InvalidArgument "line N: ..." if `text` is not one small YAML document. An
// empty document is a null node.
absl::StatusOr<YamlNode> ParseYaml(std::string_view text);

}  // namespace mdrl

#endif  // MDRL_COMMON_CONFIG_YAML_TREE_H_
