// SPDX-License-Identifier: MIT
#include "clients.h"

#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <deque>
#include <queue>
#include <vector>

#include "rpc.h"
#include "sys/errno.h"
#include "sys/random.h"

namespace ck::load {

namespace {

using Nanoseconds = int64_t;
constexpr Nanoseconds kSecond = 1'000'000'000;
constexpr Nanoseconds kFirstWait = kSecond / 4;
constexpr uint32_t kMostDoublings = 4;      // to 4 s
constexpr uint32_t kConnectingAtOnce = 64;  // of clients that shall be held: no more than any backlog
constexpr size_t kBatch = 256;
constexpr uint32_t kBindCall = 1, kRequestCall = 2;

Nanoseconds clock_now() {
  timespec time{};
  (void)::clock_gettime(CLOCK_MONOTONIC, &time);
  return time.tv_sec * kSecond + time.tv_nsec;
}

enum class State : uint8_t { Idle, Connecting, Binding, Held, Calling, Done };

struct Client {
  sys::UniqueFd fd;
  State state = State::Idle;
  uint16_t filled = 0;
  uint32_t attempts = 0;
  Nanoseconds since = 0;  // its turn; kept over the attempts
  std::array<uint8_t, kLargest> buffer;
};

struct Due {
  Nanoseconds at = 0;
  uint32_t client = 0;
  uint32_t attempt = 0;
  bool operator>(const Due& other) const { return at > other.at; }
};

class Clients {
 public:
  explicit Clients(const Plan& plan) : plan_(plan), clients_(plan.mode == Mode::Closed ? plan.parallel : plan.count) {}
  Result<void> run();

 private:
  void begin_what_is_due(Nanoseconds now);
  void begin(uint32_t index, Nanoseconds now);
  Result<void> connect(uint32_t index);
  void serve(uint32_t index);
  // False when the attempt has failed.
  bool step(Client& client);
  bool received(Client& client);
  void finish(Client& client);
  void fail(Client& client, Nanoseconds now);
  void expire(Nanoseconds now);
  bool is_over() const;
  int wait_ms(Nanoseconds now) const;
  void report(Nanoseconds seconds);

  const Plan& plan_;
  std::vector<Client> clients_;
  sys::UniqueFd epoll_;
  SeededRandom random_{sys::KernelRandom().next()};
  Nanoseconds began_ = 0;
  uint32_t begun_ = 0;  // clients that had their turn; in closed mode exchanges begun
  uint32_t open_ = 0;
  uint32_t connecting_ = 0;
  uint32_t most_open_ = 0;
  uint32_t served_ = 0;
  uint32_t held_ = 0;
  uint32_t given_up_ = 0;
  uint32_t refused_ = 0;    // attempts that the peer ended
  uint32_t timed_out_ = 0;  // attempts that ran out of patience
  uint32_t most_attempts_ = 0;
  std::vector<uint32_t> microseconds_;  // of each exchange
  std::deque<Due> deadlines_;           // all attempts have the same patience: in order by themselves
  std::priority_queue<Due, std::vector<Due>, std::greater<>> retries_;
  std::optional<Error> error_;  // ours
};

Result<void> Clients::run() {
  epoll_ = sys::UniqueFd(::epoll_create1(EPOLL_CLOEXEC));
  if (!epoll_.is_open()) return sys::last_error("epoll");
  microseconds_.reserve(plan_.count);
  began_ = clock_now();
  std::array<epoll_event, kBatch> events;
  for (;;) {
    Nanoseconds now = clock_now();
    expire(now);
    begin_what_is_due(now);
    if (error_) return std::unexpected(*error_);
    if (is_over()) break;
    int count = sys::retry([&] { return ::epoll_wait(epoll_.get(), events.data(), events.size(), wait_ms(now)); });
    if (count < 0) return sys::last_error("epoll_wait");
    for (size_t i = 0; i < static_cast<size_t>(count); ++i) serve(events[i].data.u32);
  }
  report(clock_now() - began_);
  if (plan_.mode != Mode::Hold) return {};
  char ignored;
  while (sys::retry([&] { return ::read(STDIN_FILENO, &ignored, 1); }) > 0) continue;
  return {};
}

bool Clients::is_over() const {
  if (plan_.mode == Mode::Open || plan_.mode == Mode::Hold) return served_ + held_ + given_up_ == plan_.count;
  return served_ == plan_.count;
}

void Clients::begin_what_is_due(Nanoseconds now) {
  switch (plan_.mode) {
    case Mode::Closed:
      for (uint32_t i = 0; i < clients_.size() && open_ < plan_.parallel && begun_ < plan_.count; ++i) {
        if (clients_[i].fd.is_open()) continue;
        ++begun_;
        clients_[i].since = now;
        begin(i, now);
      }
      return;
    case Mode::Open:
      while (begun_ < plan_.count) {
        Nanoseconds turn = began_ + begun_ * kSecond / plan_.rate;
        if (turn > now) return;
        clients_[begun_].since = turn;
        begin(begun_++, now);
      }
      return;
    case Mode::Hold:
      for (; begun_ < plan_.count && connecting_ < kConnectingAtOnce; ++begun_) begin(begun_, now);
      return;
    case Mode::Storm:
      while (open_ < plan_.parallel) {
        if (!retries_.empty() && retries_.top().at <= now) {
          uint32_t index = retries_.top().client;
          retries_.pop();
          begin(index, now);
        } else if (begun_ < plan_.count) {
          clients_[begun_].since = began_;  // all of them want to be served now
          begin(begun_++, now);
        } else {
          return;
        }
      }
      return;
  }
}

void Clients::begin(uint32_t index, Nanoseconds now) {
  Client& client = clients_[index];
  ++client.attempts;
  most_attempts_ = std::max(most_attempts_, client.attempts);
  client.filled = 0;
  client.state = State::Connecting;
  ++open_;
  ++connecting_;
  most_open_ = std::max(most_open_, open_);
  deadlines_.push_back({.at = now + plan_.patience * kSecond, .client = index, .attempt = client.attempts});
  if (auto connected = connect(index); !connected) {
    // Refused at once is an answer; no descriptor, no port is this side's failing.
    if (connected.error().sys_errno != ECONNREFUSED) error_ = connected.error();
    ++refused_;
    fail(client, now);
  }
}

Result<void> Clients::connect(uint32_t index) {
  Client& client = clients_[index];
  client.fd = sys::UniqueFd(::socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!client.fd.is_open()) return sys::last_error("socket");
  int fd = client.fd.get(), on = 1;
  (void)::setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on));
  sockaddr_storage storage;
  if (!plan_.source.is_unspecified()) {
    (void)::setsockopt(fd, IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, &on, sizeof(on));
    uint32_t turn = plan_.mode == Mode::Closed ? begun_ : index;
    unsigned length = sys::to_sockaddr({.address = Ipv4Address{plan_.source.value + turn % plan_.sources}}, storage);
    if (::bind(fd, reinterpret_cast<sockaddr*>(&storage), length) != 0) return sys::last_error("bind");
  }
  unsigned length = sys::to_sockaddr(plan_.to, storage);
  if (::connect(fd, reinterpret_cast<sockaddr*>(&storage), length) != 0 && errno != EINPROGRESS)
    return sys::last_error("connect");
  epoll_event event{.events = EPOLLIN | EPOLLOUT | EPOLLRDHUP | EPOLLET, .data = {.u32 = index}};
  if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) != 0) return sys::last_error("epoll_ctl");
  return {};
}

void Clients::serve(uint32_t index) {
  Client& client = clients_[index];
  if (!client.fd.is_open() || step(client)) return;
  ++refused_;
  fail(client, clock_now());
}

bool Clients::step(Client& client) {
  if (client.state == State::Connecting) {
    int error = 0;
    socklen_t length = sizeof(error);
    if (::getsockopt(client.fd.get(), SOL_SOCKET, SO_ERROR, &error, &length) != 0 || error != 0) return false;
    client.state = State::Binding;
    std::array<uint8_t, kBindSize> buffer;
    return sys::send_some(client.fd.get(), write_bind(buffer, kBindCall)).has_value();
  }
  auto count = sys::receive_some(client.fd.get(), MutableBytes(client.buffer).subspan(client.filled));
  if (!count) return sys::would_block(count.error());
  if (*count == 0) return false;
  client.filled = static_cast<uint16_t>(client.filled + *count);
  return received(client);
}

bool Clients::received(Client& client) {
  Pdu pdu;
  Framing framing = frame(Bytes(client.buffer).first(client.filled), pdu);
  if (framing != Framing::Whole) return framing == Framing::Partial;
  client.filled = 0;
  if (client.state == State::Binding && pdu.type == kBindAck && pdu.call_id == kBindCall) {
    if (plan_.mode == Mode::Hold) {
      client.state = State::Held;
      ++held_;
      --connecting_;
      return true;
    }
    client.state = State::Calling;
    std::array<uint8_t, kCallHeader + kStub> buffer;
    Bytes request = write_call(buffer, kRequest, kRequestCall, kStub, random_);
    return sys::send_some(client.fd.get(), request).has_value();
  }
  if (client.state != State::Calling || pdu.type != kResponse || pdu.call_id != kRequestCall ||
      pdu.length != kCallHeader + kStub)
    return false;
  finish(client);
  return true;
}

void Clients::finish(Client& client) {
  microseconds_.push_back(static_cast<uint32_t>((clock_now() - client.since) / 1000));
  client.fd.reset();
  client.state = State::Done;
  client.attempts = plan_.mode == Mode::Closed ? client.attempts : 0;
  --open_;
  --connecting_;
  ++served_;
}

void Clients::fail(Client& client, Nanoseconds now) {
  client.fd.reset();
  --open_;
  if (client.state == State::Held)
    --held_;
  else
    --connecting_;
  client.state = State::Idle;
  switch (plan_.mode) {
    case Mode::Closed: --begun_; return;  // its exchange is still to be done
    case Mode::Open:
    case Mode::Hold: ++given_up_; return;
    case Mode::Storm: break;
  }
  Nanoseconds wait = kFirstWait << std::min(client.attempts - 1, kMostDoublings);
  auto index = static_cast<uint32_t>(&client - clients_.data());
  retries_.push({.at = now + random_.between(wait, 2 * wait), .client = index});
}

void Clients::expire(Nanoseconds now) {
  for (; !deadlines_.empty() && deadlines_.front().at <= now; deadlines_.pop_front()) {
    Client& client = clients_[deadlines_.front().client];
    if (client.attempts != deadlines_.front().attempt || !client.fd.is_open() || client.state == State::Held) continue;
    ++timed_out_;
    fail(client, now);
  }
}

int Clients::wait_ms(Nanoseconds now) const {
  Nanoseconds next = now + kSecond;
  if (!deadlines_.empty()) next = std::min(next, deadlines_.front().at);
  if (plan_.mode == Mode::Open && begun_ < plan_.count) next = std::min(next, began_ + begun_ * kSecond / plan_.rate);
  if (!retries_.empty() && open_ < plan_.parallel) next = std::min(next, retries_.top().at);
  if (plan_.mode == Mode::Closed && open_ < plan_.parallel && begun_ < plan_.count) next = now;
  return next <= now ? 0 : static_cast<int>((next - now + 999'999) / 1'000'000);
}

void Clients::report(Nanoseconds took) {
  std::sort(microseconds_.begin(), microseconds_.end());
  auto quantile = [&](double share) {
    if (microseconds_.empty()) return 0u;
    auto last = microseconds_.size() - 1;
    return microseconds_[std::min(last, static_cast<size_t>(share * static_cast<double>(microseconds_.size())))];
  };
  std::printf(
      "{\"seconds\": %.6f, \"served\": %u, \"held\": %u, \"given_up\": %u, \"refused\": %u, \"timed_out\": %u, "
      "\"most_open\": %u, \"most_attempts\": %u, \"median_us\": %u, \"p99_us\": %u, \"longest_us\": %u}\n",
      static_cast<double>(took) / kSecond, served_, held_, given_up_, refused_, timed_out_, most_open_, most_attempts_,
      quantile(0.5), quantile(0.99), quantile(1));
  std::fflush(stdout);
}

}  // namespace

Result<void> run(const Plan& plan) {
  Clients clients(plan);
  return clients.run();
}

}  // namespace ck::load
