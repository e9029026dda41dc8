// SPDX-License-Identifier: MIT
#include "app/gatewayd/gatewayd.h"

#include <algorithm>
#include <csignal>

#include "app/gatewayd/record.h"
#include "sys/clock.h"
#include "sys/errno.h"
#include "sys/host.h"
#include "sys/log.h"
#include "sys/notify.h"
#include "sys/process.h"
#include "wire/proxy/header.h"

namespace ck::gatewayd {

namespace {

using gateway::Step;
using gateway::Verdict;

constexpr unsigned kAcceptBatch = 32;      // before open connections get their turn
constexpr Duration kPublishInterval = 1s;  // at most so often
constexpr auto kVigil = 50us;              // while there are connections; their next PDU is seldom far
constexpr Duration kAcceptPause = 100ms;   // when descriptors or memory are out
constexpr Duration kNetworkRetry = 1s;     // while netd's folder is not there
constexpr Duration kDrain = 1500ms;        // for running sessions after SIGTERM
constexpr size_t kReportSize = state::kMaxFile;
constexpr size_t kMemoryEach = 64 * 1024;  // of the machine's, for each connection that it may have
constexpr size_t kLeastConnections = 64;
constexpr size_t kOtherDescriptors = 200;
constexpr std::string_view kName = "gatewayd";

}  // namespace

Gatewayd::Gatewayd(sys::EventLoop& loop, const gateway::GatewaySpec& spec)
    : loop_(loop), spec_(spec), sources_(spec.source, random_) {}

Result<void> Gatewayd::start() {
  TimePoint now = sys::now();
  CK_TRY(reserve());
  CK_TRY(timer_.start(loop_, [this] { on_timer(); }));
  CK_TRY(signals_.start(loop_, {SIGTERM, SIGINT}, [this](int signal) { on_signal(signal); }));
  for (const gateway::PoolSpec& pool : spec_.pools) {
    Pool::Calls calls{.accept = [this](Pool& at, int listener) { accept(at, listener); },
                      .changed = [this] { changed(sys::now()); },
                      .checked = [this](Pool& of, const auto& to, const auto& result) { checked(of, to, result); }};
    auto made = std::make_unique<Pool>(loop_, random_, pool, std::move(calls));
    CK_TRY(made->listen());
    (void)pools_.push_back(std::move(made));
  }
  (void)sys::notify("READY=1");
  status_.since = now;
  for (auto& pool : pools_) {
    sys::log(sys::Severity::Info, {"listening on ", gateway::listen_text(pool->spec()), " for ", pool->spec().name});
    pool->configure(now);
  }
  watch_network(now);
  read_network();
  changed(now);
  return {};
}

Result<void> Gatewayd::reserve() {
  most_ = spec_.connections;
  if (most_ == 0) most_ = std::max(kLeastConnections, sys::machine_memory() / kMemoryEach);
  // Two sockets each; some are needed for else.
  size_t descriptors = sys::raise_descriptor_limit();
  size_t bearable = descriptors > 2 * gateway::kReserve + kOtherDescriptors
                        ? (descriptors - kOtherDescriptors) / 2 - gateway::kReserve
                        : 1;
  most_ = std::min({most_, gateway::kMaxConnections, bearable});
  size_t places = most_ + gateway::kReserve;
  CK_TRY(connections_.start(places));
  buffer_pages_ = CK_TRY(sys::Pages::create(2 * places * gateway::kBufferStride));
  buffers_.start(buffer_pages_.memory());
  status_.most = static_cast<uint32_t>(most_);
  return {};
}

// ---- clients -------------------------------------------------------------------------------------------------------

void Gatewayd::accept(Pool& pool, int listener) {
  for (unsigned i = 0; i < kAcceptBatch; ++i) {
    auto client = sys::accept_tcp(listener);
    if (client) {
      take(pool, std::move(*client), sys::now());
      continue;
    }
    if (sys::would_block(client.error())) return;
    if (client.error().sys_errno == ECONNABORTED) continue;
    // Out of descriptors or memory: those who wait stay in the backlog for a moment.
    TimePoint now = sys::now();
    if (log_limit_.allow(now)) sys::log_error({"accept"}, client.error());
    for (auto& each : pools_) each->pause();
    accept_again_ = now + kAcceptPause;
    wake_at(accept_again_);
    return;
  }
}

bool Gatewayd::is_balancer(const IpAddress& address) const {
  return std::any_of(spec_.balancers.begin(), spec_.balancers.end(),
                     [&](const IpPrefix& network) { return network.contains(address); });
}

void Gatewayd::take(Pool& pool, sys::AcceptedTcp client, TimePoint now) {
  sys::SocketAddress peer = client.peer;
  bool balanced = is_balancer(peer.address);
  Connection::Account account;
  std::optional<Verdict> verdict;
  if (!balanced) verdict = judge_source(peer.address, account, now);
  if (verdict == Verdict::SourceDenied) return refuse_unseen(peer, *verdict, now);
  if (!verdict && connections_.count() >= most_) verdict = Verdict::Full;
  Connection::Start start{.owner = *this,
                          .pool = pool,
                          .session = {.buffers = buffers_, .policy = pool.spec().policy, .limits = spec_.limits},
                          .first = balanced ? gateway::Content::Preface : gateway::Content::Pdus,
                          .number = ++number_};
  Connection* connection = connections_.add(start, std::move(client), now);
  if (connection == nullptr) {
    if (account.counted) sources_.close(peer.address);
    return refuse_unseen(peer, verdict.value_or(Verdict::Full), now);
  }
  connection->account = account;
  loop_.set_vigil(kVigil);
  if (auto started = connection->start(); !started) {
    sys::log_error({"watch client"}, started.error());
    connection->abort(now);
    return;
  }
  if (verdict && !connection->refuse(*verdict, now)) return;
  if (!connection->begin(now)) return;
  counted(now);
}

// Whether connections of that source are served, and at this moment.
std::optional<Verdict> Gatewayd::judge_source(const IpAddress& source, Connection::Account& account, TimePoint now) {
  if (!access::is_served(spec_.sources, source)) return Verdict::SourceDenied;
  switch (sources_.open(source, now)) {
    case gateway::SourceVerdict::Allowed: account.counted = true; return std::nullopt;
    case gateway::SourceVerdict::TooMany: return Verdict::SourceConnections;
    case gateway::SourceVerdict::TooFast: return Verdict::SourceRate;
  }
  return std::nullopt;
}

void Gatewayd::note_trouble(const IpAddress& source, std::string_view what) {
  last_error_ = FixedString<160>(to_text(source).view());
  last_error_.append(": ");
  last_error_.append(what);
}

// Its socket is closed already; it never had a place.
void Gatewayd::refuse_unseen(const sys::SocketAddress& peer, Verdict verdict, TimePoint now) {
  ledger_.refused(peer.address, verdict, sys::utc_ms());
  note_trouble(peer.address, gateway::text_of(verdict));
  if (log_limit_.allow(now))
    sys::log(sys::Severity::Notice, {to_text(peer.address), ": refused: ", gateway::text_of(verdict)});
  counted(now);
}

// The PROXY header of a listed balancer names the client; from there on it is judged as if it had come by itself.
Step Gatewayd::admit(Connection& connection, TimePoint now) {
  gateway::Session& session = connection.session();
  auto header = proxy::parse(session.preface());
  if (!header) {
    bool missing = header.error() == proxy::Fault::NotProxy;
    if (log_limit_.allow(now))
      sys::log(sys::Severity::Notice,
               {"balancer ", to_text(connection.peer().address), ": ", proxy::text_of(header.error())});
    return session.refuse(missing ? Verdict::ProxyMissing : Verdict::ProxyMalformed, now);
  }
  if (!*header) return Step::Continue;
  if (const auto& behind = (*header)->endpoints; behind && (*header)->command == proxy::Command::Proxied) {
    connection.set_source({.address = without_mapping(behind->source.address), .port = behind->source.port});
    auto verdict = judge_source(connection.source().address, connection.account, now);
    if (verdict && session.refuse(*verdict, now) == Step::Close) return Step::Close;
  }
  return session.admit((*header)->size, now);
}

Step Gatewayd::choose(Connection& connection, TimePoint now) {
  if (connection.pool().spec().proxy == gateway::ProxyOut::Version2) greet(connection);
  Step step = connection.pool().choose(connection, now);
  if (connection.account.waiting) counted(now);
  return step;
}

// The next gateway is told who the client is.
void Gatewayd::greet(Connection& connection) {
  std::array<uint8_t, gateway::Session::kMaxGreeting> buffer;
  const sys::SocketAddress& source = connection.source();
  auto local = connection.local_address();
  if (!local) return;
  // Behind a balancer both ends of the header are to be of one family: ours is then only a stand-in.
  IpAddress destination = local->address;
  if (destination.family != source.address.family)
    destination = source.address.family == Family::V4 ? IpAddress(Ipv4Address{}) : IpAddress(Ipv6Address{});
  auto header = proxy::write_v2({source.address, source.port}, {destination, local->port}, buffer);
  if (header) connection.session().set_greeting(*header);
}

Result<sys::UniqueFd> Gatewayd::connect(Connection& connection, const gateway::Candidate& to) {
  return connection.pool().connect(to);
}

void Gatewayd::end(Connection& connection, TimePoint now) {
  Verdict verdict = connection.session().verdict();
  ledger_.ended(connection.source().address, connection.session(), sys::utc_ms());
  if (verdict == Verdict::Answered) seen_sources_.observe(connection.source().address, now);
  if (verdict != Verdict::Probe) log_end(connection, now);
  if (gateway::is_refusal(verdict)) note_trouble(connection.source().address, gateway::text_of(verdict));
  Pool& pool = connection.pool();
  if (connection.account.counted) sources_.close(connection.source().address);
  pool.release(connection);
  connections_.remove(connection);
  pool.serve_waiting(now);
  if (connections_.count() == 0) loop_.set_vigil(0us);
  if (connections_.count() == 0 && buffers_.touched() > 4 * gateway::kBufferStride) {
    buffer_pages_.give_back(4 * gateway::kBufferStride, buffers_.touched() - 4 * gateway::kBufferStride);
    buffers_.restart();
  }
  counted(now);
  if (status_.draining && connections_.count() == 0) loop_.stop();
}

// One record a connection; never what it carried.
void Gatewayd::log_end(const Connection& connection, TimePoint now) {
  if (!log_limit_.allow(now)) return;
  char buffer[800];
  TextWriter line(buffer);
  write_record(connection, now, sys::utc_ms(), line);
  if (uint32_t left_out = log_limit_.take_refused()) line.put(" left-out=").number(left_out);
  bool bad = gateway::is_refusal(connection.session().verdict());
  sys::log(bad ? sys::Severity::Notice : sys::Severity::Info, {line.view()});
}

void Gatewayd::upstream_succeeded(Connection& connection, const gateway::Candidate& candidate, int64_t rtt_ms) {
  TimePoint now = sys::now();
  connection.pool().directory().succeeded(candidate, rtt_ms, now);
  counted(now);
}

void Gatewayd::upstream_failed(Connection& connection, const gateway::Candidate& candidate, std::string_view why,
                               TimePoint now) {
  connection.pool().directory().failed(candidate, why, now);
  if (log_limit_.allow(now)) {
    sys::log(sys::Severity::Warning, {"upstream ", to_text(candidate.address, candidate.port), ": ", why});
  }
  changed(now);
}

// A check has found a host as it is; said when that is news.
void Gatewayd::checked(Pool& pool, const gateway::Candidate& of, const gateway::ProbeResult& result) {
  TimePoint now = sys::now();
  const gateway::Member& member = pool.directory().members()[of.member];
  bool news = member.since == now || (!result.up && member.falls == 1);
  if (news && log_limit_.allow(now))
    sys::log(result.up ? sys::Severity::Info : sys::Severity::Warning,
             {"upstream ", member.name, " at ", to_text(of.address, of.port), ": ", result.up ? "healthy, " : "",
              result.up ? gateway::name_of(result.rung) : result.fault});
  pool.serve_waiting(now);
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
  gateway::Network network = gateway::read_network(*text);
  bool any = false;
  for (auto& pool : pools_) any = pool->directory().set_network(network, now) || any;
  if (any) changed(now);
}

// ---- time, state, signals ------------------------------------------------------------------------------------------

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
    for (auto& pool : pools_) pool->resume();
  }
  connections_.each([&](Connection& connection) { connection.check_time(now); });
  wake_at(netd_again_);
  wake_at(accept_again_);
  changed(now);
}

// A number has changed that is to be shown.
void Gatewayd::counted(TimePoint now) {
  if (now >= published_ + kPublishInterval)
    publish(now);
  else
    wake_at(published_ + kPublishInterval);
}

// Something may be due: questions to send, checks to make, a state to publish.
void Gatewayd::changed(TimePoint now) {
  for (auto& pool : pools_) {
    if (pool->deadline() <= now) pool->run(now);
    wake_at(pool->deadline());
  }
  counted(now);
}

void Gatewayd::publish(TimePoint now) {
  static char buffer[kReportSize];
  static char last[kReportSize];
  static size_t last_size = 0;
  published_ = now;
  status_.now = static_cast<uint32_t>(connections_.count());
  status_.utc_ms = sys::utc_ms();
  status_.error = last_error_;
  status_.sources = seen_sources_.count(now);
  state::RecordWriter out(buffer);
  FixedVector<gateway::PoolView, gateway::kMaxPools> views;
  for (auto& pool : pools_) {
    gateway::PoolView view{.spec = &pool->spec(), .directory = &pool->directory(), .waiting = pool->waiting()};
    for (size_t member = 0; member < gateway::kMaxMembers; ++member) view.active[member] = pool->active(member);
    (void)views.push_back(view);
  }
  gateway::write_report(status_, ledger_, {views.data(), views.size()}, now, out);
  say_state(now);
  if (out.view() == std::string_view(last, last_size)) return;
  last_size = out.view().copy(last, sizeof(last));
  if (auto published = sys::publish(kName, "state", out.view()); !published) {
    if (log_limit_.allow(now)) sys::log_error({"state"}, published.error());
    last_size = 0;  // what readers have is not this: write it at the next opportunity
    wake_at(published_ + kPublishInterval);
  }
}

void Gatewayd::say_state(TimePoint now) {
  bool any = false;
  for (auto& pool : pools_) any = any || !pool->directory().candidates(now).empty();
  std::string_view state = status_.draining ? "draining" : any ? "serving" : "waiting";
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
  for (auto& pool : pools_) pool->stop_listening();
  status_.draining = true;
  accept_again_ = kNever;
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
