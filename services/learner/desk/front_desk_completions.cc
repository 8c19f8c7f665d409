// All that is known of one completion.

#include <tuple>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/philox.h"
#include "common/base/status_macros.h"
#include "services/learner/desk/front_desk.h"
#include "services/learner/ledger/story.h"

namespace mdrl {

uint64_t FrontDesk::PhiloxKeyOf(Purpose purpose, const Digest& set_sha256,
                                uint64_t index, const GroupId& group_id) const {
  const auto number = static_cast<uint32_t>(purpose);
  // Two policies are compared under the same noise: an evaluation's key does
  // not know how many there were before.
  const GroupId id = purpose == Purpose::kEvaluate
                         ? MakeGroupId(number, set_sha256, index, 0)
                         : group_id;
  return PhiloxKey(options_.seed, number, id.bytes);
}

std::string FrontDesk::TextOf(const Completion& completion) const {
  if (!options_.text_of) return "";
  std::vector<int32_t> tokens = completion.tokens;
  // The first end-of-sequence token is the last that counts, and no text.
  if (!completion.truncated && completion.effective_tokens > 0) {
    tokens.resize(completion.effective_tokens - 1);
  }
  return options_.text_of(tokens);
}

absl::StatusOr<CompletionView> FrontDesk::GetCompletion(
    const CompletionRequest& request) const {
  if (reader_ == nullptr) {
    return absl::UnavailableError("the ledger cannot be read");
  }
  GroupId id;
  CompletionView view;
  view.index = request.index;
  if (request.any) {
    MDRL_ASSIGN_OR_RETURN(std::tie(id, view.index),
                          reader_->NewestCompletion(request.filter));
  } else {
    MDRL_ASSIGN_OR_RETURN(id, reader_->ResolveGroup(request.group_id));
  }
  MDRL_ASSIGN_OR_RETURN(StoredStory story, reader_->FindStory(id));
  view.attempts = std::move(story.attempts);
  view.state = story.state;
  view.dropped = story.dropped;
  view.round = story.round;
  view.steps = std::move(story.steps);
  if (!story.set_sha256.IsZero()) {
    MDRL_ASSIGN_OR_RETURN(StoredPrompt prompt,
                          reader_->FindPrompt(story.set_sha256, story.index));
    view.prompt = std::move(prompt.prompt);
    view.philox_key =
        PhiloxKeyOf(story.ticket.purpose, story.set_sha256, story.index, id);
  }
  if (!story.group.has_value()) return view;
  MDRL_ASSIGN_OR_RETURN(view.group,
                        options_.group_codec.decode(story.group->body));
  if (view.index >= view.group->completions.size()) {
    return absl::NotFoundError(absl::StrCat(
        "group ", Print(id), " has ", view.group->completions.size(),
        " completions, not one ", "with the index ", view.index));
  }
  const Completion& completion = view.group->completions[view.index];
  for (const ScoreComponent& component : completion.score.components) {
    view.terms[component.name] = component.value;
  }
  if (request.with_text) view.text = TextOf(completion);
  if (view.index < story.advantages.size()) {
    view.advantage = story.advantages[view.index];
  }
  view.submit_seq = story.group->seq;
  view.submitted = story.submitted;
  view.content_sha256 = story.group->content_sha256;
  return view;
}

}  // namespace mdrl
