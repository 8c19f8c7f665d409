// model and checkpoint: what works on folders and needs neither a run nor
// Torch.
#include <memory>
#include <ostream>
#include <string>

#include "absl/strings/str_cat.h"
#include "client/cli/command_line.h"
#include "client/model/describe.h"
#include "client/model/export.h"
#include "common/base/status_macros.h"

namespace mdrl {
namespace {

struct InspectOptions {
  std::string folder;
  WorkShape shape;
  int64_t rank = 128;
};

void AddInspect(CommandLine& line) {
  CLI::App* group = line.AddGroup("model", "A model folder");
  auto options = std::make_shared<InspectOptions>();
  CLI::App* inspect =
      line.Add(*group, "inspect", "What it is and how much memory it needs",
               "mdrlctl model inspect examples/quickstart/model");
  inspect->add_option("folder", options->folder, "With config.json")
      ->required();
  inspect->add_option("--rows", options->shape.rows, "Texts at once")
      ->check(CLI::Range(1, 65536));
  inspect
      ->add_option("--tokens", options->shape.tokens,
                   "Positions of each, prompt and canvas")
      ->check(CLI::Range(1, 1 << 20));
  inspect->add_option("--rank", options->rank, "Of an adapter")
      ->check(CLI::Range(1, 65536));
  line.Does(inspect, [&line, options]() -> absl::Status {
    MDRL_ASSIGN_OR_RETURN(const ModelDescription model,
                          DescribeModel(options->folder));
    const Session& session = line.session();
    *session.out << (session.json
                         ? DescriptionJson(model, options->shape, options->rank)
                         : DescriptionText(model, options->shape,
                                           options->rank));
    return absl::OkStatus();
  });
}

struct ExportOptions {
  std::string from;
  std::string to;
};

void AddExport(CommandLine& line) {
  // AddFileCommands has made it.
  CLI::App* group = line.app().get_subcommand("checkpoint");
  auto options = std::make_shared<ExportOptions>();
  CLI::App* command = line.Add(
      *group, "export", "A folder that other tools open, out of a checkpoint",
      "mdrlctl checkpoint export runs/first/checkpoints/step-000080 my-model");
  command->add_option("from", options->from, "A checkpoint or model folder")
      ->required();
  command->add_option("to", options->to, "The new folder")->required();
  line.Does(command, [&line, options]() -> absl::Status {
    MDRL_ASSIGN_OR_RETURN(const ExportedFolder out,
                          ExportModel(options->from, options->to));
    *line.session().out << absl::StrCat("exported ", out.files.size(),
                                        " files, ", out.bytes, " bytes to ",
                                        options->to, "\n");
    return absl::OkStatus();
  });
}

}  // namespace

void AddFolderCommands(CommandLine& line) {
  AddInspect(line);
  AddExport(line);
}

}  // namespace mdrl
