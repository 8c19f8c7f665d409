#include "services/learner/explain/prompt_findings.h"

#include <algorithm>

#include "absl/strings/str_cat.h"

namespace mdrl {
namespace {

bool IsTraining(const SetFacts& set) {
  return set.state == PromptSetState::kActive;
}

}  // namespace

Finding NoPromptFinding(const RunFacts& facts) {
  Finding finding{.reason = Reason::kNoPrompts,
                  .level = FindingLevel::kNormal,
                  .subject = "prompts",
                  .owner = "person",
                  .since = facts.phase_for};
  const auto active =
      std::find_if(facts.sets.begin(), facts.sets.end(), IsTraining);
  if (active != facts.sets.end()) {
    finding = SetFinding(*active);
    finding.since = facts.phase_for;
    return finding;
  }
  const auto paused = std::find_if(
      facts.sets.begin(), facts.sets.end(),
      [](const SetFacts& set) { return set.state == PromptSetState::kPaused; });
  if (paused != facts.sets.end()) {
    finding.subject = paused->name;
    finding.text = absl::StrCat("prompt set ", paused->name,
                                " is paused and no other has prompts to give");
    finding.next = absl::StrCat("mdrlctl sets resume ", paused->name);
    return finding;
  }
  finding.text = facts.sets.empty()
                     ? "no prompt set was submitted yet"
                     : "no active prompt set has a prompt to give: those that "
                       "are known are retired or held out";
  finding.next = "mdrlctl submit FILE.jsonl --task TASK --name NAME";
  return finding;
}

Finding SetFinding(const SetFacts& set) {
  Finding finding{.reason = Reason::kUnspecified,
                  .level = FindingLevel::kNormal,
                  .subject = set.name,
                  .owner = "learner"};
  const uint64_t quarantined = set.quarantined.size();
  const uint64_t left =
      set.count - std::min(set.count, set.over_length + quarantined);
  if (left == 0 && quarantined > 0) {
    finding.reason = Reason::kPromptPoison;
    finding.level = FindingLevel::kSlow;
    finding.owner = "person";
    finding.text = absl::StrCat(
        "every prompt of set ", set.name, " that is not over-long (",
        quarantined, ") is quarantined: it failed on several workers");
    finding.next = absl::StrCat(
        "read the workers' logs, then lift the quarantine or submit a mended "
        "set");
  } else if (left == 0) {
    finding.reason = Reason::kPromptOverLength;
    finding.level = FindingLevel::kSlow;
    finding.owner = "person";
    finding.text = absl::StrCat("every prompt of set ", set.name,
                                " is longer than prompts.max_tokens");
    finding.next = "raise prompts.max_tokens or submit shorter prompts";
  } else {
    finding.text =
        absl::StrCat("prompt set ", set.name, " (", set.task, ") is ",
                     std::string(PromptSetStateName(set.state)), ": ", left,
                     " of ", set.count, " prompts can be given, ", set.issued,
                     " groups issued, ", set.trained, " trained");
    if (quarantined > 0) {
      finding.reason = Reason::kPromptPoison;
      absl::StrAppend(&finding.text, "; ", quarantined,
                      " quarantined, the first is prompt ",
                      set.quarantined.front());
      finding.next = "mdrlctl show, then lift the quarantine or mend the set";
    }
  }
  return finding;
}

}  // namespace mdrl
