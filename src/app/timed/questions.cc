// SPDX-License-Identifier: MIT
#include "app/timed/questions.h"

#include "sys/errno.h"
#include "sys/udp_client.h"
#include "wire/dns/message.h"

namespace ck::timed {

Result<void> Questions::send(size_t slot, const sys::SocketAddress& to, Bytes message) {
  close(slot);
  Socket& socket = sockets_[slot];
  socket.fd = CK_TRY(sys::connect_udp(to));
  CK_TRY(socket.watch.start(loop_, socket.fd.get(), {.readable = true}, [this, slot](sys::Events) { receive(slot); }));
  (void)CK_TRY(sys::send_some(socket.fd.get(), message));
  return {};
}

void Questions::close(size_t slot) {
  sockets_[slot].watch.stop();
  sockets_[slot].fd.reset();
}

void Questions::receive(size_t slot) {
  std::array<uint8_t, dns::kMaxMessage> buffer;
  auto count = sys::receive_some(sockets_[slot].fd.get(), buffer);
  if (count) {
    calls_.answered(slot, Bytes(buffer).first(*count));
  } else if (!sys::would_block(count.error())) {
    close(slot);
    calls_.failed(slot, sys::errno_text(count.error().sys_errno));
  }
}

}  // namespace ck::timed
