// SPDX-License-Identifier: MIT
#include "upstream.h"

#include <sys/epoll.h>
#include <unistd.h>

#include <vector>

#include "rpc.h"
#include "sys/errno.h"
#include "sys/random.h"
#include "sys/tcp.h"

namespace ck::load {

namespace {

constexpr int kBacklog = 4096;
constexpr size_t kBatch = 256;

struct Connection {
  sys::UniqueFd fd;
  std::array<uint8_t, kLargest> buffer;
  size_t filled = 0;
  uint32_t group = 0;
};

class Upstream {
 public:
  Result<void> run(uint16_t port) {
    epoll_ = sys::UniqueFd(::epoll_create1(EPOLL_CLOEXEC));
    if (!epoll_.is_open()) return sys::last_error("epoll");
    listener_ = CK_TRY(sys::listen_tcp({.address = Ipv6Address{}, .port = port}, kBacklog));
    CK_TRY(watch(listener_.get()));
    (void)!::write(STDOUT_FILENO, "listening\n", 10);
    std::array<epoll_event, kBatch> events;
    for (;;) {
      int count = sys::retry([&] { return ::epoll_wait(epoll_.get(), events.data(), events.size(), -1); });
      if (count < 0) return sys::last_error("epoll_wait");
      for (size_t i = 0; i < static_cast<size_t>(count); ++i) {
        int fd = events[i].data.fd;
        if (fd == listener_.get()) {
          CK_TRY(accept());
        } else if (!answer(connections_[static_cast<size_t>(fd)])) {
          connections_[static_cast<size_t>(fd)].fd.reset();
        }
      }
    }
  }

 private:
  Result<void> watch(int fd) {
    epoll_event event{.events = EPOLLIN, .data = {.fd = fd}};
    if (::epoll_ctl(epoll_.get(), EPOLL_CTL_ADD, fd, &event) != 0) return sys::last_error("epoll_ctl");
    return {};
  }

  Result<void> accept() {
    for (size_t i = 0; i < kBatch; ++i) {
      auto accepted = sys::accept_tcp(listener_.get());
      if (!accepted) {
        if (sys::would_block(accepted.error()) || accepted.error().sys_errno == ECONNABORTED) return {};
        return std::unexpected(accepted.error());
      }
      auto slot = static_cast<size_t>(accepted->fd.get());
      if (connections_.size() <= slot) connections_.resize(slot + 1);
      connections_[slot].fd = std::move(accepted->fd);
      connections_[slot].filled = 0;
      connections_[slot].group = ++groups_;
      CK_TRY(watch(static_cast<int>(slot)));
    }
    return {};
  }

  // False when the connection is to be closed.
  bool answer(Connection& connection) {
    auto count = sys::receive_some(connection.fd.get(), MutableBytes(connection.buffer).subspan(connection.filled));
    if (!count) return sys::would_block(count.error());
    if (*count == 0) return false;
    connection.filled += *count;
    Pdu pdu;
    Framing framing = frame(Bytes(connection.buffer).first(connection.filled), pdu);
    if (framing != Framing::Whole) return framing == Framing::Partial;
    connection.filled = 0;
    std::array<uint8_t, kLargest> buffer;
    Bytes reply;
    if (pdu.type == kBind) {
      reply = write_bind_ack(buffer, pdu.call_id, connection.group);
    } else if (pdu.type == kRequest && pdu.length >= kCallHeader) {
      reply = write_call(buffer, kResponse, pdu.call_id, pdu.length - kCallHeader, random_);
    } else {
      return false;
    }
    auto sent = sys::send_some(connection.fd.get(), reply);
    return sent && *sent == reply.size();  // so little always fits an idle socket's buffer
  }

  sys::UniqueFd epoll_;
  sys::UniqueFd listener_;
  std::vector<Connection> connections_;  // by descriptor
  SeededRandom random_{sys::KernelRandom().next()};
  uint32_t groups_ = 0;
};

}  // namespace

Result<void> serve(uint16_t port) {
  Upstream upstream;
  return upstream.run(port);
}

}  // namespace ck::load
