#include "common/base/hash.h"

#include <gtest/gtest.h>

namespace mdrl {
namespace {

TEST(HashTest, Sha256OfAbcIsTheStandardsExample) {
  // FIPS 180-4, one-block message.
  EXPECT_EQ(Sha256Of("abc").ToHex(),
            "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
}

TEST(HashTest, StringsAreFramedByTheirLength) {
  EXPECT_NE(Sha256().String("ab").String("c").Finish(),
            Sha256().String("a").String("bc").Finish());
  EXPECT_EQ(Sha256().String("a").Finish(),
            Sha256Of(std::string_view("\1\0\0\0\0\0\0\0a", 9)));
}

TEST(HashTest, NumbersAreLittleEndian) {
  EXPECT_EQ(Sha256().U32(0x04030201).Finish(), Sha256Of("\1\2\3\4"));
}

TEST(HashTest, Xxh3OfNothingIsTheLibrarysCanonicalValue) {
  EXPECT_EQ(Xxh3("").ToHex(), "99aa06d3014798d86001c324468d497f");
}

}  // namespace
}  // namespace mdrl
