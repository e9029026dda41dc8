// SPDX-License-Identifier: MIT
#include "app/gatewayd/gatewayd.h"

#include <algorithm>
#include <csignal>

#include "base/text.h"
#include "sys/clock.h"
#include "sys/errno.h"
#include "sys/log.h"
#include "sys/notify.h"

namespace ck::gatewayd {

namespace {

constexpr int kBacklog = 511;
constexpr unsigned kAcceptBatch = 32;         // before open connections get their turn
constexpr Duration kPublishInterval = 250ms;  // at most so often
constexpr Duration kAcceptPause = 100ms;      // when descriptors or memory are out
constexpr Duration kNetworkRetry = 1s;        // while netd's folder is not there
constexpr Duration kDrain = 1500ms;           // for running sessions after SIGTERM
constexpr size_t kReportSize = 8 * 1024;
constexpr std::string_view kName = "gatewayd";

}  // namespace

Gatewayd::Gatewayd(sys::EventLoop& loop)
    : loop_(loop), directory_(random_), names_(loop, directory_, [this] { changed(sys::now()); }) {}

Result<void> Gatewayd::start(const Options& options) {
  TimePoint now = sys::now();
  CK_TRY(connections_.start());
  CK_TRY(timer_.start(loop_, [this] { on_timer(); }));
  CK_TRY(signals_.start(loop_, {SIGTERM, SIGINT}, [this](int signal) { on_signal(signal); }));
  listener_ = CK_TRY(sys::listen_tcp(options.port, kBacklog));
  CK_TRY(listener_watch_.start(loop_, listener_.get(), {.readable = true}, [this](sys::Events) { accept(); }));
  (void)sys::notify("READY=1");

  char text[32];
  listen_text_ = FixedString<32>(TextWriter(text).put("[::]:").number(options.port).view());
  status_.listen = listen_text_;
  status_.since = now;
  sys::log(sys::Severity::Info, {"listening on ", listen_text_});
  directory_.configure({options.upstreams.data(), options.upstreams.size()}, now);
  watch_network(now);
  read_network();
  changed(now);
  return {};
}

// ---- clients -------------------------------------------------------------------------------------------------------

void Gatewayd::accept() {
  for (unsigned i = 0; i < kAcceptBatch; ++i) {
    auto client = sys::accept_tcp(listener_.get());
    TimePoint now = sys::now();
    if (!client) {
      if (sys::would_block(client.error())) return;
      if (client.error().sys_errno == ECONNABORTED) continue;
      // Out of descriptors or memory: those who wait stay in the backlog for a moment.
      if (log_limit_.allow(now)) sys::log_error({"accept"}, client.error());
      listener_watch_.stop();
      accept_again_ = now + kAcceptPause;
      wake_at(accept_again_);
      return;
    }
    sys::SocketAddress peer = client->peer;
    Connection* connection = connections_.add(*this, std::move(*client), now);
    if (connection == nullptr) {
      ++status_.counters.total;
      ++status_.counters.refused;
      last_error_ = FixedString<160>("too many connections");
      if (log_limit_.allow(now))
        sys::log(sys::Severity::Warning, {to_text(peer.address), ": refused: too many connections"});
    } else if (auto started = connection->start(); !started) {
      sys::log_error({"watch client"}, started.error());
      connections_.remove(*connection);
    }
    changed(now);
  }
}

void Gatewayd::end(Connection& connection, TimePoint now) {
  gateway::End end = connection.session().end();
  gateway::Counters& counters = status_.counters;
  if (end == gateway::End::Probe) {
    ++counters.probes;
  } else {
    ++counters.total;
    if (end == gateway::End::Answered) ++counters.answered;
    if (gateway::is_refusal(end)) ++counters.refused;
    log_end(connection, now);
  }
  if (end == gateway::End::Answered) {
    last_client_ = to_text(connection.peer().address);
    status_.last = now;
  } else if (gateway::is_refusal(end)) {
    last_error_.clear();
    last_error_.append(to_text(connection.peer().address));
    last_error_.append(": ");
    last_error_.append(gateway::text_of(end));
  }
  connections_.remove(connection);
  changed(now);
  if (status_.draining && connections_.count() == 0) loop_.stop();
}

// One line a connection, in words; never what it carried.
void Gatewayd::log_end(const Connection& connection, TimePoint now) {
  if (!log_limit_.allow(now)) return;
  const gateway::Session& session = connection.session();
  char buffer[400];
  TextWriter line(buffer);
  line.put(to_text(connection.peer().address)).put(" port ").number(connection.peer().port).put(": ");
  line.put(gateway::text_of(session.end()));
  if (session.end() == gateway::End::ClientInvalid || session.end() == gateway::End::UpstreamInvalid)
    line.put(" (").put(dcerpc::text_of(session.drop())).put(")");
  if (session.has_candidate())
    line.put(", upstream ").put(to_text(session.candidate().address)).put(" port ").number(session.candidate().port);
  if (!session.fault().empty()) line.put(" (").put(session.fault()).put(")");
  line.put(", ").number(session.relayed()).put(" PDUs in ");
  line.number(static_cast<uint64_t>((now - connection.since()).count())).put(" ms");
  if (uint32_t left_out = log_limit_.take_refused()) line.put("; ").number(left_out).put(" lines were left out before");
  bool bad = gateway::is_refusal(session.end());
  sys::log(bad ? sys::Severity::Notice : sys::Severity::Info, {line.view()});
}

void Gatewayd::upstream_succeeded(const gateway::Candidate& candidate, int64_t rtt_ms) {
  directory_.succeeded(candidate, rtt_ms);
  changed(sys::now());
}

void Gatewayd::upstream_failed(const gateway::Candidate& candidate, std::string_view why, TimePoint now) {
  directory_.failed(candidate, why, now);
  if (log_limit_.allow(now)) {
    char port[8];
    sys::log(sys::Severity::Warning, {"upstream ", to_text(candidate.address), " port ",
                                      TextWriter(port).number(candidate.port).view(), ": ", why});
  }
  changed(now);
}

// ---- the network ---------------------------------------------------------------------------------------------------

void Gatewayd::watch_network(TimePoint now) {
  netd_again_ = kNever;
  if (netd_watched_) return;
  netd_watched_ = netd_.start(loop_, "netd", [this] { read_network(); }).has_value();
  if (netd_watched_) return;
  netd_again_ = now + kNetworkRetry;
  wake_at(netd_again_);
}

void Gatewayd::read_network() {
  static char buffer[state::kMaxFile];  // too large for the stack of a small program; used here only
  TimePoint now = sys::now();
  auto text = sys::read_published("netd", "state", buffer);
  if (!text) {
    if (text.error().sys_errno != ENOENT) sys::log_error({"netd/state"}, text.error());
    return;
  }
  if (directory_.set_network(gateway::read_network(*text), now)) changed(now);
}

// ---- time, state, signals
// --------------------------------------------------------------------------------------------

void Gatewayd::wake_at(TimePoint deadline) {
  // Only ever earlier: on_timer() looks at everything and finds the next.
  if (deadline < timer_.deadline()) timer_.arm(deadline);
}

void Gatewayd::on_timer() {
  TimePoint now = sys::now();
  if (now >= drain_until_) {
    loop_.stop();
    return;
  }
  wake_at(drain_until_);
  if (now >= netd_again_) {
    watch_network(now);
    if (netd_watched_) read_network();
  }
  if (now >= accept_again_) {
    accept_again_ = kNever;
    if (listener_.is_open() && !listener_watch_.is_active())
      (void)listener_watch_.start(loop_, listener_.get(), {.readable = true}, [this](sys::Events) { accept(); });
  }
  connections_.each([&](Connection& connection) { connection.check_time(now); });
  wake_at(netd_again_);
  wake_at(accept_again_);
  changed(now);
}

// Something may be due: questions to send, a state to publish.
void Gatewayd::changed(TimePoint now) {
  names_.run(now);
  wake_at(directory_.deadline());
  if (now >= published_ + kPublishInterval)
    publish(now);
  else
    wake_at(published_ + kPublishInterval);
}

void Gatewayd::publish(TimePoint now) {
  static char buffer[kReportSize];
  static char last[kReportSize];
  static size_t last_size = 0;
  status_.counters.now = static_cast<uint32_t>(connections_.count());
  status_.last_client = last_client_;
  status_.error = last_error_;
  state::RecordWriter out(buffer);
  gateway::write_report(status_, directory_, now, out);
  if (out.view() == std::string_view(last, last_size)) return;
  published_ = now;
  last_size = out.view().copy(last, sizeof(last));
  if (auto published = sys::publish(kName, "state", out.view()); !published) {
    if (log_limit_.allow(now)) sys::log_error({"state"}, published.error());
    last_size = 0;  // what readers have is not this: write it at the next opportunity
    wake_at(published_ + kPublishInterval);
  }
  say_state(now);
}

void Gatewayd::say_state(TimePoint now) {
  std::string_view state = gateway::serving_state(status_, directory_, now);
  if (said_state_ == state) return;
  said_state_ = FixedString<16>(state);
  char line[64];
  (void)sys::notify(TextWriter(line).put("STATUS=").put(state).view());
  sys::log(sys::Severity::Info, {state});
}

void Gatewayd::on_signal(int) {
  if (status_.draining) return;
  TimePoint now = sys::now();
  (void)sys::notify("STOPPING=1");
  listener_watch_.stop();
  listener_.reset();
  status_.draining = true;
  if (connections_.count() == 0) {
    publish(now);
    loop_.stop();
    return;
  }
  drain_until_ = now + kDrain;
  wake_at(drain_until_);
  publish(now);
}

}  // namespace ck::gatewayd
