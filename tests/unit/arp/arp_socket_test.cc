// SPDX-License-Identifier: MIT
// The socket's filter in the real kernel: a veth pair in a network namespace of the test's own thread. Needs root.
#include "sys/arp_socket.h"

#include <gtest/gtest.h>
#include <net/if.h>
#include <poll.h>
#include <sched.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <functional>
#include <optional>
#include <thread>

#include "wire/arp/packet.h"

namespace ck::sys {
namespace {

constexpr MacAddress kOwn{{2, 0, 0, 0, 0, 1}};
constexpr MacAddress kOther{{2, 0, 0, 0, 0, 2}};
constexpr Ipv4Address kAddress{0xc000026b};
constexpr Ipv4Address kElsewhere{0xc000026c};

// A namespace belongs to a thread: the rest of the test program keeps its own.
void in_namespace(const std::function<void(uint32_t near, uint32_t far)>& body) {
  if (::geteuid() != 0) GTEST_SKIP() << "network namespaces need root";
  std::thread thread([&] {
    ASSERT_EQ(::unshare(CLONE_NEWNET), 0);
    ASSERT_EQ(std::system("ip link add near type veth peer name far && ip link set near up && ip link set far up"), 0);
    body(::if_nametoindex("near"), ::if_nametoindex("far"));
  });
  thread.join();
}

void send(ArpSocket& socket, const arp::Packet& packet) {
  std::array<uint8_t, arp::kPacketSize> buffer;
  auto bytes = arp::write_packet(packet, buffer);
  ASSERT_TRUE(bytes.has_value());
  auto sent = socket.send(*bytes);
  ASSERT_TRUE(sent.has_value()) << sent.error().what << " " << sent.error().sys_errno;
}

std::optional<arp::Packet> next(ArpSocket& socket) {
  pollfd poll{.fd = socket.fd(), .events = POLLIN, .revents = 0};
  if (::poll(&poll, 1, 10'000) != 1) return std::nullopt;
  std::array<uint8_t, 64> buffer;
  auto bytes = socket.receive(buffer);
  if (!bytes) return std::nullopt;
  auto packet = arp::parse_packet(*bytes);
  return packet ? std::optional(*packet) : std::nullopt;
}

TEST(ArpSocket, OnlyWhatCouldBeAConflictComesIn) {
  in_namespace([](uint32_t near, uint32_t far) {
    auto ours = ArpSocket::create(near);
    auto theirs = ArpSocket::create(far);
    ASSERT_TRUE(ours.has_value() && theirs.has_value());
    ASSERT_TRUE(ours->guard(kAddress, kOwn).has_value());
    const arp::Packet probe = arp::probe(kOther, kAddress);
    const arp::Packet heard[] = {
        probe,
        arp::announcement(kOther, kAddress),
        {arp::Operation::Reply, kOther, kAddress, kOwn, kAddress},
        {arp::Operation::Request, kOther, kAddress, {}, kElsewhere},
        arp::announcement({{2, 0, 0, 0, 0, 9}}, kAddress),
        arp::announcement({{4, 0, 0, 0, 0, 1}}, kAddress),  // only the first octets differ
    };
    const arp::Packet unheard[] = {
        arp::announcement(kOwn, kAddress),
        arp::probe(kOwn, kAddress),
        arp::announcement(kOther, kElsewhere),
        arp::probe(kOther, kElsewhere),
        {arp::Operation::Request, kOther, kElsewhere, {}, kAddress},  // somebody looks for us
    };
    for (const arp::Packet& packet : heard) {
      for (const arp::Packet& other : unheard) send(*theirs, other);
      send(*theirs, packet);
      EXPECT_EQ(next(*ours), packet) << to_text(packet.sender_mac).view();
    }
  });
}

TEST(ArpSocket, NothingEntersBeforeThereIsSomethingToGuard) {
  in_namespace([](uint32_t near, uint32_t far) {
    auto ours = ArpSocket::create(near);
    auto theirs = ArpSocket::create(far);
    auto witness = ArpSocket::create(near);
    ASSERT_TRUE(ours.has_value() && theirs.has_value() && witness.has_value());
    ASSERT_TRUE(witness->guard(kAddress, kOwn).has_value());
    send(*theirs, arp::announcement(kOther, kAddress));
    ASSERT_TRUE(next(*witness).has_value());
    std::array<uint8_t, 64> buffer;
    auto bytes = ours->receive(buffer);
    ASSERT_FALSE(bytes.has_value());
    EXPECT_EQ(bytes.error().sys_errno, EAGAIN);
  });
}

TEST(ArpSocket, ANewAddressTakesThePlaceOfTheFormer) {
  in_namespace([](uint32_t near, uint32_t far) {
    auto ours = ArpSocket::create(near);
    auto theirs = ArpSocket::create(far);
    auto witness = ArpSocket::create(near);
    ASSERT_TRUE(ours.has_value() && theirs.has_value() && witness.has_value());
    ASSERT_TRUE(ours->guard(kAddress, kOwn).has_value());
    ASSERT_TRUE(witness->guard(kAddress, kOwn).has_value());
    send(*theirs, arp::announcement(kOther, kAddress));
    ASSERT_TRUE(next(*witness).has_value());
    ASSERT_TRUE(ours->guard(kElsewhere, kOwn).has_value());
    send(*theirs, arp::announcement(kOther, kAddress));
    send(*theirs, arp::announcement(kOther, kElsewhere));
    EXPECT_EQ(next(*ours), arp::announcement(kOther, kElsewhere));
  });
}

TEST(ArpSocket, ALinkThatIsNotThereIsAnError) {
  in_namespace([](uint32_t, uint32_t) { EXPECT_FALSE(ArpSocket::create(4711).has_value()); });
}

}  // namespace
}  // namespace ck::sys
