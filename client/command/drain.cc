#include "client/command/drain.h"

#include <ostream>

#include "client/command/json_text.h"
#include "client/command/status.h"
#include "common/base/status_macros.h"

namespace mdrl {

absl::Status RunDrain(const Session& session, const DrainOptions& options) {
  MDRL_ASSIGN_OR_RETURN(const auto link, session.Connect());
  v1::DrainRequest request;
  request.set_request_id(RandomRequestId());
  request.set_worker(options.worker);
  request.set_checkpoint(options.checkpoint);
  request.set_why("mdrlctl drain");
  MDRL_ASSIGN_OR_RETURN(const v1::Status status, link->Drain(request));
  *session.out << (session.json ? JsonText(status) + "\n" : StatusText(status));
  return absl::OkStatus();
}

}  // namespace mdrl
