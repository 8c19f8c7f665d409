#include "client/command/prompts.h"

#include <ostream>

#include "common/base/error.h"
#include "common/base/status_macros.h"
#include "common/format/file.h"
#include "common/tasks/prompt_file.h"
#include "common/tasks/split.h"

namespace mdrl {
namespace {

absl::StatusOr<std::string> Lines(const MakeOptions& make,
                                  bool demonstrations) {
  if (demonstrations) {
    MDRL_ASSIGN_OR_RETURN(const auto shown, MakeDemonstrations(make));
    return ToJsonLines(shown);
  }
  MDRL_ASSIGN_OR_RETURN(const auto prompts, MakePrompts(make));
  return ToJsonLines(prompts);
}

}  // namespace

absl::Status RunMakePrompts(const Session& session,
                            const MakePromptsOptions& options) {
  MakeOptions make = options.make;
  const absl::StatusOr<Split> split = ParseSplit(options.split);
  if (!split.ok()) return OrReason(split.status(), reason::kUsage);
  make.split = *split;
  const absl::StatusOr<std::string> lines = Lines(make, options.demonstrations);
  if (!lines.ok()) return OrReason(lines.status(), reason::kUsage);
  if (!options.file.empty()) return WriteFileAtomically(options.file, *lines);
  *session.out << *lines;
  return absl::OkStatus();
}

}  // namespace mdrl
