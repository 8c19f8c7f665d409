#include "client/command/watch.h"

#include <algorithm>
#include <memory>
#include <ostream>
#include <utility>

#include "absl/strings/str_cat.h"
#include "client/command/json_text.h"
#include "client/command/page_feed.h"
#include "client/report/csv.h"
#include "client/report/event_line.h"
#include "client/report/event_numbers.h"
#include "client/report/live_page.h"
#include "client/rpc/event_watch.h"
#include "common/base/error.h"
#include "common/base/status_macros.h"

namespace mdrl {
namespace {

// How often the stop and the time are looked at.
constexpr absl::Duration kGlance = absl::Milliseconds(200);

// What becomes of the events.
class Sink {
 public:
  virtual ~Sink() = default;
  virtual void Take(const v1::Event& event, absl::Time now) = 0;
  virtual void Tick(absl::Time) {}
  virtual void Close(absl::Time) {}
};

class JsonSink : public Sink {
 public:
  explicit JsonSink(std::ostream& out) : out_(out) {}
  void Take(const v1::Event& event, absl::Time) override {
    out_ << JsonText(event) << std::endl;
  }

 private:
  std::ostream& out_;
};

class CsvSink : public Sink {
 public:
  explicit CsvSink(std::ostream& out) : out_(out) {}
  void Take(const v1::Event& event, absl::Time) override {
    if (event.kind() != "step") return;
    if (columns_.empty()) {
      columns_ = StepColumns(event);
      out_ << CsvRow(columns_);
    }
    out_ << CsvRow(StepCells(event, columns_)) << std::flush;
  }

 private:
  std::ostream& out_;
  std::vector<std::string> columns_;
};

class LineSink : public Sink {
 public:
  LineSink(std::ostream& out, absl::Duration interval)
      : out_(out), interval_(interval) {}

  void Take(const v1::Event& event, absl::Time now) override {
    if (event.kind() != "step") {
      Tell(event);
      return;
    }
    newest_step_ = event;
    Tick(now);
  }
  void Tick(absl::Time now) override {
    if (!newest_step_ || now - last_step_ < interval_) return;
    Tell(*newest_step_);
    newest_step_.reset();
    last_step_ = now;
  }
  void Close(absl::Time) override {
    if (newest_step_) Tell(*newest_step_);
  }

 private:
  void Tell(const v1::Event& event) {
    out_ << event.seq() << "  "
         << absl::FormatTime("%H:%M:%S", TimeOf(event), absl::LocalTimeZone())
         << "  " << EventLine(event) << std::endl;
  }

  std::ostream& out_;
  const absl::Duration interval_;
  absl::Time last_step_ = absl::InfinitePast();
  std::optional<v1::Event> newest_step_;
};

class PageSink : public Sink {
 public:
  PageSink(const Session& session, std::unique_ptr<LearnerLink> link)
      : out_(*session.out),
        feed_(std::move(link)),
        page_(session.terminal,
              {.unicode = session.unicode, .color = session.color}) {}
  void Take(const v1::Event& event, absl::Time) override {
    page_.view().Take(event);
  }
  void Tick(absl::Time now) override {
    if (now < next_) return;
    next_ = now + absl::Seconds(1);
    feed_.Ask(page_.view(), now);
    page_.Draw(now);
  }
  void Close(absl::Time now) override {
    for (const std::string& line : page_.Close(now)) out_ << line << "\n";
    out_ << std::flush;
  }

 private:
  std::ostream& out_;
  PageFeed feed_;
  LivePage page_;
  absl::Time next_ = absl::InfinitePast();
};

struct Plan {
  std::vector<std::string> kinds;
  bool from_start = false;
  std::unique_ptr<Sink> sink;
};

Plan PlanOf(const Session& session, const WatchOptions& options,
            std::unique_ptr<LearnerLink> link) {
  Plan plan{.kinds = options.kinds, .from_start = false, .sink = nullptr};
  if (session.json) {
    plan.sink = std::make_unique<JsonSink>(*session.out);
    return plan;
  }
  if (options.csv) {
    plan.kinds = {"step", "epoch_ended"};
    plan.from_start = true;
    plan.sink = std::make_unique<CsvSink>(*session.out);
    return plan;
  }
  if (plan.kinds.empty()) plan.kinds = RunView::Kinds();
  if (session.terminal >= 0) {
    plan.kinds = RunView::Kinds();
    plan.from_start = true;
    plan.sink = std::make_unique<PageSink>(session, std::move(link));
  } else {
    plan.sink = std::make_unique<LineSink>(*session.out, options.interval);
  }
  return plan;
}

}  // namespace

absl::StatusOr<int> RunWatch(const Session& session,
                             const WatchOptions& options, StopSignal& stop,
                             Clock& clock) {
  MDRL_ASSIGN_OR_RETURN(auto link, session.Connect());
  // Also says at once, and with its address, that there is no learner.
  MDRL_ASSIGN_OR_RETURN(const v1::Status status, link->GetStatus(false, false));
  Plan plan = PlanOf(session, options, std::move(link));
  const uint64_t since =
      options.since.value_or(plan.from_start ? 0 : status.seq());
  MDRL_ASSIGN_OR_RETURN(const auto watch,
                        EventWatch::Open(session.learner, plan.kinds, since));
  const absl::Time until = clock.Now() + options.length;
  bool finished = false;
  std::optional<absl::Status> ended;
  while (!ended && !stop.Requested() && clock.Now() < until) {
    for (const v1::Event& event :
         watch->Take(std::min(kGlance, until - clock.Now()))) {
      finished = event.kind() == "epoch_ended";
      plan.sink->Take(event, clock.Now());
    }
    plan.sink->Tick(clock.Now());
    ended = watch->Ended();
  }
  plan.sink->Close(clock.Now());
  if (stop.Requested()) return 128 + stop.signal_number();
  if (!ended || finished || ended->ok() || absl::IsCancelled(*ended)) return 0;
  return OrReason(
      WithContext(*ended, absl::StrCat("learner ", session.learner)),
      absl::IsUnavailable(*ended) ? reason::kPeerUnreachable : "");
}

}  // namespace mdrl
