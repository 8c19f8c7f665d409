#include "common/config/nearest_key.h"

#include <algorithm>
#include <cstddef>
#include <limits>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "common/config/value_text.h"
#include "mdrl/config/v1/key.pb.h"

namespace mdrl {
namespace {

using google::protobuf::Descriptor;
using google::protobuf::FieldDescriptor;

struct Nearest {
  size_t cost = std::numeric_limits<size_t>::max();
  size_t distance = 0;
  std::string key;
};

// Compares `name` with the keys of `section` and, if `deep`, of those below.
void Compare(const Descriptor& section, const std::string& prefix,
             std::string_view name, size_t handicap, bool deep,
             Nearest* nearest) {
  for (int i = 0; i < section.field_count(); ++i) {
    const FieldDescriptor& field = *section.field(i);
    std::string key =
        prefix.empty() ? field.name() : absl::StrCat(prefix, ".", field.name());
    size_t distance = EditDistance(name, field.name());
    for (const std::string& word :
         field.options().GetExtension(config::v1::spec).known_as()) {
      distance = std::min(distance, EditDistance(name, word));
    }
    if (distance + handicap < nearest->cost) {
      *nearest = {distance + handicap, distance, key};
    }
    if (!deep || field.message_type() == nullptr) continue;
    if (field.is_map()) {
      const FieldDescriptor& value = *field.message_type()->map_value();
      if (value.message_type() == nullptr) continue;
      Compare(*value.message_type(), absl::StrCat(key, ".NAME"), name,
              handicap + 1, true, nearest);
    } else if (field.message_type()->file()->package() ==
               section.file()->package()) {
      if (field.is_repeated()) key += "[0]";
      Compare(*field.message_type(), key, name,
              handicap + (field.is_repeated() ? 1 : 0), true, nearest);
    }
  }
}

}  // namespace

std::string UnknownKey(const Descriptor& root, const Descriptor& section,
                       std::string_view prefix, std::string_view name) {
  Nearest nearest;
  Compare(section, std::string(prefix), name, 0, false, &nearest);
  Compare(root, "", name, 1, true, &nearest);
  // A third of the letters wrong is still a slip; more is another word.
  if (nearest.distance <= std::max<size_t>(1, name.size() / 3)) {
    return absl::StrCat("unknown key; did you mean ", nearest.key, "?");
  }
  std::vector<std::string> names;
  for (int i = 0; i < section.field_count(); ++i) {
    names.push_back(section.field(i)->name());
  }
  return absl::StrCat("unknown key; here stand ", absl::StrJoin(names, ", "));
}

}  // namespace mdrl
