// SPDX-License-Identifier: MIT
#include "app/gatewayd/name_client.h"

#include "sys/clock.h"
#include "sys/errno.h"
#include "sys/tcp.h"
#include "sys/udp_client.h"

namespace ck::gatewayd {

void NameClient::Socket::close() {
  watch.stop();
  fd.reset();
  exchange.reset();
}

void NameClient::run(TimePoint now) {
  std::array<uint8_t, dns::kMaxQuery> buffer;
  while (auto query = directory_.next_query(buffer, now)) {
    auto sent = send(*query);
    if (sent) continue;
    sockets_[query->slot].close();
    directory_.send_failed(query->slot, sys::errno_text(sent.error().sys_errno), now);
  }
  for (size_t slot = 0; slot < sockets_.size(); ++slot)
    if (sockets_[slot].fd.is_open() && !directory_.waits(slot)) sockets_[slot].close();
}

Result<void> NameClient::send(const gateway::QueryToSend& query) {
  sockets_[query.slot].close();
  sys::SocketAddress server{.address = query.server.address, .port = dns::kPort, .scope = query.server.scope};
  switch (query.transport) {
    case resolver::Transport::Udp: return send_udp(query, server);
    case resolver::Transport::Tcp: return send_tcp(query, server);
  }
  return {};
}

Result<void> NameClient::send_udp(const gateway::QueryToSend& query, const sys::SocketAddress& server) {
  Socket& socket = sockets_[query.slot];
  socket.fd = CK_TRY(sys::connect_udp(server));
  size_t slot = query.slot;
  CK_TRY(socket.watch.start(loop_, socket.fd.get(), {.readable = true}, [this, slot](sys::Events) { receive(slot); }));
  (void)CK_TRY(sys::send_some(socket.fd.get(), query.message));
  return {};
}

Result<void> NameClient::send_tcp(const gateway::QueryToSend& query, const sys::SocketAddress& server) {
  Socket& socket = sockets_[query.slot];
  socket.fd = CK_TRY(sys::connect_tcp(server, {}));
  socket.exchange = std::make_unique<resolver::TcpExchange>(query.message);
  size_t slot = query.slot;
  return socket.watch.start(loop_, socket.fd.get(), {.writable = true}, [this, slot](sys::Events) { progress(slot); });
}

void NameClient::receive(size_t slot) {
  std::array<uint8_t, dns::kMaxMessage> buffer;
  auto count = sys::receive_some(sockets_[slot].fd.get(), buffer);
  if (count) {
    take(slot, Bytes(buffer).first(*count));
  } else if (!sys::would_block(count.error())) {
    give_up(slot, sys::errno_text(count.error().sys_errno));  // ICMP says that nobody listens there
  }
}

// A connection over TCP can be written to or read from, or is at its end.
void NameClient::progress(size_t slot) {
  Socket& socket = sockets_[slot];
  if (auto moved = move_bytes(socket); !moved) {
    int number = moved.error().sys_errno;
    give_up(slot, number != 0 ? sys::errno_text(number) : moved.error().what);
    return;
  }
  switch (socket.exchange->state()) {
    case resolver::TcpExchange::State::Open: break;
    case resolver::TcpExchange::State::Whole: take(slot, socket.exchange->answer()); break;
    case resolver::TcpExchange::State::TooLong: give_up(slot, "answer is too long"); break;
  }
}

// As far as it goes without waiting.
Result<void> NameClient::move_bytes(Socket& socket) {
  CK_TRY(sys::connect_result(socket.fd.get()));
  resolver::TcpExchange& exchange = *socket.exchange;
  while (!exchange.unsent().empty()) {
    auto count = sys::send_some(socket.fd.get(), exchange.unsent());
    if (!count && sys::would_block(count.error())) return {};
    exchange.sent(CK_TRY(count));
    if (exchange.unsent().empty()) CK_TRY(socket.watch.change({.readable = true}));
  }
  while (exchange.state() == resolver::TcpExchange::State::Open) {
    auto count = sys::receive_some(socket.fd.get(), exchange.room());
    if (!count && sys::would_block(count.error())) return {};
    exchange.received(CK_TRY(count));
    if (*count == 0) return fail(Code::Closed, "connection ended before the answer");
  }
  return {};
}

void NameClient::take(size_t slot, Bytes message) {
  TimePoint now = sys::now();
  bool changed = directory_.received(slot, message, now);
  run(now);
  if (changed) changed_();
}

void NameClient::give_up(size_t slot, std::string_view error) {
  TimePoint now = sys::now();
  sockets_[slot].close();
  directory_.send_failed(slot, error, now);
  run(now);
  changed_();
}

}  // namespace ck::gatewayd
