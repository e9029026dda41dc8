// SPDX-License-Identifier: MIT
// The sockets of the Directory's DNS questions: one for each datagram sent, connected to the server that it goes to,
// closed once the answer is there.
#pragma once

#include <array>
#include <functional>

#include "engine/gateway/directory.h"
#include "sys/event_loop.h"
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
    sys::UniqueFd fd;
    sys::Watch watch;
  };
  Result<void> send(const gateway::QueryToSend& query);
  void receive(size_t slot);

  sys::EventLoop& loop_;
  gateway::Directory& directory_;
  std::function<void()> changed_;
  std::array<Socket, gateway::kQuerySlots> sockets_;
};

}  // namespace ck::gatewayd
