#include "services/learner/ledger/flat_json.h"

#include "gtest/gtest.h"
#include "nlohmann/json.hpp"

namespace mdrl {
namespace {

TEST(FlatJsonTest, NamesAreJoinedWithDots) {
  EXPECT_EQ(FlatJson(R"({"a": 1, "b": {"c": "x", "d": {"e": true}}})"),
            nlohmann::json({{"a", 1}, {"b.c", "x"}, {"b.d.e", true}}));
}

TEST(FlatJsonTest, ListsAreNumberedAndEmptyThingsVanish) {
  EXPECT_EQ(
      FlatJson(R"({"rows": [{"n": 1}, {"n": 2}], "no": [], "nil": null})"),
      nlohmann::json({{"rows.0.n", 1}, {"rows.1.n", 2}}));
}

TEST(FlatJsonTest, WhatIsNoObjectIsAnEmptyOne) {
  EXPECT_EQ(FlatJson("[1]"), nlohmann::json::object());
  EXPECT_EQ(FlatJson("not json"), nlohmann::json::object());
  EXPECT_EQ(FlatJson(""), nlohmann::json::object());
}

}  // namespace
}  // namespace mdrl
