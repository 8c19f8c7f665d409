#include "client/report/page.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "client/report/elapsed_text.h"
#include "client/report/sparkline.h"
#include "client/report/text_columns.h"
#include "client/report/thousands.h"

namespace mdrl {
namespace {

constexpr size_t kLabel = 9;      // columns before a section's text
constexpr size_t kMeanOver = 10;  // rounds of the running mean
constexpr size_t kMinCurve = 10;  // columns
constexpr char kBold[] = "\033[1m";
constexpr char kRed[] = "\033[31m";
constexpr char kYellow[] = "\033[33m";
constexpr char kGrey[] = "\033[90m";

using Lines = std::vector<std::string>;

class Painter {
 public:
  explicit Painter(const PageStyle& style) : style_(style) {}

  std::string Paint(const char* colour, const std::string& text) const {
    return style_.color ? absl::StrCat(colour, text, "\033[0m") : text;
  }
  // "reward   text", its label only on the section's first line.
  std::string Labelled(const Lines& section, const char* label,
                       const std::string& text) const {
    return absl::StrCat(Paint(kGrey, Pad(section.empty() ? label : "", kLabel)),
                        text);
  }
  const PageStyle& style() const { return style_; }

 private:
  const PageStyle& style_;
};

// A rate, which is not negative, to the whole number.
std::string RateText(double rate) {
  return Thousands(static_cast<uint64_t>(std::max(0.0, rate) + 0.5));
}

std::string VersionText(const std::optional<uint64_t>& version) {
  return version ? absl::StrCat(*version) : "none";
}

// `left`, then `right` against the right edge as far as there is room.
std::string Both(const std::string& left, const std::string& right,
                 size_t width) {
  const size_t used = Columns(left) + Columns(right);
  if (used + 2 > width) {
    const size_t room =
        width > Columns(right) + 2 ? width - Columns(right) - 2 : 0;
    return absl::StrCat(Fit(left, room), "  ", right);
  }
  return absl::StrCat(left, std::string(width - used, ' '), right);
}

Lines Head(const PageState& state, const Painter& painter) {
  const bool bad = state.state == "FAILED";
  const std::string place =
      absl::StrCat("epoch ", state.epoch, "  ", state.rounds, " rounds  ",
                   state.steps, " steps");
  std::string line = absl::StrCat("policy ", VersionText(state.version));
  if (state.lag) absl::StrAppendFormat(&line, "  lag %.1f", *state.lag);
  absl::StrAppend(&line, "  tickets ", state.tickets_open, " of ",
                  state.tickets_limit, " open  ",
                  RateText(state.tokens_per_second), " tokens/s");
  if (!state.checkpoint.empty()) {
    absl::StrAppend(&line, "  saved ", state.checkpoint);
  }
  return {
      Both(absl::StrCat(painter.Paint(kBold, state.run), "  ",
                        bad ? painter.Paint(kRed, state.state) : state.state),
           place, painter.style().width),
      Both(line, ElapsedText(state.elapsed), painter.style().width)};
}

Lines Supervised(const PageState& state, const Painter& painter) {
  if (!state.supervised) return {};
  const PageState::Supervised& stage = *state.supervised;
  constexpr size_t kBar = 30;
  const double done = stage.steps == 0
                          ? 0.0
                          : std::min(1.0, static_cast<double>(stage.step) /
                                              static_cast<double>(stage.steps));
  const size_t full = static_cast<size_t>(done * kBar);
  return {painter.Labelled(
      {}, "sft",
      absl::StrFormat("stage %d  [%s%s]  step %d of %d  loss %.3f", stage.stage,
                      std::string(full, '#'), std::string(kBar - full, '.'),
                      stage.step, stage.steps, stage.loss))};
}

Lines Rewards(const PageState& state, const Painter& painter) {
  Lines lines;
  size_t name_width = 0;
  for (const auto& [task, values] : state.rewards) {
    name_width = std::max(name_width, Columns(task));
  }
  name_width = std::min<size_t>(name_width, 16);
  for (const auto& [task, values] : state.rewards) {
    if (values.empty()) continue;
    const double mean = RunningMean(values, kMeanOver).back();
    const std::string text = absl::StrFormat(
        "%s  %7.3f  mean %7.3f  ", Pad(task, name_width), values.back(), mean);
    const size_t used = kLabel + Columns(text);
    const size_t room = painter.style().width > used + kMinCurve
                            ? painter.style().width - used
                            : kMinCurve;
    lines.push_back(painter.Labelled(
        lines, "reward",
        text + Sparkline(values, room, painter.style().unicode)));
  }
  return lines;
}

Lines Numbers(const PageState& state, const Painter& painter) {
  if (state.numbers.empty()) return {};
  std::string text;
  for (const auto& [name, value] : state.numbers) {
    absl::StrAppendFormat(&text, "%s%s %.3g", text.empty() ? "" : "  ", name,
                          value);
  }
  return {painter.Labelled({}, "step", text)};
}

Lines Evaluations(const PageState& state, const Painter& painter) {
  Lines lines;
  for (const PageState::Evaluation& row : state.evaluations) {
    const double share = row.done == 0 ? 0.0
                                       : static_cast<double>(row.correct) /
                                             static_cast<double>(row.done);
    std::string text =
        absl::StrFormat("policy %-4d  %s %s  %5.1f %%  ", row.version, row.task,
                        row.decode, 100.0 * share);
    absl::StrAppend(&text, row.running ? absl::StrCat(row.done, " of ",
                                                      row.total, " so far")
                                       : absl::StrCat("of ", row.done));
    lines.push_back(painter.Labelled(lines, "test", text));
  }
  return lines;
}

Lines Times(const PageState& state, const Painter& painter) {
  Lines lines;
  size_t name_width = 0;
  for (const PageState::Busy& busy : state.busy) {
    name_width = std::max(name_width, Columns(busy.process));
  }
  for (const PageState::Busy& busy : state.busy) {
    std::string text = Pad(busy.process, std::min<size_t>(name_width, 16));
    for (const auto& [activity, share] : busy.shares) {
      if (share < 0.005) continue;
      absl::StrAppendFormat(&text, "  %s %.0f %%", activity, 100.0 * share);
    }
    lines.push_back(painter.Labelled(lines, "time", text));
  }
  return lines;
}

Lines Workers(const PageState& state, const Painter& painter) {
  Lines lines;
  for (const PageState::Worker& worker : state.workers) {
    const std::string text = absl::StrFormat(
        "slot %d  %s  %s  policy %s  %d leases  %s tokens/s  %s ago",
        worker.slot, worker.name, worker.state, VersionText(worker.version),
        worker.leases, RateText(worker.tokens_per_second),
        ElapsedText(worker.heard));
    lines.push_back(painter.Labelled(lines, "workers", text));
  }
  return lines;
}

Lines Waits(const PageState& state, const Painter& painter) {
  Lines lines;
  for (const PageState::Wait& wait : state.waits) {
    std::string mark = wait.reason;
    if (!wait.level.empty()) absl::StrAppend(&mark, " ", wait.level);
    if (wait.acts_in) {
      absl::StrAppend(&mark, ", acts in ", ElapsedText(*wait.acts_in));
    }
    if (wait.level == "STUCK") mark = painter.Paint(kRed, mark);
    if (wait.level == "SLOW") mark = painter.Paint(kYellow, mark);
    lines.push_back(
        painter.Labelled(lines, "waits", absl::StrCat(wait.text, "  ", mark)));
  }
  return lines;
}

Lines News(const PageState& state, const Painter& painter) {
  Lines lines;
  for (const std::string& line : state.news) {
    lines.push_back(painter.Labelled(lines, "news", line));
  }
  return lines;
}

// Takes lines from the end of `section` (its beginning, if `oldest`), down to
// `least`, until `excess` is gone.
void Shrink(Lines* section, size_t least, bool oldest, size_t* excess,
            const char* label, const Painter& painter) {
  if (section->size() <= least || *excess == 0) return;
  const size_t gone = std::min(*excess, section->size() - least);
  if (oldest) {
    section->erase(section->begin(),
                   section->begin() + static_cast<ptrdiff_t>(gone));
    // The label stood on a line that is gone.
    const std::string old = section->front();
    const size_t skip = painter.Labelled({""}, label, "").size();
    section->front() = painter.Labelled({}, label, old.substr(skip));
  } else {
    section->resize(section->size() - gone);
  }
  *excess -= gone;
}

}  // namespace

std::vector<std::string> RenderPage(const PageState& state,
                                    const PageStyle& style) {
  const Painter painter(style);
  const Lines head = Head(state, painter);
  Lines supervised = Supervised(state, painter);
  Lines rewards = Rewards(state, painter);
  Lines numbers = Numbers(state, painter);
  Lines evaluations = Evaluations(state, painter);
  Lines times = Times(state, painter);
  Lines workers = Workers(state, painter);
  Lines waits = Waits(state, painter);
  Lines news = News(state, painter);

  const auto total = [&] {
    size_t lines = head.size();
    for (const Lines* section : {&supervised, &rewards, &numbers, &evaluations,
                                 &times, &workers, &waits, &news}) {
      lines += section->size();
    }
    return lines;
  };
  size_t excess = total() > style.height ? total() - style.height : 0;
  Shrink(&workers, 3, false, &excess, "workers", painter);
  Shrink(&times, 3, false, &excess, "time", painter);
  Shrink(&news, 2, true, &excess, "news", painter);
  Shrink(&evaluations, 3, true, &excess, "test", painter);
  Shrink(&rewards, 3, false, &excess, "reward", painter);
  Shrink(&waits, 2, false, &excess, "waits", painter);
  Shrink(&workers, 1, false, &excess, "workers", painter);
  Shrink(&times, 1, false, &excess, "time", painter);
  Shrink(&news, 0, false, &excess, "news", painter);

  Lines page = head;
  // An empty line between two sections, as long as there is room for all.
  size_t spare = style.height > total() ? style.height - total() : 0;
  for (const Lines* section : {&supervised, &rewards, &numbers, &evaluations,
                               &times, &workers, &waits, &news}) {
    if (section->empty()) continue;
    if (spare > 0 && section != &numbers) {
      page.emplace_back();
      --spare;
    }
    page.insert(page.end(), section->begin(), section->end());
  }
  if (page.size() > style.height) page.resize(style.height);
  for (std::string& line : page) line = Fit(line, style.width);
  return page;
}

}  // namespace mdrl
