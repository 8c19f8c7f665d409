#include "common/tensor/tensor_bytes.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <stdexcept>
#include <string>

#include "ATen/ops/arange.h"
#include "ATen/ops/empty.h"
#include "ATen/ops/equal.h"
#include "ATen/ops/matmul.h"
#include "ATen/ops/zeros.h"
#include "common/tensor/torch_status.h"

namespace mdrl {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(TensorBytesTest, EveryDtypeComesBackAsItWas) {
  for (const auto type :
       {at::kDouble, at::kFloat, at::kHalf, at::kBFloat16, at::kLong, at::kInt,
        at::kShort, at::kChar, at::kByte, at::kBool}) {
    const at::Tensor tensor = at::arange(6).to(type).view({2, 3});
    std::string bytes;
    AppendTensorBytes(tensor, bytes);
    EXPECT_EQ(bytes.size(), TensorByteSize(tensor));
    const auto back = TensorFromBytes(DtypeName(type), ShapeOf(tensor), bytes);
    ASSERT_TRUE(back.ok()) << back.status();
    EXPECT_TRUE(at::equal(*back, tensor)) << DtypeName(type);
    EXPECT_EQ(back->scalar_type(), type);
  }
}

TEST(TensorBytesTest, ATransposedTensorIsWrittenRowByRow) {
  const at::Tensor tensor = at::arange(4).to(at::kChar).view({2, 2}).t();
  std::string bytes;
  AppendTensorBytes(tensor, bytes);
  EXPECT_THAT(bytes, ElementsAre(0, 2, 1, 3));
}

TEST(TensorBytesTest, ScalarsAndEmptyTensorsAreTensors) {
  EXPECT_EQ(TensorFromBytes("U8", {}, "x")->dim(), 0);
  const uint64_t empty[] = {2, 0};
  EXPECT_EQ(TensorFromBytes("F32", empty, "")->numel(), 0);
}

TEST(TensorBytesTest, WhatDoesNotFitIsRefused) {
  const uint64_t two[] = {2};
  EXPECT_THAT(TensorFromBytes("F32", two, "1234").status().message(),
              HasSubstr("4 bytes cannot be F32 of shape [2]"));
  EXPECT_FALSE(TensorFromBytes("F8_E4M3", two, "12").ok());
  const uint64_t wraps[] = {uint64_t{1} << 62, 4};
  EXPECT_FALSE(TensorFromBytes("F32", wraps, "").ok());
  const uint64_t zero_first[] = {0, ~uint64_t{0}};
  EXPECT_FALSE(TensorFromBytes("F32", zero_first, "").ok());
}

TEST(TorchStatusTest, AShapeErrorIsInternalAndOneLineLong) {
  const auto result = RunTorch([] {
    return at::matmul(at::zeros({2, 3}), at::zeros({2, 3}));
  });
  EXPECT_EQ(result.status().code(), absl::StatusCode::kInternal);
  EXPECT_EQ(result.status().message().find('\n'), absl::string_view::npos);
}

TEST(TorchStatusTest, RunningOutOfMemoryIsResourceExhausted) {
  const auto result = RunTorch([] { return at::empty({int64_t{1} << 60}); });
  EXPECT_EQ(result.status().code(), absl::StatusCode::kResourceExhausted)
      << result.status();
}

TEST(TorchStatusTest, StatusesPassThroughAndVoidIsOk) {
  EXPECT_TRUE(RunTorch([] {}).ok());
  EXPECT_EQ(RunTorch([] { return absl::NotFoundError("x"); }).code(),
            absl::StatusCode::kNotFound);
  EXPECT_EQ(*RunTorch([]() -> absl::StatusOr<int> { return 3; }), 3);
}

}  // namespace
}  // namespace mdrl
