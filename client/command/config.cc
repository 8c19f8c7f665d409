#include "client/command/config.h"

#include <ostream>

#include "client/command/json_text.h"
#include "common/base/status_macros.h"
#include "common/config/load_config.h"
#include "common/config/print_config.h"
#include "common/format/file.h"

namespace mdrl {

absl::Status RunConfigPrint(const Session& session,
                            const ConfigOptions& options) {
  MDRL_ASSIGN_OR_RETURN(const LoadedConfig config,
                        LoadConfig({.path = options.file,
                                    .environment = ProcessEnvironment(),
                                    .sets = options.sets}));
  if (session.json) {
    *session.out << JsonText(config.run) << "\n";
  } else if (options.resolved) {
    *session.out << PrintConfig(config.run);
  } else {
    MDRL_ASSIGN_OR_RETURN(const std::string text, ReadFile(options.file));
    *session.out << text;
  }
  return absl::OkStatus();
}

}  // namespace mdrl
