// SPDX-License-Identifier: MIT
// Conversations with rtnetlink: a whole dump, and one change with its answer. Both are answered by the kernel within
// the calls themselves, so nothing here waits for anybody.
#pragma once

#include "base/result.h"
#include "sys/netlink_socket.h"
#include "wire/netlink/constants.h"
#include "wire/netlink/message.h"
#include "wire/netlink/requests.h"

namespace ck::netd {

// Datagrams of a dump are up to 32 KiB when the reader has room for that much.
inline constexpr size_t kNetlinkBuffer = 32 * 1024;

class Rtnetlink {
 public:
  // Errors: System.
  static Result<Rtnetlink> create();

  // Calls visit(message) for every row. Errors: System; Busy when the table changed meanwhile and rows may be missing.
  template <typename Visit>
  Result<void> dump(netlink::Table table, MutableBytes buffer, Visit visit) {
    auto socket = CK_TRY(sys::NetlinkSocket::create(0));
    uint8_t request[netlink::kRequestSize];
    CK_TRY(socket.send(netlink::request_dump(table, request)));
    bool interrupted = false;
    for (;;) {
      Bytes datagram = CK_TRY(socket.receive(buffer));
      netlink::MessageReader messages(datagram);
      while (auto message = messages.next()) {
        if ((message->flags & netlink::kFlagDumpInterrupted) != 0) interrupted = true;
        if (auto number = netlink::error_number(*message)) return fail(Code::System, "netlink dump", *number);
        if (message->type == netlink::kDone) {
          if (interrupted) return fail(Code::Busy, "netlink dump interrupted");
          return {};
        }
        visit(*message);
      }
    }
  }

  // Sends a request of wire/netlink/requests.h and takes the kernel's answer. Errors: System, with the kernel's number.
  Result<void> change(MutableBytes request);

 private:
  explicit Rtnetlink(sys::NetlinkSocket socket) : socket_(std::move(socket)) {}
  sys::NetlinkSocket socket_;
  uint32_t sequence_ = 0;
};

}  // namespace ck::netd
