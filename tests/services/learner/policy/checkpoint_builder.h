// A checkpoint folder of its own for each test, and small contents to put
// there.
#ifndef MDRL_TESTS_SERVICES_LEARNER_POLICY_CHECKPOINT_BUILDER_H_
#define MDRL_TESTS_SERVICES_LEARNER_POLICY_CHECKPOINT_BUILDER_H_

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <string>

#include "services/learner/policy/checkpoint.h"

namespace mdrl::testing {

inline const std::string kWeights(5000, 'w');
inline const std::string kOptimizer(3000, 'o');

inline CheckpointContents ContentsOf(uint64_t step) {
  CheckpointContents contents;
  contents.files = {{"model.safetensors", kWeights},
                    {"config.json", "{}"},
                    {"training/optimizer.safetensors", kOptimizer}};
  contents.state.step = step;
  contents.state.round = step / 2;
  contents.state.version = step / 2;
  contents.state.seed = 7;
  contents.state.chain.bytes[0] = static_cast<uint8_t>(step);
  contents.state.prompt_cursors = {{"ab", "1/2"}};
  contents.run_id.bytes[3] = 9;
  contents.epoch = 2;
  contents.ledger_seq = 55;
  contents.build = "mdrl 0.1";
  return contents;
}

class CheckpointTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name =
        (std::filesystem::temp_directory_path() / "mdrl-test-").string() +
        std::string(6, 'X');  // mkdtemp puts letters here
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    folder_ = name;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  CheckpointFolder Folder(uint64_t keep_every_rounds = 0) const {
    return CheckpointFolder(
        {.root = root(), .keep_every_rounds = keep_every_rounds});
  }
  static void Put(CheckpointFolder& folder, uint64_t step) {
    const auto written = folder.Write(ContentsOf(step));
    ASSERT_TRUE(written.ok()) << written.status();
    ASSERT_TRUE(folder.MarkLatest(written->name).ok());
  }
  std::string root() const { return folder_ + "/checkpoints"; }

  std::string folder_;
};

}  // namespace mdrl::testing

#endif  // MDRL_TESTS_SERVICES_LEARNER_POLICY_CHECKPOINT_BUILDER_H_
