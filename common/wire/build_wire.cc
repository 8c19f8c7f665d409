#include "common/wire/build_wire.h"

#include "common/base/status_macros.h"
#include "common/wire/fields.h"

namespace mdrl {

v1::Build ToProto(const Build& build) {
  v1::Build wire;
  wire.set_version(build.version);
  wire.set_git(build.git);
  wire.set_torch(build.torch);
  wire.set_cuda(build.cuda);
  wire.set_proto_revision(build.proto_revision);
  wire.mutable_features()->Add(build.features.begin(), build.features.end());
  return wire;
}

absl::StatusOr<Build> FromProto(const v1::Build& wire) {
  MDRL_RETURN_IF_ERROR(CheckText(wire.version(), kMaxNameBytes, "version"));
  MDRL_RETURN_IF_ERROR(CheckText(wire.git(), kMaxNameBytes, "git"));
  MDRL_RETURN_IF_ERROR(CheckText(wire.torch(), kMaxNameBytes, "torch"));
  MDRL_RETURN_IF_ERROR(CheckText(wire.cuda(), kMaxNameBytes, "cuda"));
  MDRL_RETURN_IF_ERROR(CheckCount(wire.features_size(), kMaxItems, "features"));
  Build build;
  build.version = wire.version();
  build.git = wire.git();
  build.torch = wire.torch();
  build.cuda = wire.cuda();
  build.proto_revision = wire.proto_revision();
  build.features.assign(wire.features().begin(), wire.features().end());
  return build;
}

}  // namespace mdrl
