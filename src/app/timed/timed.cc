// SPDX-License-Identifier: MIT
#include "app/timed/timed.h"

#include <algorithm>
#include <csignal>

#include "sys/clock.h"
#include "sys/errno.h"
#include "sys/log.h"
#include "sys/notify.h"

namespace ck::timed {

namespace {

using timekeeping::Correction;

constexpr std::string_view kName = "timed";
constexpr Duration kRetry = 1s;               // while netd's folder is not there, or our state cannot be written
constexpr Duration kPublishInterval = 100ms;  // at most so often
constexpr size_t kReportSize = 4096;

}  // namespace

Timed::Timed(sys::EventLoop& loop, Clock& clock, const timekeeping::TimeSpec& spec, const timekeeping::Rules& rules)
    : loop_(loop),
      clock_(clock),
      learnt_(spec.learnt),
      keeper_(rules, random_),
      names_({spec.servers.data(), spec.servers.size()}, random_),
      questions_(loop, {.answered =
                            [this](size_t slot, Bytes message) {
                              keeper_.received(slot, message, clock_.read());
                              work();
                            },
                        .failed =
                            [this](size_t slot, std::string_view why) {
                              keeper_.send_failed(slot, why, clock_.read().now);
                              work();
                            }}),
      queries_(loop, {.answered =
                          [this](size_t slot, Bytes message) {
                            TimePoint now = clock_.read().now;
                            if (names_.received(slot, message, now)) name_servers(now);
                            work();
                          },
                      .failed =
                          [this](size_t slot, std::string_view why) {
                            names_.send_failed(slot, why, clock_.read().now);
                            work();
                          }}) {}

Result<void> Timed::start() {
  TimePoint now = clock_.read().now;
  CK_TRY(timer_.start(loop_, [this] { on_timer(); }));
  CK_TRY(signals_.start(loop_, {SIGTERM, SIGINT}, [this](int) { on_signal(); }));
  (void)sys::notify("READY=1");
  watch_network(now);
  read_network();
  name_servers(now);
  work();
  return {};
}

// ---- the network ---------------------------------------------------------------------------------------------------

void Timed::watch_network(TimePoint now) {
  netd_again_ = kNever;
  if (netd_watched_) return;
  netd_watched_ = netd_
                      .start(loop_, "netd",
                             [this] {
                               read_network();
                               work();
                             })
                      .has_value();
  if (!netd_watched_) netd_again_ = now + kRetry;
}

void Timed::read_network() {
  static char buffer[state::kMaxFile];  // too large for the stack of a small program; used here only
  auto text = sys::read_published("netd", "state", buffer);
  if (!text) {
    if (text.error().sys_errno != ENOENT) sys::log_error({"netd/state"}, text.error());
    return;
  }
  timekeeping::Network network = timekeeping::read_network(*text);
  if (network == network_) return;
  network_ = network;
  TimePoint now = clock_.read().now;
  names_.set_dns(network.dns, now);
  name_servers(now);
  keeper_.network_changed(now);
}

// Who is asked has changed, perhaps.
void Timed::name_servers(TimePoint now) {
  bool learns = learnt_ == timekeeping::UseLearnt::Yes;
  auto servers =
      timekeeping::merge_servers(timekeeping::servers_of(names_), learns ? network_.learnt : timekeeping::Servers());
  timekeeping::Servers before = keeper_.servers();
  if (!keeper_.set_servers(servers, now)) return;
  for (size_t slot = 0; slot < before.size(); ++slot)
    if (slot >= servers.size() || !servers[slot].is_at(before[slot])) questions_.close(slot);
}

// ---- questions, corrections ----------------------------------------------------------------------------------------

// Something has happened: sends what is due, does what is to be done, tells it, and finds when to look again.
void Timed::work() {
  TimePoint now = clock_.read().now;
  send_queries(now);
  keeper_.expired(now);
  send_questions();
  correct();
  for (size_t slot = 0; slot < keeper_.servers().size(); ++slot)
    if (keeper_.association(slot).is_failing())
      names_.doubt(keeper_.servers()[slot].address, keeper_.servers()[slot].port, now);
  while (auto news = keeper_.take_news()) sys::log(sys::Severity::Notice, {news->view()});
  say_state();
  publish(now);
  timer_.arm(std::min({keeper_.deadline(), names_.deadline(), netd_again_, publish_again_}));
}

void Timed::send_queries(TimePoint now) {
  std::array<uint8_t, dns::kMaxQuery> buffer;
  while (auto query = names_.next_query(buffer, now)) {
    sys::SocketAddress to{.address = query->server.address, .port = dns::kPort, .scope = query->server.scope};
    auto sent = queries_.send(query->slot, to, query->message);
    if (!sent) names_.send_failed(query->slot, sys::errno_text(sent.error().sys_errno), now);
  }
  for (size_t slot = 0; slot < names_.size(); ++slot)
    if (!names_.waits(slot)) queries_.close(slot);
}

void Timed::send_questions() {
  // The clocks are read as shortly before each question as can be.
  while (auto question = keeper_.next_question(clock_.read())) {
    const timekeeping::Server& server = question->server;
    sys::SocketAddress to{.address = server.address, .port = server.port, .scope = server.scope};
    auto sent = questions_.send(question->slot, to, question->message);
    if (!sent) keeper_.send_failed(question->slot, sys::errno_text(sent.error().sys_errno), clock_.read().now);
  }
  for (size_t slot = 0; slot < timekeeping::kMaxServers; ++slot)
    if (!keeper_.waits(slot)) questions_.close(slot);
}

void Timed::correct() {
  auto correction = keeper_.take_correction();
  if (!correction) return;
  bool steps = correction->kind == Correction::Kind::Step;
  auto done = steps ? clock_.step(correction->offset) : clock_.slew(correction->offset);
  if (!done) {
    keeper_.refused(sys::errno_text(done.error().sys_errno));
    if (!said_denied_) sys::log_error({"the clock cannot be set"}, done.error());
    said_denied_ = true;
    return;
  }
  said_denied_ = false;
  if (!steps) return keeper_.slewed();
  timekeeping::Instant at = clock_.read();
  keeper_.stepped(correction->offset, at.now);
  steps_ = {.count = steps_.count + 1, .last = correction->offset, .at = at.now};
  int64_t utc_ms = std::chrono::duration_cast<Duration>(at.utc).count();
  sys::log(sys::Severity::Notice,
           {"clock stepped by ", timekeeping::offset_text(correction->offset).view(), " to ", utc_text(utc_ms).view(),
            ", as ", to_text(correction->source.address).view(), " says"});
}

// ---- state, time, signals ------------------------------------------------------------------------------------------

void Timed::say_state() {
  FixedString<64> state(timekeeping::name_of(keeper_.state()));
  if (auto slot = keeper_.source(); slot && keeper_.state() != timekeeping::State::Unset) {
    state.append(" by ");
    state.append(to_text(keeper_.servers()[*slot].address).view());
  }
  if (state == said_) return;
  said_ = state;
  FixedString<80> status("STATUS=");
  status.append(state);
  (void)sys::notify(status);
  if (keeper_.state() == timekeeping::State::Observed) {
    Micros offset = keeper_.association(*keeper_.source()).sample()->offset;
    return sys::log(sys::Severity::Info, {state.view(), ": off by ", timekeeping::offset_text(offset).view()});
  }
  sys::log(sys::Severity::Info, {state.view()});
}

void Timed::publish(TimePoint now) {
  static char buffer[kReportSize];
  static char last[kReportSize];
  static size_t last_size = 0;
  publish_again_ = kNever;
  if (now < published_ + kPublishInterval) {
    publish_again_ = published_ + kPublishInterval;
    return;
  }
  state::RecordWriter out(buffer);
  timekeeping::write_report(keeper_, names_, steps_, out);
  if (out.view() == std::string_view(last, last_size)) return;
  published_ = now;
  last_size = out.view().copy(last, sizeof(last));
  if (auto published = sys::publish(kName, "state", out.view()); !published) {
    last_size = 0;  // what readers have is not this
    publish_again_ = now + kRetry;
  }
}

void Timed::on_timer() {
  TimePoint now = clock_.read().now;
  if (now >= netd_again_) {
    watch_network(now);
    if (netd_watched_) read_network();
  }
  work();
}

void Timed::on_signal() {
  (void)sys::notify("STOPPING=1");
  loop_.stop();
}

}  // namespace ck::timed
