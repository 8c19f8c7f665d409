// Decoding for a person: a prompt of theirs, or a group of this run again.

#include <algorithm>
#include <span>
#include <utility>

#include "absl/strings/str_cat.h"
#include "common/base/error.h"
#include "common/base/hash.h"
#include "common/base/philox.h"
#include "common/base/status_macros.h"
#include "services/learner/desk/check_decode.h"
#include "services/learner/desk/front_desk.h"
#include "services/learner/ledger/story.h"

namespace mdrl {
namespace {

constexpr size_t kMostWaiting = 16;
constexpr absl::Duration kLongestWait = absl::Seconds(120);
constexpr uint32_t kGenerate = static_cast<uint32_t>(Purpose::kGenerate);

// Whose noise it is: the same text with the same seed draws the same.
uint64_t KeyOf(const Prompt& prompt, uint64_t seed) {
  const Digest digest = Sha256()
                            .String("mdrl.generate.v1")
                            .String(CanonicalLine(prompt))
                            .Finish();
  return PhiloxKey(
      seed, kGenerate,
      std::span<const uint8_t, 16>(digest.bytes.data(), size_t{16}));
}

}  // namespace

absl::StatusOr<GenerationBook::Generation> FrontDesk::ReplayOf(
    const GroupId& id) const {
  if (reader_ == nullptr) {
    return absl::UnavailableError("the ledger cannot be read");
  }
  MDRL_ASSIGN_OR_RETURN(const StoredStory story, reader_->FindStory(id));
  if (!story.group.has_value()) {
    return absl::FailedPreconditionError(
        absl::StrCat("group ", Print(id),
                     " has no accepted attempt yet; there "
                     "is nothing to repeat"));
  }
  MDRL_ASSIGN_OR_RETURN(const Group group,
                        options_.group_codec.decode(story.group->body));
  GenerationBook::Generation again;
  MDRL_ASSIGN_OR_RETURN(again.prompt,
                        reader_->FindPrompt(story.set_sha256, story.index));
  again.decode = group.decode;
  again.group_size = static_cast<uint32_t>(group.completions.size());
  again.philox_key =
      PhiloxKeyOf(story.ticket.purpose, story.set_sha256, story.index, id);
  if (story.group->version_min != story.group->version_max) {
    return absl::FailedPreconditionError(
        absl::StrCat("group ", Print(id), " was decoded with versions ",
                     story.group->version_min, " to ", story.group->version_max,
                     ", and only groups of one version can be repeated"));
  }
  again.policy.version = story.group->version_min;
  const auto task = options_.tasks.find(again.prompt.prompt.task);
  again.keep_text_after_eos =
      task != options_.tasks.end() && task->second.keep_text_after_eos;
  return again;
}

absl::StatusOr<GenerationBook::Generation> FrontDesk::GenerationOf(
    const GenerateRequest& request) const {
  if (request.replay_group_id.has_value()) {
    if (!request.turns.empty() || request.decode.has_value() ||
        request.version.has_value() || request.seed.has_value()) {
      return absl::InvalidArgumentError(
          "replay_group_id: a repeated group has its own prompt, settings, "
          "version and seed; leave the other fields empty");
    }
    return ReplayOf(*request.replay_group_id);
  }
  if (request.turns.empty()) {
    return absl::InvalidArgumentError(
        "turns: a prompt needs at least one, or replay_group_id a group");
  }
  GenerationBook::Generation fresh;
  fresh.prompt.prompt.turns = request.turns;
  fresh.prompt.prompt.prefill = request.prefill;
  MDRL_ASSIGN_OR_RETURN(fresh.prompt.tokens,
                        options_.tokenize(fresh.prompt.prompt));
  const size_t tokens = fresh.prompt.tokens.size();
  if (tokens == 0 || tokens > options_.max_prompt_tokens) {
    return absl::InvalidArgumentError(
        absl::StrCat("turns: the prompt has ", tokens, " tokens; 1 to ",
                     options_.max_prompt_tokens, " are taken"));
  }
  fresh.decode = request.decode.value_or(options_.decode);
  MDRL_RETURN_IF_ERROR(CheckDecode(fresh.decode, options_.context));
  if (options_.context > 0 &&
      tokens + fresh.decode.canvas_tokens > options_.context) {
    return absl::InvalidArgumentError(
        absl::StrCat("turns: a prompt of ", tokens, " tokens and a canvas of ",
                     fresh.decode.canvas_tokens, " exceed the model's ",
                     options_.context, " positions"));
  }
  if (fresh.decode.forbid_ids.empty()) {
    fresh.decode.forbid_ids = options_.decode.forbid_ids;
  }
  fresh.group_size = std::max(request.group_size, 1u);
  fresh.philox_key =
      KeyOf(fresh.prompt.prompt, request.seed.value_or(options_.seed));
  fresh.policy.version = request.version;
  return fresh;
}

void FrontDesk::Generate(GenerateRequest request,
                         Answer<GenerateReply> answer) {
  Outbox outbox;
  {
    MutexLock lock(mutex_);
    const absl::Status status = GenerateLocked(request, answer);
    if (!status.ok()) outbox.push_back([&answer, status] { answer(status); });
    PumpLocked(outbox);
    journal_.Flush();
  }
  RunAll(outbox);
}

absl::Status FrontDesk::GenerateLocked(const GenerateRequest& request,
                                       const Answer<GenerateReply>& answer) {
  MDRL_RETURN_IF_ERROR(ServingLocked());
  if (auto* again = generations_.FindRequest(request.request_id)) {
    again->answers.push_back(answer);
    return absl::OkStatus();
  }
  if (generations_.size() >= kMostWaiting) {
    return Refusal(absl::StatusCode::kResourceExhausted, reason::kQueueFull,
                   absl::StrCat(kMostWaiting, " generations are waiting"),
                   absl::Seconds(5));
  }
  MDRL_ASSIGN_OR_RETURN(GenerationBook::Generation generation,
                        GenerationOf(request));
  if (store_.Newest() == nullptr) {
    return absl::FailedPreconditionError(
        "the learner has not published a policy yet");
  }
  const auto snapshot = store_.Find(
      {.version = generation.policy.version.value_or(table_.newest()),
       .manifest_sha256 = {}});
  if (!snapshot.ok() || !store_.TryPin((*snapshot)->manifest.version)) {
    return absl::FailedPreconditionError(snapshot.status().message());
  }
  generation.policy = (*snapshot)->ref();
  generation.request_id = request.request_id;
  generation.until = clock_.Now() + kLongestWait;
  generation.answers = {answer};
  const uint64_t number = next_generation_ticket_++;
  Ticket ticket;
  ticket.id = {Purpose::kGenerate, number};
  // An id of its own: what is repeated keeps its name for itself.
  ticket.of = {.set_sha256 = generation.prompt.prompt.set_sha256,
               .index = generation.prompt.prompt.index,
               .occurrence = number,
               .group_id = MakeGroupId(kGenerate,
                                       Sha256()
                                           .String("mdrl.generation.v1")
                                           .Bytes(options_.run_id)
                                           .U64(options_.epoch)
                                           .Finish(),
                                       number, 0)};
  ticket.task = generation.prompt.prompt.task;
  ticket.min_version = generation.policy.version;
  ticket.exact_version = generation.policy.version;
  generations_.Open(number, std::move(generation));
  table_.Issue(std::move(ticket));
  return absl::OkStatus();
}

void FrontDesk::GenerationOverLocked(uint64_t ticket,
                                     absl::StatusOr<Group> group,
                                     Outbox& outbox) {
  auto over = generations_.Take(ticket);
  if (!over.has_value()) return;
  store_.Unpin(over->policy.version.value_or(0));
  absl::StatusOr<GenerateReply> reply = GenerateReply{};
  if (!group.ok()) {
    reply = group.status();
  } else {
    reply = GenerateReply{.policy = over->policy, .texts = {}, .group = *group};
    for (const Completion& completion : group->completions) {
      reply->texts.push_back(TextOf(completion));
    }
  }
  for (Answer<GenerateReply>& answer : over->answers) {
    outbox.push_back([answer = std::move(answer), reply] { answer(reply); });
  }
}

void FrontDesk::EndGenerationsLocked(absl::Time now, const absl::Status& why,
                                     Outbox& outbox) {
  for (const uint64_t ticket : generations_.Overdue(now)) {
    const TicketId id{Purpose::kGenerate, ticket};
    table_.Drop(id, Reason::kCancelled);
    GenerationOverLocked(ticket, why, outbox);
  }
}

}  // namespace mdrl
