#include "services/reward/verify/python_number.h"

#include <gtest/gtest.h>

#include <cmath>
#include <limits>

namespace mdrl {
namespace {

constexpr double kInfinity = std::numeric_limits<double>::infinity();

TEST(PythonFloatTest, TakesWhatPythonTakes) {
  EXPECT_EQ(PythonFloat(" 18.50\n"), 18.5);
  EXPECT_EQ(PythonFloat("+.5"), 0.5);
  EXPECT_EQ(PythonFloat("5."), 5.0);
  EXPECT_EQ(PythonFloat("-1e-3"), -0.001);
  EXPECT_EQ(PythonFloat("1_000"), 1000.0);
  EXPECT_EQ(PythonFloat("\uFF11\uFF12"), 12.0);
  EXPECT_EQ(PythonFloat("٣.5"), 3.5);
  EXPECT_EQ(PythonFloat("-Infinity"), -kInfinity);
  EXPECT_TRUE(std::isnan(*PythonFloat("NaN")));
  EXPECT_EQ(PythonFloat("1e999"), kInfinity);
  EXPECT_EQ(PythonFloat("1e-999"), 0.0);
  EXPECT_EQ(PythonFloat("0." + std::string(400, '0') + "1"), 0.0);
  EXPECT_EQ(PythonFloat(std::string(400, '1')), kInfinity);
}

TEST(PythonFloatTest, RefusesWhatPythonRefuses) {
  for (const char* text : {"", " ", "1,5", "1 2", "0x1", "1e", "--1", "_1",
                           "1_", "1__0", "1_.5", "in", "1f", ".", "²", "é"}) {
    EXPECT_EQ(PythonFloat(text), std::nullopt) << text;
  }
}

TEST(PythonIntTest, ItsOwnTextIsCanonical) {
  for (const char* text : {"0", "12", "-3"}) {
    EXPECT_EQ(ReadPythonInt(text), PythonInt::kCanonical) << text;
  }
  for (const char* text : {"+3", "03", "-0", " 3", "1_0", "\uFF13"}) {
    EXPECT_EQ(ReadPythonInt(text), PythonInt::kOther) << text;
  }
  for (const char* text : {"", "-", "1.0", "x", "1__0"}) {
    EXPECT_EQ(ReadPythonInt(text), PythonInt::kNone) << text;
  }
  EXPECT_EQ(ReadPythonInt(std::string(4300, '1')), PythonInt::kCanonical);
  EXPECT_EQ(ReadPythonInt(std::string(4301, '1')), PythonInt::kNone);
}

TEST(FindNumberTest, TheFirstOrTheLast) {
  const char kText[] = "from 12,345.6 to -7. and x-8-9e2";
  EXPECT_EQ(FindNumber(kText, Which::kFirst), 12.0);
  EXPECT_EQ(FindNumber(kText, Which::kLast), 2.0);
  EXPECT_EQ(FindNumber("--5.", Which::kLast), -5.0);
  EXPECT_EQ(FindNumber("1.2.3", Which::kLast), 3.0);
  EXPECT_EQ(FindNumber("none", Which::kFirst), std::nullopt);
}

}  // namespace
}  // namespace mdrl
