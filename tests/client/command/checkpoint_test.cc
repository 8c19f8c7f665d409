#include "client/command/checkpoint.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <string>

#include "common/base/error.h"
#include "common/base/hash.h"
#include "common/format/safetensors.h"
#include "common/format/verify_checkpoint.h"

namespace mdrl {
namespace {

namespace fs = std::filesystem;
using ::testing::HasSubstr;

class CheckpointCommandTest : public testing::Test {
 protected:
  CheckpointCommandTest()
      : run_(fs::temp_directory_path() /
             ("checkpoint_command_test_" + std::to_string(getpid()))),
        root_(run_ / "checkpoints") {
    fs::remove_all(run_);
    Save(10, Weights());
    Save(20, Weights());
    Write(root_ / "LATEST", "step-000010\n");
    session_.out = &out_;
    session_.err = &err_;
  }
  ~CheckpointCommandTest() override { fs::remove_all(run_); }

  static void Write(const fs::path& path, const std::string& bytes) {
    fs::create_directories(path.parent_path());
    std::ofstream(path, std::ios::binary) << bytes;
  }
  static std::string Weights() {
    const std::string bytes(8, '\1');
    const TensorToWrite tensor{"w", "F32", {2}, bytes};
    return *SerializeSafetensors({&tensor, 1}, {});
  }
  // As a learner leaves it.
  void Save(uint64_t step, const std::string& weights) const {
    const fs::path folder = root_ / CheckpointName(step);
    TrainingState state;
    state.step = step;
    state.round = step / 2;
    state.version = step / 2;
    const std::string text = TrainingStateJson(state);
    CheckpointManifest manifest;
    manifest.step = step;
    manifest.files = {{"model.safetensors", weights.size(), Sha256Of(weights)},
                      {kStateFile, text.size(), Sha256Of(text)}};
    Write(folder / "model.safetensors", weights);
    Write(folder / kStateFile, text);
    Write(folder / kManifestFile, ManifestJson(manifest));
  }

  const fs::path run_;
  const fs::path root_;
  std::ostringstream out_;
  std::ostringstream err_;
  Session session_;
};

TEST_F(CheckpointCommandTest, LsListsOldestFirstAndMarksTheLatest) {
  ASSERT_TRUE(RunCheckpointList(session_, {.folder = run_.string()}).ok());
  EXPECT_THAT(out_.str(), HasSubstr("step-000010  round 5  policy 5  "));
  EXPECT_THAT(out_.str(), HasSubstr("verified  LATEST\nstep-000020  "));
}

TEST_F(CheckpointCommandTest, LsIsATableOrAnObjectWhereAskedFor) {
  ASSERT_TRUE(
      RunCheckpointList(session_, {.folder = root_.string(), .csv = true})
          .ok());
  EXPECT_THAT(out_.str(), HasSubstr("step-000020,20,10,10,"));
  session_.json = true;
  ASSERT_TRUE(RunCheckpointList(session_, {.folder = root_.string()}).ok());
  EXPECT_THAT(out_.str(), HasSubstr(R"("name":"step-000020","latest":false)"));
}

TEST_F(CheckpointCommandTest, VerifyOfARunTakesTheLatest) {
  ASSERT_TRUE(RunCheckpointVerify(session_, {.folder = run_.string()}).ok());
  EXPECT_THAT(out_.str(), HasSubstr("step-000010"));
  EXPECT_THAT(out_.str(), HasSubstr("  model.safetensors\n"));
}

TEST_F(CheckpointCommandTest, AByteThatChangedIsFoundInEveryFile) {
  for (const char* file : {"model.safetensors", kStateFile, kManifestFile}) {
    const fs::path path = root_ / "step-000020" / file;
    std::fstream stream(path, std::ios::in | std::ios::out | std::ios::binary);
    stream.seekp(-2, std::ios::end);
    const int before = stream.peek();
    stream.put(static_cast<char>(before ^ 1));
    stream.close();
    const absl::Status status = RunCheckpointVerify(
        session_, {.folder = (root_ / "step-000020/").string()});
    EXPECT_EQ(DetailOf(status).reason, reason::kDoesNotVerify) << file;
    Save(20, Weights());
  }
}

TEST_F(CheckpointCommandTest, WeightsThatNeverWereSafetensorsAreRefused) {
  Save(30, "not a safetensors file");
  const absl::Status status = RunCheckpointVerify(
      session_, {.folder = (root_ / "step-000030").string()});
  EXPECT_EQ(DetailOf(status).reason, reason::kDoesNotVerify);
  ASSERT_TRUE(RunCheckpointList(session_, {.folder = run_.string()}).ok());
  EXPECT_THAT(out_.str(), HasSubstr("step-000030  does not verify: "));
}

TEST_F(CheckpointCommandTest, AFolderWithoutCheckpointsIsNamed) {
  const absl::Status status =
      RunCheckpointList(session_, {.folder = (run_ / "nowhere").string()});
  EXPECT_TRUE(absl::IsNotFound(status));
  EXPECT_THAT(std::string(status.message()), HasSubstr("nowhere"));
}

}  // namespace
}  // namespace mdrl
