#include "client/command/submit.h"

#include <ostream>

#include "absl/strings/str_cat.h"
#include "client/command/json_text.h"
#include "client/command/line_of_prompt.h"
#include "client/report/progress_line.h"
#include "client/report/thousands.h"
#include "common/base/id.h"
#include "common/base/status_macros.h"

namespace mdrl {

std::string PromptSetLine(const v1::PromptSet& set) {
  const auto sha256 = Digest::FromBytes(set.sha256());
  std::string line = absl::StrCat(
      set.name(), "  ", set.count(), " prompts  sha ",
      sha256 ? sha256->ToHex(4) : std::string("?"), "  ", set.over_length(),
      " over-long  ", v1::PromptSet::State_Name(set.state()));
  if (set.passes() + set.issued() + set.trained() > 0) {
    absl::StrAppend(&line, "  pass ", set.passes(), "  issued ", set.issued(),
                    "  trained ", set.trained());
  }
  if (set.quarantined_size() > 0) {
    absl::StrAppend(&line, "  quarantined ", set.quarantined_size());
  }
  return line;
}

std::string SentText(size_t sent, size_t all) {
  return sent < all ? absl::StrCat("sent ", Thousands(sent), " of ",
                                   Thousands(all), " prompts")
                    : absl::StrCat("sent ", Thousands(all),
                                   " prompts; the learner checks them");
}

absl::Status RunSubmit(const Session& session, const SubmitOptions& options) {
  ProgressLine progress(*session.err, session.err_terminal);
  progress.Show(absl::StrCat("reading ", options.file));
  MDRL_ASSIGN_OR_RETURN(const PromptFile file,
                        ReadPromptFile(options.file, options.task));
  progress.Clear();
  if (file.several_solutions > 0) {
    *session.err << options.file << ": " << file.several_solutions
                 << " puzzles have several solutions\n";
  }
  MDRL_ASSIGN_OR_RETURN(const auto link, session.Connect());
  const absl::StatusOr<v1::PromptSet> answer = link->Submit(
      {.name = options.name.empty() ? options.task : options.name,
       .task = options.task,
       .prompts = file.prompts,
       .weight = options.weight,
       .held_out = options.held_out,
       .dry_run = options.dry_run},
      [&](size_t sent) { progress.Show(SentText(sent, file.prompts.size())); });
  progress.Clear();
  if (!answer.ok()) return AtLineOfPrompt(answer.status(), options.file);
  const v1::PromptSet& set = *answer;
  if (session.json) {
    *session.out << JsonText(set) << "\n";
    return absl::OkStatus();
  }
  *session.out << PromptSetLine(set)
               << (options.dry_run       ? "  (dry run: nothing was kept)"
                   : set.already_known() ? "  (known already)"
                                         : "")
               << "\n";
  return absl::OkStatus();
}

}  // namespace mdrl
