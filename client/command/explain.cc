#include "client/command/explain.h"

#include <ostream>

#include "absl/strings/str_cat.h"
#include "client/command/json_text.h"
#include "client/report/elapsed_text.h"
#include "common/base/status_macros.h"
#include "common/config/derived.h"
#include "common/record/reason.h"

namespace mdrl {
namespace {

using Finding = v1::Explanation::Finding;

std::string LevelText(v1::Explanation::Level level, bool color) {
  const std::string word = v1::Explanation::Level_Name(level);
  if (!color || level <= v1::Explanation::NORMAL) return word;
  return absl::StrCat(level == v1::Explanation::STUCK ? "\033[31m" : "\033[33m",
                      word, "\033[0m");
}

// "31 s, acts in 3 min 32 s": how long it has lasted and when it ends by
// itself.
std::string TimesText(const Finding& finding) {
  std::string out;
  if (finding.has_since()) {
    absl::StrAppend(&out, "  for ",
                    ElapsedText(ToAbslDuration(finding.since())));
  }
  if (finding.has_acts_in()) {
    absl::StrAppend(&out, out.empty() ? "  acts in " : ", acts in ",
                    ElapsedText(ToAbslDuration(finding.acts_in())));
  }
  return out;
}

}  // namespace

std::string ExplanationText(const v1::Explanation& explanation, bool color) {
  if (explanation.chain().empty()) return "nothing waits\n";
  std::string out;
  for (const Finding& finding : explanation.chain()) {
    const std::string indent = out.empty() ? "" : "  ";
    absl::StrAppend(
        &out, indent, finding.text(), "\n", indent, "  ",
        std::string(ReasonName(static_cast<Reason>(finding.reason()))), "  ",
        LevelText(finding.level(), color), TimesText(finding));
    if (!finding.owner().empty()) {
      absl::StrAppend(&out, "  next is ", finding.owner());
    }
    out += "\n";
    if (!finding.next().empty()) {
      absl::StrAppend(&out, indent, "  you can: ", finding.next(), "\n");
    }
  }
  return out;
}

absl::Status RunExplain(const Session& session, const ExplainOptions& options) {
  MDRL_ASSIGN_OR_RETURN(const auto link, session.Connect());
  MDRL_ASSIGN_OR_RETURN(const v1::Explanation explanation,
                        link->Explain(options.subject));
  *session.out << (session.json ? JsonText(explanation) + "\n"
                                : ExplanationText(explanation, session.color));
  return absl::OkStatus();
}

}  // namespace mdrl
