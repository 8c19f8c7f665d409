// config_reference DESCRIPTOR_SET: docs/configuration.md, from the schema.
//
// The schema in the library has types, defaults, limits and marks; its comments
// are only in a descriptor set made with --include_source_info.
#include <google/protobuf/descriptor.h>
#include <google/protobuf/descriptor.pb.h>

#include <fstream>
#include <iostream>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "common/config/key_spec.h"
#include "mdrl/config/v1/run.pb.h"

namespace mdrl {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::DescriptorPool;
using google::protobuf::FieldDescriptor;

constexpr char kHead[] =
    R"(# Configuration

<!-- Generated from proto/mdrl/config/v1/run.proto by tests/docs/config_reference.cc:
     cmake --build build/default --target configuration_page -->

One YAML file describes a run. Each section below is a section of that file, `auto` means that the value follows from others,
durations are written `5ms` or `30s`, sizes `512MiB`, and one value may stand where a list may. Precedence: defaults, then the
file, then the environment (`MDRL_SCHEDULE__GROUP_SIZE=8`), then `--set schedule.group_size=8`; `${env:NAME}` in a value expands.

The mark says what may happen to a key between two starts of one run: **!** it is fixed for the life of the run, **~** it may
change at a resume and counts from the next round, no mark: any process may be started with another value.

`mdrlctl config check FILE` says what is wrong and what follows, `mdrlctl config print FILE --resolved` prints every key with
its value, `mdrlctl config diff FILE RUN_DIR` what would change.
)";

// The schema again, with comments.
class Comments {
 public:
  explicit Comments(const google::protobuf::FileDescriptorSet& files) {
    for (const auto& file : files.file()) pool_.BuildFile(file);
  }

  // The comment behind the field, else the one above it; one line of text.
  std::string Of(const FieldDescriptor& field) const {
    const FieldDescriptor* found = pool_.FindFieldByName(field.full_name());
    return found == nullptr ? "" : TextOf(*found);
  }
  std::string Of(const Descriptor& message) const {
    const Descriptor* found = pool_.FindMessageTypeByName(message.full_name());
    return found == nullptr ? "" : TextOf(*found);
  }

 private:
  template <typename Described>
  static std::string TextOf(const Described& described) {
    google::protobuf::SourceLocation location;
    if (!described.GetSourceLocation(&location)) return "";
    const std::string& text = location.trailing_comments.empty()
                                  ? location.leading_comments
                                  : location.trailing_comments;
    std::string line = absl::StrReplaceAll(text, {{"\n", " "}});
    absl::RemoveExtraAsciiWhitespace(&line);
    return line;
  }

  DescriptorPool pool_;
};

std::string MarkOf(const FieldDescriptor& field, config::v1::Mark around) {
  const config::v1::Mark own = KeySpec(field).mark();
  const config::v1::Mark mark =
      own == config::v1::MARK_UNSPECIFIED ? around : own;
  return mark == config::v1::FIXED    ? "!"
         : mark == config::v1::RESUME ? "~"
                                      : "";
}

std::string LimitsOf(const config::v1::Key& spec) {
  std::vector<std::string> limits;
  if (spec.has_at_least()) {
    limits.push_back(absl::StrCat("at least ", spec.at_least()));
  }
  if (spec.has_above()) limits.push_back(absl::StrCat("above ", spec.above()));
  if (spec.has_at_most()) {
    limits.push_back(absl::StrCat("at most ", spec.at_most()));
  }
  if (spec.has_below()) limits.push_back(absl::StrCat("below ", spec.below()));
  return limits.empty() ? "" : ", " + absl::StrJoin(limits, ", ");
}

std::string TypeOf(const FieldDescriptor& field) {
  const config::v1::Key& spec = KeySpec(field);
  if (field.is_map()) {
    return "by name: " + ExpectedText(*field.message_type()->map_value());
  }
  const std::string one = ExpectedText(field) + LimitsOf(spec);
  if (!field.is_repeated()) return one;
  return spec.count() != 0 ? absl::StrCat(spec.count(), " of: ", one)
                           : absl::StrCat("list of: ", one);
}

std::string DefaultOf(const FieldDescriptor& field) {
  const config::v1::Key& spec = KeySpec(field);
  if (spec.required()) return "required";
  if (spec.has_by_default()) return absl::StrCat("`", spec.by_default(), "`");
  if (field.has_optional_keyword()) return "`auto`";
  if (field.is_map()) return "`{}`";
  if (field.is_repeated()) return "`[]`";
  switch (field.cpp_type()) {
    case FieldDescriptor::CPPTYPE_BOOL:
      return "`false`";
    case FieldDescriptor::CPPTYPE_STRING:
      return "`\"\"`";
    case FieldDescriptor::CPPTYPE_ENUM:
    case FieldDescriptor::CPPTYPE_MESSAGE:
      return "";
    default:
      return "`0`";
  }
}

// A cell of a table: one line, no bar of its own.
std::string Cell(const std::string& text) {
  return absl::StrReplaceAll(text, {{"|", "\\|"}});
}

struct Below {
  std::string key;
  const Descriptor* section;
  config::v1::Mark mark;
  std::string comment;
};

// One section's table; the sections inside it follow.
void PrintSection(const Below& at, const Comments& comments,
                  std::string* page) {
  std::vector<Below> inside;
  std::string rows;
  for (int i = 0; i < at.section->field_count(); ++i) {
    const FieldDescriptor& field = *at.section->field(i);
    const std::string key = KeyBelow(at.key, field.name());
    const FieldDescriptor& value =
        field.is_map() ? *field.message_type()->map_value() : field;
    const config::v1::Mark mark =
        KeySpec(field).mark() == config::v1::MARK_UNSPECIFIED
            ? at.mark
            : KeySpec(field).mark();
    const std::string comment = comments.Of(field);
    if (IsSection(value)) {
      inside.push_back({field.is_map()        ? key + ".NAME"
                        : field.is_repeated() ? key + "[]"
                                              : key,
                        value.message_type(), mark, comment});
      continue;
    }
    absl::StrAppend(&rows, "| `", key, "` | ", Cell(TypeOf(field)), " | ",
                    Cell(DefaultOf(field)), " | ", MarkOf(field, at.mark),
                    " | ", Cell(comment), " |\n");
  }
  if (!at.key.empty()) {
    absl::StrAppend(page, "\n## ", at.key, "\n");
    const std::string text =
        at.comment.empty() ? comments.Of(*at.section) : at.comment;
    if (!text.empty()) absl::StrAppend(page, "\n", text, "\n");
  }
  if (!rows.empty()) {
    absl::StrAppend(page, at.key.empty() ? "\n## At the top\n" : "",
                    "\n| key | value | default | mark | meaning |\n"
                    "|---|---|---|:-:|---|\n",
                    rows);
  }
  for (const Below& section : inside) PrintSection(section, comments, page);
}

int Main(int argc, char** argv) {
  google::protobuf::FileDescriptorSet files;
  std::ifstream file(argc == 2 ? argv[1] : "", std::ios::binary);
  if (!file || !files.ParseFromIstream(&file)) {
    std::cerr << "usage: config_reference DESCRIPTOR_SET\n";
    return 2;
  }
  std::string page = kHead;
  PrintSection(
      {"", config::v1::Run::descriptor(), config::v1::MARK_UNSPECIFIED, ""},
      Comments(files), &page);
  std::cout << page;
  return 0;
}

}  // namespace
}  // namespace mdrl

int main(int argc, char** argv) { return mdrl::Main(argc, argv); }
