#include "services/learner/policy/checkpoint.h"

#include <gtest/gtest.h>
#include <string.h>

#include <filesystem>
#include <fstream>
#include <sstream>

#include "absl/strings/str_cat.h"
#include "common/format/checkpoint_manifest.h"
#include "tests/services/learner/policy/checkpoint_builder.h"

namespace mdrl {
namespace {

namespace fs = std::filesystem;

using CheckpointTest = ::mdrl::testing::CheckpointTest;
using ::mdrl::testing::ContentsOf;
using ::mdrl::testing::kWeights;

TEST_F(CheckpointTest, ComesBackAsItWas) {
  CheckpointFolder folder = Folder();
  const auto written = folder.Write(ContentsOf(400));
  ASSERT_TRUE(written.ok()) << written.status();
  EXPECT_EQ(written->name, "step-000400");
  ASSERT_TRUE(folder.MarkLatest(written->name).ok());
  const auto found = Folder().FindNewest();
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_EQ(found->state, ContentsOf(400).state);
  EXPECT_EQ(found->manifest_sha256, written->manifest_sha256);
  EXPECT_EQ(found->bytes, written->bytes);
  EXPECT_EQ(found->run_id, ContentsOf(400).run_id);
  EXPECT_EQ(found->ledger_seq, 55u);
  EXPECT_EQ(found->files,
            (std::vector<std::string>{"config.json", "model.safetensors",
                                      "training/optimizer.safetensors",
                                      "training/state.json"}));
  std::ostringstream weights;
  weights << std::ifstream(found->path + "/model.safetensors").rdbuf();
  EXPECT_EQ(weights.str(), kWeights);
}

TEST_F(CheckpointTest, NothingIsThereBeforeTheFirst) {
  EXPECT_EQ(Folder().FindNewest().status().code(), absl::StatusCode::kNotFound);
}

TEST_F(CheckpointTest, OneTornAtAnyFileIsNeverChosen) {
  CheckpointFolder folder = Folder();
  Put(folder, 2);
  Put(folder, 4);
  std::vector<std::string> files;
  for (const auto& entry :
       fs::recursive_directory_iterator(root() + "/step-000004")) {
    if (entry.is_regular_file()) files.push_back(entry.path().string());
  }
  ASSERT_EQ(files.size(), 5u);
  for (const std::string& file : files) {
    for (const char* tear : {"missing", "empty", "short", "flipped"}) {
      SCOPED_TRACE(absl::StrCat(file, " ", tear));
      fs::rename(file, folder_ + "/kept");
      std::ostringstream text;
      text << std::ifstream(folder_ + "/kept", std::ios::binary).rdbuf();
      std::string torn = text.str();
      if (strcmp(tear, "empty") == 0) torn.clear();
      if (strcmp(tear, "short") == 0) torn.pop_back();
      if (strcmp(tear, "flipped") == 0) torn[torn.size() / 2] ^= 1;
      if (strcmp(tear, "missing") != 0) {
        std::ofstream(file, std::ios::binary) << torn;
      }
      // LATEST names the torn one; so does its larger step.
      const auto found = Folder().FindNewest();
      ASSERT_TRUE(found.ok()) << found.status();
      EXPECT_EQ(found->name, "step-000002");
      fs::rename(folder_ + "/kept", file);
    }
  }
  EXPECT_EQ(Folder().FindNewest()->name, "step-000004");
}

TEST_F(CheckpointTest, LatestIsBelievedBeforeALargerStep) {
  CheckpointFolder folder = Folder();
  Put(folder, 4);
  Put(folder, 2);  // after a rollback, say
  EXPECT_EQ(Folder().FindNewest()->name, "step-000002");
  for (const char* foreign : {"../../etc", "step-999999", ""}) {
    std::ofstream(root() + "/LATEST") << foreign << "\n";
    EXPECT_EQ(Folder().FindNewest()->name, "step-000004") << foreign;
  }
}

TEST_F(CheckpointTest, ATornFolderOfTheSameStepIsWrittenAgain) {
  CheckpointFolder folder = Folder();
  Put(folder, 2);
  std::ofstream(root() + "/step-000002/config.json") << "torn";
  Put(folder, 2);
  EXPECT_EQ(Folder().FindNewest()->name, "step-000002");
}

TEST_F(CheckpointTest, PruneKeepsTheLastThePeriodicAndThePinned) {
  CheckpointFolder folder = Folder(/*keep_every_rounds=*/3);
  for (uint64_t step = 2; step <= 16; step += 2) Put(folder, step);
  // Another process goes on; the newest is torn and counts for nothing.
  fs::remove(root() + "/step-000016/MANIFEST.json");
  CheckpointFolder later = Folder(/*keep_every_rounds=*/3);
  ASSERT_TRUE(later.MarkLatest("step-000014").ok());
  const auto removed = later.Prune({"step-000004"});
  ASSERT_TRUE(removed.ok()) << removed.status();
  // Rounds 3 and 6 are steps 6 and 12; 12 and 14 are the last two.
  EXPECT_EQ(*removed, (std::vector<std::string>{"step-000016", "step-000010",
                                                "step-000008", "step-000002"}));
  EXPECT_EQ(Folder().FindNewest()->name, "step-000014");
}

TEST_F(CheckpointTest, AFileOutsideTheFolderIsRefused) {
  for (const char* name :
       {"../x", "/etc/x", "a//b", "", ".", "MANIFEST.json", "config.json"}) {
    CheckpointContents contents = ContentsOf(2);
    contents.files.push_back({name, "x"});
    EXPECT_EQ(Folder().Write(contents).status().code(),
              absl::StatusCode::kInvalidArgument)
        << name;
  }
}

TEST_F(CheckpointTest, DamagedTextIsAnErrorAndNeverAnException) {
  const std::string state = TrainingStateJson(ContentsOf(2).state);
  EXPECT_TRUE(ParseTrainingState(state).ok());
  const auto found = Folder().Write(ContentsOf(2));
  ASSERT_TRUE(found.ok());
  std::ostringstream manifest;
  manifest << std::ifstream(found->path + "/MANIFEST.json").rdbuf();
  ASSERT_TRUE(ParseManifest(manifest.str()).ok());
  // Cut before the last brace: everything shorter lacks something.
  for (size_t size = 0; size + 2 < state.size(); size += 3) {
    EXPECT_FALSE(ParseTrainingState(state.substr(0, size)).ok());
  }
  for (size_t at = 0; at < manifest.str().size(); at += 3) {
    std::string damaged = manifest.str();
    damaged[at] = '{';
    EXPECT_EQ(ParseManifest(damaged).ok(), damaged == manifest.str()) << at;
  }
  EXPECT_FALSE(ParseManifest(R"({"schema":2})").ok());
  EXPECT_FALSE(ParseManifest("[]").ok());
}

}  // namespace
}  // namespace mdrl
