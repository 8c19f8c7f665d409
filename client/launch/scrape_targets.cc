#include "client/launch/scrape_targets.h"

#include <nlohmann/json.hpp>
#include <system_error>

#include "absl/strings/str_cat.h"
#include "common/format/file.h"

namespace mdrl {

absl::Status ScrapeTargets::Set(const std::string& name,
                                const std::string& address) {
  addresses_[name] = address;
  nlohmann::ordered_json all = nlohmann::ordered_json::array();
  for (const auto& [process, at] : addresses_) {
    const std::string role = process.substr(0, process.find('-'));
    all.push_back(
        {{"targets", {at}},
         {"labels", {{"run", run_}, {"role", role}, {"process", process}}}});
  }
  std::error_code error;
  std::filesystem::create_directories(file_.parent_path(), error);
  if (error) {
    return absl::UnavailableError(absl::StrCat(
        "cannot make ", file_.parent_path().string(), ": ", error.message()));
  }
  return WriteFileAtomically(file_, all.dump(1) + "\n");
}

}  // namespace mdrl
