// SPDX-License-Identifier: MIT
#include "sys/udp_questions.h"

#include "sys/errno.h"
#include "sys/udp_client.h"

namespace ck::sys {

Result<void> UdpQuestions::send(size_t slot, const SocketAddress& to, Bytes message) {
  close(slot);
  Socket& socket = sockets_[slot];
  socket.fd = CK_TRY(connect_udp(to));
  CK_TRY(socket.watch.start(loop_, socket.fd.get(), {.readable = true}, [this, slot](Events) { receive(slot); }));
  (void)CK_TRY(send_some(socket.fd.get(), message));
  return {};
}

void UdpQuestions::close(size_t slot) {
  sockets_[slot].watch.stop();
  sockets_[slot].fd.reset();
}

void UdpQuestions::receive(size_t slot) {
  std::array<uint8_t, kLongestAnswer> buffer;
  auto count = receive_some(sockets_[slot].fd.get(), buffer);
  if (count) {
    calls_.answered(slot, Bytes(buffer).first(*count));
  } else if (!would_block(count.error())) {
    close(slot);
    calls_.failed(slot, errno_text(count.error().sys_errno));
  }
}

}  // namespace ck::sys
