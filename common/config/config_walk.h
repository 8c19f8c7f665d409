// The walk from YAML nodes into a configuration message, driven by its
// descriptor.
//
// It owns everything a value's text may mean: units, `auto`, enum words, one
// value where a list may stand, limits, defaults. It knows no key by name.
//
//   ConfigWalk walk(&run, environment);
//   MDRL_RETURN_IF_ERROR(walk.Apply(tree, {}, "line"));
//
// Single-threaded; the message must outlive the walk.
#ifndef MDRL_COMMON_CONFIG_CONFIG_WALK_H_
#define MDRL_COMMON_CONFIG_CONFIG_WALK_H_

#include <google/protobuf/message.h>

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "common/config/yaml_tree.h"

namespace mdrl {

class ConfigWalk {
 public:
  using Environment = std::map<std::string, std::string>;

  // Fills `root` with its defaults. `environment` is what ${env:NAME} reads.
  ConfigWalk(google::protobuf::Message* root, const Environment& environment);

  // From now on what is wrong with one key is written down in `errors`, the key
  // keeps what it had, and the walk goes on with the next. `errors` must
  // outlive the walk.
  void GoOnAfterErrors(std::vector<std::string>* errors) { errors_ = errors; }

  // Assigns a whole file. Keys it names replace what was there; sections merge.
  absl::Status ApplyFile(const YamlNode& tree);

  // Assigns one value at a dotted path ("tasks.sudoku4.rubric",
  // "sft[0].steps"). `source` names it in errors: "--set run.seed".
  absl::Status ApplyAt(std::string_view path, const YamlNode& value,
                       std::string_view source);

  // InvalidArgument naming the first required key that nobody set; all of them
  // are written down if the walk goes on after errors.
  absl::Status CheckRequired();

  // Where each key was set: "line 12", "--set run.seed". Keys left at their
  // defaults are absent.
  std::map<std::string, std::string> Sources() const;

 private:
  using Message = google::protobuf::Message;
  using Field = google::protobuf::FieldDescriptor;
  struct Origin {
    std::string source;
    int layer = 0;  // file 1, then one per single assignment
  };

  absl::Status Fail(const YamlNode& node, std::string_view key,
                    std::string_view what) const;
  std::string Where(const YamlNode& node) const;
  // `status` itself, or OK after writing it down.
  absl::Status Keep(absl::Status status);
  absl::Status Missing(const std::string& key) const;

  void PutDefaults(Message* message);
  absl::Status PutMessage(const YamlNode& node, const std::string& key,
                          Message* message);
  // One key of a section. `seen`: names and lines before it; `chosen`: of a
  // oneof.
  absl::Status PutEntry(const YamlNode& name, const YamlNode& value,
                        const std::string& key, Message* message,
                        std::map<std::string, int>* seen, const Field** chosen);
  absl::Status PutField(const YamlNode& node, const std::string& key,
                        const Field& field, Message* message);
  absl::Status PutList(const YamlNode& node, const std::string& key,
                       const Field& field, Message* message);
  absl::Status PutMap(const YamlNode& node, const std::string& key,
                      const Field& field, Message* message);
  absl::Status PutScalar(const YamlNode& node, const std::string& key,
                         const Field& field, Message* message);
  absl::Status PutAt(const std::vector<std::string>& path, size_t depth,
                     const YamlNode& value, const std::string& key,
                     Message* message);
  absl::StatusOr<std::string> Expand(const YamlNode& node,
                                     std::string_view key) const;
  void Remember(const YamlNode& node, const std::string& key,
                const Field& field, Message* message);

  Message* const root_;
  const Environment& environment_;
  std::map<std::string, Origin> origins_;
  int layer_ = 0;       // 0: defaults
  std::string source_;  // empty: the file, whose nodes have lines
  std::vector<std::string>* errors_ = nullptr;  // null: the first one ends it
};

}  // namespace mdrl

#endif  // MDRL_COMMON_CONFIG_CONFIG_WALK_H_
