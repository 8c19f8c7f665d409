// A person's prompt decoded, a group of the run repeated, a completion's story.
#include <map>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/learner/desk/front_desk.h"
#include "tests/services/learner/desk/desk_rig.h"

namespace mdrl {
namespace {

using ::testing::HasSubstr;

class FrontDeskGenerateTest : public testing::Test {
 protected:
  FrontDeskGenerateTest() : rig_(Options()), worker_(rig_.desk(), "w", 1, 20) {
    EXPECT_TRUE(rig_.SubmitPrompts(RigPrompts(6, "p")).ok());
    rig_.desk().Publish(RigSnapshot(0));
    EXPECT_TRUE(worker_.Register().ok());
  }

  // Groups as the ledger holds them come back whole.
  DeskOptions Options() {
    DeskOptions options = RigOptions(2, 0);
    options.group_codec.encode = [this](const Group& group) {
      const std::string name = group.key.group_id.ToBytes();
      MutexLock lock(mutex_);
      groups_[name] = group;
      return name;
    };
    options.group_codec.decode =
        [this](std::string_view name) -> absl::StatusOr<Group> {
      MutexLock lock(mutex_);
      return groups_.at(std::string(name));
    };
    options.context = 100;
    options.text_of = [](const std::vector<int32_t>& tokens) {
      return absl::StrCat(tokens.size(), " tokens");
    };
    return options;
  }

  Awaited<GenerateReply> Ask(GenerateRequest request) {
    Awaited<GenerateReply> reply;
    rig_.desk().Generate(std::move(request), reply.answer());
    return reply;
  }
  static GenerateRequest Replay(const GroupId& id) {
    GenerateRequest request;
    request.replay_group_id = id;
    return request;
  }
  static GenerateRequest Say(const std::string& text) {
    GenerateRequest request;
    request.turns = {{"user", text}};
    return request;
  }
  // Trains the first round; the leases it was made of.
  std::vector<Lease> FirstRound() {
    const auto leases = worker_.Leases(2);
    for (const Lease& lease : leases) {
      EXPECT_TRUE(worker_.Submit(RigGroup(lease)).ok());
    }
    EXPECT_TRUE(rig_.TrainRound().ok());
    return leases;
  }
  Lease OnlyGeneration() {
    for (Lease& lease : worker_.Leases(20)) {
      if (lease.purpose == Purpose::kGenerate) return lease;
    }
    ADD_FAILURE() << "no lease to generate";
    return {};
  }

  Mutex mutex_;
  std::map<std::string, Group> groups_ MDRL_GUARDED_BY(mutex_);
  Rig rig_;
  RigWorker worker_;
};

TEST_F(FrontDeskGenerateTest, AReplayIsLentWithAllThatMadeTheGroup) {
  const Lease recorded = FirstRound()[0];
  const auto reply = Ask(Replay(recorded.key.group_id));
  const Lease lease = OnlyGeneration();
  EXPECT_NE(lease.key.group_id, recorded.key.group_id);
  EXPECT_EQ(lease.philox_key, recorded.philox_key);
  EXPECT_EQ(lease.prompt_tokens, recorded.prompt_tokens);
  EXPECT_EQ(lease.prompt, recorded.prompt);
  EXPECT_EQ(lease.decode, recorded.decode);
  EXPECT_EQ(lease.group_size, recorded.group_size);
  EXPECT_EQ(lease.exact_version, 0u);
  EXPECT_EQ(lease.rubric, "");
  Group group = RigGroup(lease);
  for (Completion& completion : group.completions) completion.score = {};
  ASSERT_TRUE(worker_.Submit(group).ok());
  const auto come = reply.Wait();
  ASSERT_TRUE(come.ok()) << come.status();
  EXPECT_EQ(come->policy.version, 0u);
  EXPECT_EQ(come->group.completions[0].tokens,
            RigGroup(recorded).completions[0].tokens);
  EXPECT_EQ(come->texts.size(), recorded.group_size);
}

TEST_F(FrontDeskGenerateTest, NothingOfItIsJournalledOrTrained) {
  const uint64_t before = rig_.desk().Status(false, false).tickets.issued;
  const auto reply = Ask(Say("ab"));
  ASSERT_TRUE(worker_.Submit(RigGroup(OnlyGeneration())).ok());
  ASSERT_TRUE(reply.Wait().ok());
  EXPECT_EQ(rig_.desk().Status(false, false).tickets.issued, before);
  const auto reader = LedgerReader::Open(rig_.ledger().path());
  const auto events = (*reader)->EventsAfter(0, 1000);
  for (const StoredEvent& event : *events) {
    EXPECT_THAT(event.subject, testing::Not(HasSubstr("generate")));
  }
}

TEST_F(FrontDeskGenerateTest, APersonsPromptHasItsOwnSettingsAndSeed) {
  GenerateRequest request = Say("abc");
  request.group_size = 3;
  request.seed = 7;
  const auto reply = Ask(request);
  const Lease lease = OnlyGeneration();
  EXPECT_EQ(lease.prompt_tokens.size(), 3u);
  EXPECT_EQ(lease.group_size, 3u);
  ASSERT_TRUE(worker_.Submit(RigGroup(lease)).ok());
  ASSERT_TRUE(reply.Wait().ok());
  // The same again draws the same noise; another seed does not.
  Ask(request);
  EXPECT_EQ(OnlyGeneration().philox_key, lease.philox_key);
  request.seed = 8;
  Ask(request);
  EXPECT_NE(OnlyGeneration().philox_key, lease.philox_key);
}

TEST_F(FrontDeskGenerateTest, WhatCannotBeDecodedIsRefusedByName) {
  GenerateRequest bad = Say("abc");
  bad.decode = RigDecode();
  bad.decode->block_tokens = 3;
  EXPECT_THAT(std::string(Ask(bad).Wait().status().message()),
              HasSubstr("does not divide"));
  bad.decode = RigDecode();
  bad.decode->decode_steps = 1;
  EXPECT_THAT(std::string(Ask(bad).Wait().status().message()),
              HasSubstr("at least one step per block"));
  bad.decode = RigDecode();
  bad.decode->block_tokens = bad.decode->canvas_tokens = 98;
  EXPECT_THAT(std::string(Ask(bad).Wait().status().message()),
              HasSubstr("a prompt of 3 tokens and a canvas of 98 exceed the "
                        "model's 100 positions"));
  EXPECT_EQ(Ask({}).Wait().status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(Ask(Replay(GroupId{})).Wait().status().code(),
            absl::StatusCode::kNotFound);
  GenerateRequest old = Say("abc");
  old.version = 9;
  EXPECT_EQ(Ask(old).Wait().status().code(),
            absl::StatusCode::kFailedPrecondition);
}

TEST(FrontDeskGenerateStartTest, NothingIsDecodedBeforeThereIsAPolicy) {
  Rig rig(RigOptions(2, 0));
  GenerateRequest request;
  request.turns = {{"user", "abc"}};
  Awaited<GenerateReply> reply;
  rig.desk().Generate(std::move(request), reply.answer());
  EXPECT_THAT(std::string(reply.Wait().status().message()),
              HasSubstr("has not published a policy yet"));
}

TEST_F(FrontDeskGenerateTest, SixteenMayWaitAndTheyEndByTime) {
  std::vector<Awaited<GenerateReply>> replies;
  for (int i = 0; i < 16; ++i) replies.push_back(Ask(Say("ab")));
  EXPECT_EQ(Ask(Say("ab")).Wait().status().code(),
            absl::StatusCode::kResourceExhausted);
  rig_.clock().Advance(absl::Seconds(121));
  rig_.desk().Tick();
  for (const auto& reply : replies) {
    EXPECT_EQ(reply.Wait().status().code(),
              absl::StatusCode::kDeadlineExceeded);
  }
}

TEST_F(FrontDeskGenerateTest, ClosingAnswersWhoeverWaits) {
  const auto reply = Ask(Say("ab"));
  rig_.desk().Close();
  EXPECT_EQ(reply.Wait().status().code(), absl::StatusCode::kUnavailable);
}

TEST_F(FrontDeskGenerateTest, ACompletionsStoryIsToldFromTheLedger) {
  const Lease recorded = FirstRound()[1];
  CompletionRequest request;
  request.group_id = recorded.key.group_id.ToBytes();
  request.index = 1;
  request.with_text = true;
  const auto view = rig_.desk().GetCompletion(request);
  ASSERT_TRUE(view.ok()) << view.status();
  EXPECT_EQ(view->prompt, recorded.prompt);
  ASSERT_TRUE(view->group.has_value());
  EXPECT_EQ(view->group->key, recorded.key);
  EXPECT_EQ(view->attempts.size(), 1u);
  EXPECT_EQ(view->philox_key, recorded.philox_key);
  EXPECT_EQ(view->terms.at("correct_cells"), 3.0);
  EXPECT_EQ(view->text, "3 tokens");
  EXPECT_EQ(view->content_sha256, ContentSha256(RigGroup(recorded)));
  request.index = 2;
  EXPECT_EQ(rig_.desk().GetCompletion(request).status().code(),
            absl::StatusCode::kNotFound);
}

TEST_F(FrontDeskGenerateTest, ALeasedGroupHasAStoryWithoutAnEnd) {
  const auto leases = worker_.Leases(1);
  CompletionRequest request;
  request.group_id = leases[0].key.group_id.ToBytes().substr(0, 6);
  const auto view = rig_.desk().GetCompletion(request);
  ASSERT_TRUE(view.ok()) << view.status();
  EXPECT_EQ(view->state, TicketState::kLeased);
  EXPECT_FALSE(view->group.has_value());
  request.any = true;
  EXPECT_EQ(rig_.desk().GetCompletion(request).status().code(),
            absl::StatusCode::kNotFound);
  ASSERT_TRUE(worker_.Submit(RigGroup(leases[0])).ok());
  EXPECT_TRUE(rig_.desk().GetCompletion(request).ok());
  // The rig's rewards are the completions' indices.
  request.filter = {.task = "sort", .reward_at_least = 0.5};
  EXPECT_EQ(rig_.desk().GetCompletion(request)->index, 1u);
  request.filter.reward_at_most = 0.9;
  EXPECT_EQ(rig_.desk().GetCompletion(request).status().code(),
            absl::StatusCode::kNotFound);
  request.filter = {.task = "chess"};
  EXPECT_EQ(rig_.desk().GetCompletion(request).status().code(),
            absl::StatusCode::kNotFound);
}

}  // namespace
}  // namespace mdrl
