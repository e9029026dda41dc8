// SPDX-License-Identifier: MIT
// The sockets of the Directory's DNS questions: one for each message sent, connected to the server that it goes to,
// closed once the answer is there. None is bound, so the kernel draws each a port of its own from the ephemeral range
// at random (RFC 5452 9.2). The few kilobytes that an answer over TCP takes are held while it is awaited.
#pragma once

#include <array>
#include <functional>
#include <memory>

#include "engine/gateway/directory.h"
#include "engine/resolver/tcp_exchange.h"
#include "sys/event_loop.h"
#include "sys/socket.h"
#include "sys/unique_fd.h"

namespace ck::gatewayd {

class NameClient {
 public:
  // `changed` is called after an answer has changed the directory. All outlive this.
  NameClient(sys::EventLoop& loop, gateway::Directory& directory, std::function<void()> changed)
      : loop_(loop), directory_(directory), changed_(std::move(changed)) {}

  // Sends what is due. Call when something has changed and at directory.deadline().
  void run(TimePoint now);

 private:
  struct Socket {
    std::unique_ptr<resolver::TcpExchange> exchange;  // of a question over TCP
    sys::UniqueFd fd;
    sys::Watch watch;
    void close();
  };
  Result<void> send(const gateway::QueryToSend& query);
  Result<void> send_udp(const gateway::QueryToSend& query, const sys::SocketAddress& server);
  Result<void> send_tcp(const gateway::QueryToSend& query, const sys::SocketAddress& server);
  void receive(size_t slot);
  void progress(size_t slot);
  Result<void> move_bytes(Socket& socket);
  void take(size_t slot, Bytes message);
  void give_up(size_t slot, std::string_view error);

  sys::EventLoop& loop_;
  gateway::Directory& directory_;
  std::function<void()> changed_;
  std::array<Socket, gateway::kQuerySlots> sockets_;
};

}  // namespace ck::gatewayd
