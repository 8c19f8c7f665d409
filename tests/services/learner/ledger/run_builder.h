// Rows of a small run: ids from numbers, one group per ticket, two completions
// per group.
#ifndef MDRL_TESTS_SERVICES_LEARNER_LEDGER_RUN_BUILDER_H_
#define MDRL_TESTS_SERVICES_LEARNER_LEDGER_RUN_BUILDER_H_

#include <gtest/gtest.h>
#include <stdlib.h>

#include <cstring>
#include <filesystem>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "common/base/hash.h"
#include "services/learner/ledger/chain.h"
#include "services/learner/ledger/rows.h"

namespace mdrl::testing {

// A folder of its own that goes with the object.
class ScratchFolder {
 public:
  ScratchFolder() {
    std::string name =
        (std::filesystem::temp_directory_path() / "mdrl-test-").string() +
        std::string(6, 'X');  // mkdtemp puts letters here
    EXPECT_NE(mkdtemp(name.data()), nullptr);
    path_ = name;
  }
  ~ScratchFolder() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  std::string File(const std::string& name) const { return path_ + "/" + name; }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

template <typename Id>
Id IdOf(uint64_t number) {
  Id id;
  std::memcpy(id.bytes.data(), &number, sizeof(number));
  id.bytes.back() = 0x5A;
  return id;
}

inline Prompt MakePrompt(uint64_t index) {
  Prompt prompt;
  prompt.task = "sort";
  prompt.turns = {{"user", absl::StrCat("sort ", index, "\n\"it\"")}};
  prompt.truth = "{}";
  prompt.id = absl::StrCat("p", index);
  return prompt;
}

inline std::vector<Prompt> MakePrompts(uint64_t count) {
  std::vector<Prompt> prompts;
  for (uint64_t i = 0; i < count; ++i) prompts.push_back(MakePrompt(i));
  return prompts;
}

inline PromptsPending MakePending(const std::vector<Prompt>& prompts) {
  PromptsPending pending;
  pending.pending_id = IdOf<RequestId>(77);
  for (const Prompt& prompt : prompts) {
    pending.prompts.push_back({CanonicalLine(prompt), {1, 2, 3}});
  }
  return pending;
}

inline PromptSetAdded MakeAdded(const std::vector<Prompt>& prompts) {
  PromptSetAdded added;
  added.pending_id = IdOf<RequestId>(77);
  added.sha256 = PromptSetSha256(prompts);
  added.name = "toy";
  added.task = "sort";
  added.count = prompts.size();
  added.submitter = "test";
  return added;
}

// Ticket n asks for a group of prompt n of this set, by its first attempt.
constexpr uint64_t kSetPrompts = 8;
inline Digest SetHash() { return PromptSetSha256(MakePrompts(kSetPrompts)); }
inline GroupId GroupOf(uint64_t n) {
  return MakeGroupId(static_cast<uint32_t>(Purpose::kTrain), SetHash(), n, 0);
}
inline TicketIssued MakeTicket(uint64_t n) {
  TicketIssued ticket;
  ticket.ticket = {Purpose::kTrain, n};
  ticket.group_id = GroupOf(n);
  ticket.set_sha256 = SetHash();
  ticket.index = n;
  ticket.due_round = n / 2;
  ticket.min_version = 0;
  ticket.exact = true;
  return ticket;
}
inline LeaseGranted MakeGrant(uint64_t n, uint32_t attempt = 1) {
  return {{GroupOf(n), attempt}, {Purpose::kTrain, n}, 0};
}

inline Group MakeGroup(uint64_t n, uint32_t attempt = 1) {
  Group group;
  group.key = {GroupOf(n), attempt};
  group.purpose = Purpose::kTrain;
  group.ticket = n;
  for (uint32_t i = 0; i < 2; ++i) {
    Completion completion;
    completion.index = i;
    completion.tokens = {static_cast<int32_t>(n), static_cast<int32_t>(i)};
    completion.reveal_step = {0, 1};
    completion.confidence = {0.5f, 0.25f};
    completion.effective_tokens = 2;
    completion.versions = {{0, 0}};
    completion.score.outcome = Outcome::kScored;
    completion.score.reward = 0.5 * i;
    group.completions.push_back(completion);
  }
  return group;
}

// A codec for tests: the bytes name ticket and attempt, MakeGroup does the
// rest.
inline GroupCodec TestCodec() {
  return {.encode =
              [](const Group& group) {
                return absl::StrCat(group.ticket, ":", group.key.attempt, ":",
                                    std::string(200, 'x'));
              },
          .decode = [](std::string_view bytes) -> absl::StatusOr<Group> {
            unsigned long ticket = 0;
            unsigned attempt = 0;
            if (sscanf(std::string(bytes).c_str(), "%lu:%u:", &ticket,
                       &attempt) != 2) {
              return absl::InvalidArgumentError("not a group");
            }
            return MakeGroup(ticket, attempt);
          }};
}

inline GroupSubmitted MakeSubmit(uint64_t n, uint32_t attempt = 1) {
  const Group group = MakeGroup(n, attempt);
  return MakeGroupSubmitted(group, ContentSha256(group),
                            TestCodec().encode(group));
}

inline LedgerWrite IssueAndGrant(uint64_t n) {
  return LedgerWrite().Add(MakeTicket(n)).Add(MakeGrant(n));
}

// Round r takes tickets 2r and 2r + 1.
inline RoundOpened MakeRound(uint64_t round) {
  RoundOpened opened;
  opened.round = round;
  opened.first_ticket = 2 * round;
  std::vector<Digest> contents;
  for (uint64_t n = 2 * round; n < 2 * round + 2; ++n) {
    opened.groups.push_back({{Purpose::kTrain, n}, GroupOf(n)});
    contents.push_back(ContentSha256(MakeGroup(n)));
  }
  opened.batch_sha256 = BatchSha256(contents);
  return opened;
}

inline Digest ChainAt(uint64_t step);

// Two steps a round.
inline StepCommitted MakeStep(uint64_t step) {
  StepCommitted row;
  row.step = step;
  row.round = step / 2;
  row.inner = step % 2;
  row.params_hash = IdOf<ChunkHash>(step);
  row.chain = ChainAt(step);
  row.numbers = absl::StrCat("{\"step\":", step, ",\"loss\":0.5}");
  return row;
}

inline Digest ChainAt(uint64_t step) {
  const Digest before = step == 0 ? ChainStart({}, 1, {}) : ChainAt(step - 1);
  return ChainAfterStep(before, step, MakeRound(step / 2).batch_sha256,
                        IdOf<ChunkHash>(step));
}

inline RoundClosed MakeClosed(uint64_t round) {
  RoundClosed closed;
  closed.round = round;
  for (uint64_t n = 2 * round; n < 2 * round + 2; ++n) {
    closed.advantages.push_back({GroupOf(n), {0.25, -0.25}});
  }
  return closed;
}

inline PolicyPublished MakePolicy(Version version) {
  PolicyPublished policy;
  policy.version = version;
  policy.round = version == 0 ? 0 : version - 1;
  policy.step = 2 * version;
  policy.cause = version == 0 ? Cause::kInitial : Cause::kRound;
  policy.content_sha256 = IdOf<Digest>(version);
  policy.manifest_sha256 = IdOf<Digest>(version + 1000);
  policy.bytes = 12;
  return policy;
}

}  // namespace mdrl::testing

#endif  // MDRL_TESTS_SERVICES_LEARNER_LEDGER_RUN_BUILDER_H_
