// SPDX-License-Identifier: MIT
#include "app/gatewayd/name_client.h"

#include "sys/clock.h"
#include "sys/errno.h"
#include "sys/udp_client.h"

namespace ck::gatewayd {

void NameClient::run(TimePoint now) {
  std::array<uint8_t, dns::kMaxQuery> buffer;
  while (auto query = directory_.next_query(buffer, now)) {
    auto sent = send(*query);
    if (!sent) directory_.send_failed(query->slot, sys::errno_text(sent.error().sys_errno), now);
  }
  for (size_t slot = 0; slot < sockets_.size(); ++slot) {
    Socket& socket = sockets_[slot];
    if (!socket.fd.is_open() || directory_.waits(slot)) continue;
    socket.watch.stop();
    socket.fd.reset();
  }
}

Result<void> NameClient::send(const gateway::QueryToSend& query) {
  Socket& socket = sockets_[query.slot];
  socket.watch.stop();
  socket.fd =
      CK_TRY(sys::connect_udp({.address = query.server.address, .port = dns::kPort, .scope = query.server.scope}));
  size_t slot = query.slot;
  CK_TRY(socket.watch.start(loop_, socket.fd.get(), {.readable = true}, [this, slot](sys::Events) { receive(slot); }));
  (void)CK_TRY(sys::send_some(socket.fd.get(), query.datagram));
  return {};
}

void NameClient::receive(size_t slot) {
  std::array<uint8_t, dns::kMaxMessage> buffer;
  auto count = sys::receive_some(sockets_[slot].fd.get(), buffer);
  TimePoint now = sys::now();
  if (!count) {
    // ICMP says that nobody listens there.
    if (!sys::would_block(count.error())) directory_.send_failed(slot, sys::errno_text(count.error().sys_errno), now);
    run(now);
    changed_();
    return;
  }
  bool changed = directory_.received(slot, Bytes(buffer).first(*count), now);
  run(now);
  if (changed) changed_();
}

}  // namespace ck::gatewayd
