#include "client/cli/command_line.h"

#include <ostream>

#include "common/config/value_text.h"
#include "common/net/build_info.h"
#include "common/net/exit_code.h"

namespace mdrl {

CommandLine::CommandLine(Session session)
    : app_(
          "Trains masked diffusion language models with reward; this is the "
          "client of its services.",
          "mdrlctl"),
      session_(std::move(session)) {
  app_.set_version_flag("--version",
                        ThisBuild().version + " (" + ThisBuild().git + ")");
  app_.add_option("--learner", session_.learner, "Address of the learner")
      ->capture_default_str();
  AddDuration(&app_, "--timeout", &session_.timeout,
              "For each call, such as 5s");
  app_.add_flag("--json", session_.json, "JSON on standard output");
  app_.add_flag("--insecure", insecure_,
                "No TLS; loopback only. There is no other way yet");
  app_.require_subcommand(1);
  app_.footer(
      "Exit codes: 0 ended well, or the answer is yes; 1 failed, or the answer "
      "is no; 2 usage;\n65 input does not verify; 69 a peer is out of reach; "
      "70 internal; 74 disk or memory exhausted;\n75 try again; 76 "
      "incompatible; 77 refused by security; 78 configuration; 130, 143 ended "
      "by a signal.\ndocs/operations.md says what to do. NO_COLOR=1: no "
      "colours.\n\nExample:\n  mdrlctl up examples/quickstart/run.yaml "
      "--run-dir runs/first");
}

CLI::App* CommandLine::Add(CLI::App& parent, const std::string& name,
                           const std::string& what,
                           const std::string& example) {
  CLI::App* command = parent.add_subcommand(name, what);
  command->footer("Example:\n  " + example);
  command->fallthrough();  // global options may follow the subcommand
  return command;
}

CLI::App* CommandLine::AddGroup(const std::string& name,
                                const std::string& what) {
  CLI::App* group = app_.add_subcommand(name, what);
  group->require_subcommand(1);
  group->fallthrough();
  return group;
}

void CommandLine::AddDuration(CLI::App* command, const std::string& name,
                              absl::Duration* to, const std::string& what) {
  command->add_option_function<std::string>(
      name,
      [name, to](const std::string& text) {
        const auto duration = ParseDuration(text);
        if (!duration || *duration <= absl::ZeroDuration()) {
          throw CLI::ValidationError(
              name, "\"" + text + "\" is not a duration such as 5s");
        }
        *to = *duration;
      },
      what);
}

int CommandLine::Ended(const absl::Status& status) const {
  if (!status.ok()) *session_.err << "mdrlctl: " << status.message() << "\n";
  return ExitCodeOf(status);
}

int CommandLine::Run(int argc, const char* const* argv) {
  try {
    app_.parse(argc, argv);
  } catch (const CLI::ParseError& e) {
    // CLI11 has exit codes of its own; every misuse is 2 here, but for a
    // health probe, whose own code for that is 1.
    const bool health = app_.got_subcommand("health");
    return app_.exit(e, *session_.out, *session_.err) == 0 ? 0 : health ? 1 : 2;
  }
  return action_();
}

void AddAllCommands(CommandLine& line) {
  AddRunCommands(line);
  AddLookCommands(line);
  AddFileCommands(line);
  AddFolderCommands(line);
  AddModelCommands(line);
}

}  // namespace mdrl
