#include "common/net/build_info.h"

namespace mdrl {

Build ThisBuild() {
  Build build;
  build.version = MDRL_VERSION;
  build.git = MDRL_GIT_DESCRIBE;
  build.proto_revision = kProtoRevision;
  return build;
}

}  // namespace mdrl
