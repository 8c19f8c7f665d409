#include "services/learner/ledger/chain.h"

#include <gtest/gtest.h>

#include "common/base/hash.h"
#include "tests/services/learner/ledger/run_builder.h"

namespace mdrl {
namespace {

using ::mdrl::testing::IdOf;

TEST(ChainTest, AStepIsHashedAsTheProtocolSays) {
  const Digest previous = IdOf<Digest>(1);
  const Digest batch = IdOf<Digest>(2);
  const ChunkHash params = IdOf<ChunkHash>(3);
  const std::string bytes = previous.ToBytes() +
                            std::string("\x07\0\0\0\0\0\0\0", 8) +
                            batch.ToBytes() + params.ToBytes();
  EXPECT_EQ(ChainAfterStep(previous, 7, batch, params), Sha256Of(bytes));
}

TEST(ChainTest, ABatchIsAListInOrderOfPlace) {
  const Digest a = IdOf<Digest>(1);
  const Digest b = IdOf<Digest>(2);
  EXPECT_EQ(BatchSha256(std::vector<Digest>{a, b}),
            Sha256Of(std::string("\x02\0\0\0\0\0\0\0", 8) + a.ToBytes() +
                     b.ToBytes()));
  EXPECT_NE(BatchSha256(std::vector<Digest>{a, b}),
            BatchSha256(std::vector<Digest>{b, a}));
}

TEST(ChainTest, SeedBaseAndConfigurationEnter) {
  const Digest start = ChainStart(IdOf<Digest>(1), 2, IdOf<Digest>(3));
  EXPECT_NE(start, ChainStart(IdOf<Digest>(9), 2, IdOf<Digest>(3)));
  EXPECT_NE(start, ChainStart(IdOf<Digest>(1), 9, IdOf<Digest>(3)));
  EXPECT_NE(start, ChainStart(IdOf<Digest>(1), 2, IdOf<Digest>(9)));
  EXPECT_NE(ChainAfterConfig(start, IdOf<Digest>(3)), start);
}

}  // namespace
}  // namespace mdrl
