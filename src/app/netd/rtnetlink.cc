// SPDX-License-Identifier: MIT
#include "app/netd/rtnetlink.h"

namespace ck::netd {

Result<Rtnetlink> Rtnetlink::create() { return Rtnetlink(CK_TRY(sys::NetlinkSocket::create(0))); }

Result<void> Rtnetlink::change(MutableBytes request) {
  if (request.empty()) return fail(Code::OutOfRange, "netlink request");
  uint32_t sequence = ++sequence_;
  netlink::set_sequence(request, sequence);
  CK_TRY(socket_.send(request));
  uint8_t buffer[1024];  // an error message repeats the request, which is short
  for (;;) {
    Bytes datagram = CK_TRY(socket_.receive(buffer));
    netlink::MessageReader messages(datagram);
    while (auto message = messages.next()) {
      auto number = netlink::error_number(*message);
      if (message->sequence != sequence || !number) continue;
      if (*number != 0) return fail(Code::System, "netlink change", *number);
      return {};
    }
  }
}

}  // namespace ck::netd
