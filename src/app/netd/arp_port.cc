// SPDX-License-Identifier: MIT
#include "app/netd/arp_port.h"

#include <utility>

#include "sys/log.h"

namespace ck::netd {

namespace {

constexpr unsigned kPacketsPerTurn = 16;
constexpr size_t kPacketBuffer = 64;  // what follows the packet is padding, and may be cut off

}  // namespace

Result<void> ArpPort::start(sys::EventLoop& loop, uint32_t link, OnPacket on_packet, OnTime on_time) {
  loop_ = &loop;
  link_ = link;
  on_packet_ = std::move(on_packet);
  return timer_.start(loop, std::move(on_time));
}

void ArpPort::guard(Ipv4Address address, const MacAddress& own, std::string_view link_name) {
  if (!socket_) {
    auto socket = sys::ArpSocket::create(link_);
    if (!socket) return sys::log_error({link_name, ": ARP"}, socket.error());
    socket_ = std::move(*socket);
    auto watched = watch_.start(*loop_, socket_->fd(), {.readable = true}, [this](sys::Events) { receive(); });
    if (!watched) sys::log_error({link_name, ": ARP"}, watched.error());
  }
  auto guarded = socket_->guard(address, own);
  if (!guarded) sys::log_error({link_name, ": ARP"}, guarded.error());
}

void ArpPort::send(const arp::Packet& packet, std::string_view link_name) {
  if (!socket_) return;  // opening it failed, and said so
  uint8_t buffer[arp::kPacketSize];
  auto bytes = arp::write_packet(packet, buffer);
  if (!bytes) return sys::log_error({link_name, ": ARP"}, bytes.error());
  auto sent = socket_->send(*bytes);
  if (!sent) sys::log_error({link_name, ": ARP"}, sent.error());
}

void ArpPort::receive() {
  for (unsigned count = 0; count < kPacketsPerTurn; ++count) {
    uint8_t buffer[kPacketBuffer];
    auto bytes = socket_->receive(buffer);
    if (!bytes) return;  // none left, or the link went down: netlink tells
    if (auto packet = arp::parse_packet(*bytes)) on_packet_(*packet);
  }
}

}  // namespace ck::netd
