// SPDX-License-Identifier: MIT
#include "app/logd/logd.h"

#include <algorithm>
#include <csignal>

#include "engine/logring/learnt.h"
#include "sys/clock.h"
#include "sys/errno.h"
#include "sys/host.h"
#include "sys/log.h"
#include "sys/notify.h"

namespace ck::logd {

namespace {

constexpr Duration kPublishInterval = 500ms;  // at most so often
constexpr Duration kNetworkRetry = 1s;        // while netd's folder is not there
constexpr Duration kDrain = 500ms;            // after SIGTERM, for servers that take messages
constexpr unsigned kLastTurns = 16;           // of reading, after SIGTERM
constexpr std::string_view kName = "logd";
constexpr resolver::Freshness kFreshness{.least_ttl = 10s, .refresh = resolver::Freshness::Refresh::Yes};

resolver::Names names_of(const logring::LogSpec& spec, RandomSource& random) {
  FixedVector<resolver::Endpoint, resolver::kMaxNames> endpoints;
  for (const logring::TargetSpec& target : spec.targets)
    if (!target.name.empty())
      (void)endpoints.push_back({.name = target.name, .address = std::nullopt, .port = target.port});
  return resolver::Names({endpoints.data(), endpoints.size()}, random, kFreshness);
}

}  // namespace

Logd::Logd(sys::EventLoop& loop, const logring::LogSpec& spec, const Paths& paths)
    : loop_(loop),
      spec_(spec),
      paths_(paths),
      local_({.take = [this](const auto& entry) { take(entry); }, .turn_ends = [this] { changed(); }}),
      kmsg_({.take = [this](const auto& entry) { take(entry); }, .turn_ends = [this] { changed(); }}),
      names_(names_of(spec, random_)),
      queries_(loop, {.answered =
                          [this](size_t slot, Bytes message) {
                            TimePoint now = sys::now();
                            if (names_.received(slot, message, now)) place_named(now);
                            changed();
                          },
                      .failed =
                          [this](size_t slot, std::string_view why) {
                            names_.send_failed(slot, why, sys::now());
                            changed();
                          }}) {}

Result<void> Logd::start() {
  memory_ = CK_TRY(sys::Pages::create(spec_.ring));
  ring_ = std::make_unique<logring::Ring>(memory_.memory().first(spec_.ring));
  host_ = sys::hostname();
  CK_TRY(timer_.start(loop_, [this] { on_timer(); }));
  CK_TRY(signals_.start(loop_, {SIGTERM, SIGINT}, [this](int) { on_signal(); }));
  sys::RunPath log = sys::run_path(kName, "log");
  CK_TRY(local_.start(loop_, paths_.log != nullptr ? paths_.log : log.view().data()));
  readers_ = std::make_unique<Readers>(loop_, *ring_);
  CK_TRY(readers_->start(sys::run_path(kName, "read").view().data(), [this](TimePoint when) { wake_at(when); }));
  (void)sys::notify("READY=1");
  if (auto started = kmsg_.start(loop_, paths_.kmsg); !started) {
    kmsg_.failed(sys::errno_text(started.error().sys_errno));
    sys::log_error({paths_.kmsg}, started.error());
  }
  for (const logring::TargetSpec& target : spec_.targets) add(target, Outlet::Origin::Configured);
  if (spec_.learnt || names_.size() > 0) {
    watch_network(sys::now());
    read_network();
  }
  changed();
  return {};
}

// ---- log servers ---------------------------------------------------------------------------------------------------

void Logd::add(const logring::TargetSpec& target, Outlet::Origin origin) {
  Outlet::Calls calls{.host = [this] { return host_.view(); },
                      .changed =
                          [this] {
                            stale_ = true;
                            note_changes();
                          }};
  (void)outlets_.push_back(std::make_unique<Outlet>(loop_, target, origin, *ring_, random_, std::move(calls)));
  sys::log(sys::Severity::Info, {"log server ", logring::host_text(target), " (", logring::name_of(target.transport),
                                 ", ", logring::name_of(target.format), ")"});
}

void Logd::watch_network(TimePoint now) {
  netd_again_ = kNever;
  if (netd_watched_) return;
  netd_watched_ = netd_
                      .start(loop_, "netd",
                             [this] {
                               read_network();
                               changed();
                             })
                      .has_value();
  if (!netd_watched_) netd_again_ = now + kNetworkRetry;
}

void Logd::read_network() {
  static char buffer[state::kMaxFile];  // too large for the stack of a small program; used here only
  host_ = sys::hostname();
  auto text = sys::read_published("netd", "state", buffer);
  if (text) {
    names_.set_dns(resolver::read_servers(*text), sys::now());
    if (spec_.learnt) follow(logring::read_log_servers(*text));
    return;
  }
  if (text.error().sys_errno != ENOENT) sys::log_error({"netd/state"}, text.error());
}

void Logd::send_queries(TimePoint now) {
  std::array<uint8_t, dns::kMaxQuery> buffer;
  while (auto query = names_.next_query(buffer, now)) {
    sys::SocketAddress to{.address = query->server.address, .port = dns::kPort, .scope = query->server.scope};
    auto sent = queries_.send(query->slot, to, query->message);
    if (!sent) names_.send_failed(query->slot, sys::errno_text(sent.error().sys_errno), now);
  }
  for (size_t slot = 0; slot < names_.size(); ++slot) {
    if (!names_.waits(slot)) queries_.close(slot);
    std::string_view error = names_.error(slot);
    if (error == said_[slot]) continue;
    said_[slot] = error;
    sys::log(error.empty() ? sys::Severity::Notice : sys::Severity::Warning,
             {"log server ", names_.endpoint(slot).name, ": ", error.empty() ? "its address is known" : error});
  }
}

// A name's address is known now, or is another.
void Logd::place_named(TimePoint now) {
  for (size_t slot = 0; slot < names_.size(); ++slot) {
    const resolver::Endpoint& endpoint = names_.endpoint(slot);
    auto address = names_.address(slot);
    for (auto& outlet : outlets_) {
      const logring::TargetSpec& spec = outlet->target().spec();
      if (address && spec.name == endpoint.name && spec.port == endpoint.port) outlet->set_address(*address, now);
    }
  }
}

// One that is configured, too, is not learnt: what is said of it by hand holds.
void Logd::follow(const FixedVector<IpAddress, logring::kMaxLearnt>& servers) {
  auto is_named = [&](const IpAddress& address) {
    return std::any_of(spec_.targets.begin(), spec_.targets.end(),
                       [&](const logring::TargetSpec& target) { return target.address == address; });
  };
  for (size_t i = outlets_.size(); i-- > 0;) {
    const IpAddress& address = outlets_[i]->target().spec().address;
    bool gone = outlets_[i]->is_learnt() && std::find(servers.begin(), servers.end(), address) == servers.end();
    if (!gone) continue;
    sys::log(sys::Severity::Info, {"log server ", to_text(address), ": no longer named by the network"});
    outlets_.erase(i);
  }
  for (const IpAddress& address : servers) {
    bool known = std::any_of(outlets_.begin(), outlets_.end(), [&](const std::unique_ptr<Outlet>& outlet) {
      return outlet->is_learnt() && outlet->target().spec().address == address;
    });
    if (!known && !is_named(address)) add({.address = address}, Outlet::Origin::Learnt);
  }
}

// ---- time, state, signals ------------------------------------------------------------------------------------------

void Logd::wake_at(TimePoint deadline) {
  // Only ever earlier: on_timer() looks at everything and finds the next.
  if (deadline < timer_.deadline()) timer_.arm(deadline);
}

void Logd::on_timer() {
  TimePoint now = sys::now();
  if (now >= drain_until_) return loop_.stop();
  if (now >= netd_again_) {
    watch_network(now);
    if (netd_watched_) read_network();
  }
  readers_->run(now);
  changed();
}

// There are new messages, or something else has happened.
void Logd::changed() {
  TimePoint now = sys::now();
  for (auto& outlet : outlets_) {
    outlet->run(now);
    const logring::TargetSpec& spec = outlet->target().spec();
    if (!spec.name.empty() && outlet->is_failing()) names_.doubt(spec.address, spec.port, now);
  }
  send_queries(now);
  wake_at(names_.deadline());
  wake_at(netd_again_);
  wake_at(drain_until_);
  wake_at(readers_->deadline());
  stale_ = true;
  if (now >= published_ + kPublishInterval) publish(now);
  note_changes();
}

// Something is to be published, and deadlines may have moved.
void Logd::note_changes() {
  if (draining_ && is_idle()) return loop_.stop();
  for (auto& outlet : outlets_) wake_at(outlet->target().deadline());
  if (stale_) wake_at(published_ + kPublishInterval);
}

void Logd::publish(TimePoint now) {
  static char buffer[state::kMaxFile];
  published_ = now;
  stale_ = false;
  state::RecordWriter out(buffer);
  FixedVector<logring::TargetView, logring::kMaxTargets> views;
  for (auto& outlet : outlets_) (void)views.push_back({.target = &outlet->target(), .is_learnt = outlet->is_learnt()});
  std::array<logring::SourceCounters, 2> sources{local_.counters(), kmsg_.counters()};
  logring::write_report(*ring_, spec_.ring, sources, {views.data(), views.size()}, names_, out);
  if (auto published = sys::publish(kName, "state", out.view()); !published) {
    stale_ = true;
    sys::log_error({"state"}, published.error());
  }
}

bool Logd::is_idle() const {
  return std::all_of(outlets_.begin(), outlets_.end(), [](const auto& outlet) { return outlet->is_idle(); });
}

// What is there to be read is still taken, and what servers take is still sent.
void Logd::on_signal() {
  if (draining_) return;
  (void)sys::notify("STOPPING=1");
  draining_ = true;
  drain_until_ = sys::now() + kDrain;
  for (unsigned i = 0; i < kLastTurns && local_.read(); ++i) {
  }
  for (unsigned i = 0; i < kLastTurns && kmsg_.read(); ++i) {
  }
  publish(sys::now());
  changed();
}

}  // namespace ck::logd
