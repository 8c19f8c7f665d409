#include "client/cli/completion.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_replace.h"
#include "common/base/error.h"

namespace mdrl {
namespace {

using Options = std::vector<CompletionNode::Option>;

Options OptionsOf(const CLI::App& app) {
  Options options;
  for (const CLI::Option* option : app.get_options()) {
    const bool takes_value = option->get_items_expected_max() > 0;
    for (const std::string& name : option->get_lnames()) {
      options.push_back({"--" + name, option->get_description(), takes_value});
    }
    for (const std::string& name : option->get_snames()) {
      options.push_back({"-" + name, option->get_description(), takes_value});
    }
  }
  return options;
}

void Walk(const CLI::App& app, const std::string& path, Options above,
          std::vector<CompletionNode>* out) {
  CompletionNode node{.path = path, .subcommands = {}, .options = {}};
  node.options = OptionsOf(app);
  for (const CompletionNode::Option& option : above) {
    // Its own of that name hides the one above, as --help of every command.
    const bool hidden =
        std::any_of(node.options.begin(), node.options.end(),
                    [&](const auto& own) { return own.name == option.name; });
    if (!hidden) node.options.push_back(option);
  }
  const auto subcommands = app.get_subcommands(
      [](const CLI::App* command) { return !command->get_name().empty(); });
  for (const CLI::App* command : subcommands) {
    node.subcommands.emplace_back(command->get_name(),
                                  command->get_description());
  }
  const Options passed_on = node.options;
  out->push_back(std::move(node));
  for (const CLI::App* command : subcommands) {
    Walk(*command,
         path.empty() ? command->get_name()
                      : absl::StrCat(path, " ", command->get_name()),
         passed_on, out);
  }
}

std::string Words(const CompletionNode& node) {
  std::vector<std::string> words;
  for (const auto& [name, what] : node.subcommands) words.push_back(name);
  for (const auto& option : node.options) words.push_back(option.name);
  return absl::StrJoin(words, " ");
}

// In single quotes of a shell.
std::string Quoted(const std::string& text) {
  return absl::StrCat("'", absl::StrReplaceAll(text, {{"'", "'\\''"}}), "'");
}

// The subcommand that the words so far name, as a line of shell: `command`
// grows as long as what it names has that word as a subcommand.
std::string BashCases(const std::vector<CompletionNode>& nodes) {
  std::string out;
  for (const CompletionNode& node : nodes) {
    absl::StrAppend(&out, "    ", Quoted(node.path),
                    ") words=", Quoted(Words(node)), " ;;\n");
  }
  return out;
}

std::string PathPattern(const std::vector<CompletionNode>& nodes) {
  std::vector<std::string> paths;
  for (const CompletionNode& node : nodes) {
    if (!node.path.empty()) paths.push_back(Quoted(node.path));
  }
  return absl::StrJoin(paths, "|");
}

std::string BashScript(const std::vector<CompletionNode>& nodes) {
  return absl::StrCat(
      R"(# bash completion of mdrlctl; source it.
_mdrlctl() {
  local command= words= word next
  for word in "${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    next="${command:+$command }$word"
    case "$next" in
      )",
      PathPattern(nodes), R"() command=$next ;;
    esac
  done
  case "$command" in
)",
      BashCases(nodes), R"(  esac
  mapfile -t COMPREPLY < <(compgen -W "$words" -- "${COMP_WORDS[COMP_CWORD]}")
}
complete -o default -F _mdrlctl mdrlctl
)");
}

std::string ZshScript(const std::vector<CompletionNode>& nodes) {
  std::string cases;
  for (const CompletionNode& node : nodes) {
    absl::StrAppend(&cases, "    ", Quoted(node.path), ")\n      words=(");
    const auto add = [&cases](const std::string& name,
                              const std::string& what) {
      // Before the colon the name, behind it what it is.
      absl::StrAppend(&cases, "\n        ",
                      Quoted(absl::StrCat(name, ":", what)));
    };
    for (const auto& [name, what] : node.subcommands) add(name, what);
    for (const auto& option : node.options) add(option.name, option.what);
    absl::StrAppend(&cases, ") ;;\n");
  }
  return absl::StrCat(R"(#compdef mdrlctl
# zsh completion of mdrlctl; put it into a folder of $fpath as _mdrlctl.
_mdrlctl() {
  local command='' word next
  local -a choices
  for word in "${(@)words[2,CURRENT-1]}"; do
    next="${command:+$command }$word"
    case "$next" in
      )",
                      PathPattern(nodes), R"() command=$next ;;
    esac
  done
  case "$command" in
)",
                      cases, R"(  esac
  _describe 'mdrlctl' choices || _files
}
compdef _mdrlctl mdrlctl
)");
}

std::string FishScript(const std::vector<CompletionNode>& nodes) {
  std::string out =
      "# fish completion of mdrlctl; source it.\n"
      "function __mdrlctl_at\n"
      "  set -l command\n"
      "  for word in (commandline -opc)[2..-1]\n"
      "    set -l next (string join ' ' $command $word)\n"
      "    switch $next\n      case";
  for (const CompletionNode& node : nodes) {
    if (!node.path.empty()) absl::StrAppend(&out, " ", Quoted(node.path));
  }
  out +=
      "\n        set command $next\n    end\n  end\n"
      "  test \"$command\" = \"$argv\"\nend\n";
  for (const CompletionNode& node : nodes) {
    const std::string start =
        absl::StrCat("complete -c mdrlctl -n ",
                     Quoted(absl::StrCat("__mdrlctl_at ", node.path)), " ");
    for (const auto& [name, what] : node.subcommands) {
      absl::StrAppend(&out, start, "-f -a ", name, " -d ", Quoted(what), "\n");
    }
    for (const auto& option : node.options) {
      const bool is_long = option.name.starts_with("--");
      absl::StrAppend(&out, start, is_long ? "-l " : "-s ",
                      option.name.substr(is_long ? 2 : 1),
                      option.takes_value ? " -r" : "", " -d ",
                      Quoted(option.what), "\n");
    }
  }
  return out;
}

}  // namespace

std::vector<CompletionNode> CompletionTree(const CLI::App& app) {
  std::vector<CompletionNode> nodes;
  Walk(app, "", {}, &nodes);
  return nodes;
}

absl::StatusOr<std::string> CompletionScript(const CLI::App& app,
                                             std::string_view shell) {
  const std::vector<CompletionNode> nodes = CompletionTree(app);
  if (shell == "bash") return BashScript(nodes);
  if (shell == "zsh") return ZshScript(nodes);
  if (shell == "fish") return FishScript(nodes);
  return ErrorWith(
      absl::StatusCode::kInvalidArgument, reason::kUsage, "shell",
      absl::StrCat("there is no completion for \"", std::string(shell),
                   "\"; there is for bash, zsh and fish"));
}

}  // namespace mdrl
