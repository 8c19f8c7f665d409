#include "common/net/grpc_status.h"

#include <string>

#include "gtest/gtest.h"
#include "mdrl/v1/status_details.pb.h"

namespace mdrl {
namespace {

TEST(GrpcStatusTest, KeepsCodeMessageAndDetailBothWays) {
  const ErrorDetail detail{
      "QUEUE_FULL", "group", absl::Milliseconds(2500), {{"depth", "4096"}}};
  const absl::Status status =
      WithDetail(absl::ResourceExhaustedError("the ledger is busy"), detail);
  const absl::Status back = FromGrpcStatus(ToGrpcStatus(status));
  EXPECT_EQ(back.code(), status.code());
  EXPECT_EQ(back.message(), status.message());
  EXPECT_EQ(DetailOf(back), detail);
}

TEST(GrpcStatusTest, MapsEveryCode) {
  for (int code = 0; code <= 16; ++code) {
    const absl::Status status(static_cast<absl::StatusCode>(code), "m");
    const grpc::Status over = ToGrpcStatus(status);
    EXPECT_EQ(static_cast<int>(over.error_code()), code);
    EXPECT_EQ(FromGrpcStatus(over).raw_code(), code);
  }
}

TEST(GrpcStatusTest, WritesTheBytesOfGoogleRpcStatus) {
  const grpc::Status over = ToGrpcStatus(
      ErrorWith(absl::StatusCode::kInvalidArgument, "BAD", "field", "message"));
  const std::string bytes = over.error_details();
  // code = 1 varint 3, message = 2, details = 3 an Any with type_url = 1.
  EXPECT_EQ(bytes.substr(0, 11), std::string("\x08\x03\x12\x07message"));
  EXPECT_EQ(bytes[11], '\x1a');
  EXPECT_NE(bytes.find("type.googleapis.com/mdrl.v1.ErrorDetail"),
            std::string::npos);
}

TEST(GrpcStatusTest, SendsNoDetailsWhereThereAreNone) {
  EXPECT_TRUE(ToGrpcStatus(absl::InternalError("x")).error_details().empty());
}

TEST(GrpcStatusTest, DropsFactsThatWouldNotFitIntoMetadata) {
  ErrorDetail detail{"BIG", "f", absl::Seconds(1), {}};
  detail.facts["huge"] = std::string(100'000, 'x');
  const grpc::Status over = ToGrpcStatus(
      WithDetail(absl::InternalError(std::string(100'000, 'y')), detail));
  EXPECT_LT(over.error_details().size() + over.error_message().size(), 8192u);
  EXPECT_EQ(DetailOf(FromGrpcStatus(over)).reason, "BIG");
  EXPECT_TRUE(DetailOf(FromGrpcStatus(over)).facts.empty());
}

TEST(GrpcStatusTest, SurvivesForeignDetails) {
  const absl::Status garbage = FromGrpcStatus(
      grpc::Status(grpc::StatusCode::ABORTED, "m", "\xff\xff not protobuf"));
  EXPECT_EQ(garbage.code(), absl::StatusCode::kAborted);
  EXPECT_EQ(DetailOf(garbage), ErrorDetail());

  v1::StatusDetails foreign;
  foreign.add_details()->set_type_url("type.googleapis.com/other.Thing");
  EXPECT_EQ(DetailOf(FromGrpcStatus(grpc::Status(grpc::StatusCode::ABORTED, "m",
                                                 foreign.SerializeAsString()))),
            ErrorDetail());
}

TEST(GrpcStatusTest, IgnoresAWaitThatCannotBeMeant) {
  for (const absl::Duration wait :
       {absl::Seconds(-5), absl::Hours(24 * 365), absl::InfiniteDuration()}) {
    const absl::Status back = FromGrpcStatus(ToGrpcStatus(
        WithDetail(absl::ResourceExhaustedError("m"), {"R", "", wait, {}})));
    EXPECT_EQ(ReasonOf(back), "R");
    EXPECT_FALSE(DetailOf(back).retry_after.has_value());
  }
}

}  // namespace
}  // namespace mdrl
