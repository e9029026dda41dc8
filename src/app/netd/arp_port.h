// SPDX-License-Identifier: MIT
// What an engine that speaks ARP needs of the kernel: a socket that hears of one guarded address, and a timer.
// The socket opens with the first use and stays open, since closing a packet socket waits for the kernel's receive
// path.
#pragma once

#include <functional>
#include <optional>

#include "sys/arp_socket.h"
#include "sys/event_loop.h"
#include "wire/arp/packet.h"
#include "wire/netlink/values.h"

namespace ck::netd {

class ArpPort {
 public:
  using OnPacket = std::function<void(const arp::Packet&)>;
  using OnTime = std::function<void()>;

  // Errors: System. Once, before anything else.
  Result<void> start(sys::EventLoop& loop, uint32_t link, OnPacket on_packet, OnTime on_time);

  // Packets about this address come in from now on. Errors are logged: the address is then used unguarded.
  void guard(Ipv4Address address, const MacAddress& own, std::string_view link_name);
  void send(const arp::Packet& packet, std::string_view link_name);
  void arm(TimePoint at) { timer_.arm(at); }

 private:
  void receive();

  sys::EventLoop* loop_ = nullptr;
  uint32_t link_ = 0;
  OnPacket on_packet_;
  sys::Timer timer_;
  std::optional<sys::ArpSocket> socket_;
  sys::Watch watch_;
};

}  // namespace ck::netd
