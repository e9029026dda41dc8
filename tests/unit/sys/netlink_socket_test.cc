// SPDX-License-Identifier: MIT
// What a netlink socket says in the real kernel when more came than it could hold: links in a network namespace of the
// test's own thread. Needs root.
#include "sys/netlink_socket.h"

#include <gtest/gtest.h>
#include <linux/netlink.h>
#include <sched.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "wire/netlink/constants.h"
#include "wire/netlink/message.h"
#include "wire/netlink/values.h"

namespace ck::sys {
namespace {

// A namespace belongs to a thread: the rest of the test program keeps its own.
void in_namespace(const std::function<void()>& body) {
  if (::geteuid() != 0) GTEST_SKIP() << "network namespaces need root";
  std::thread thread([&] {
    ASSERT_EQ(::unshare(CLONE_NEWNET), 0);
    ASSERT_EQ(std::system("ip link add near type veth peer name far"), 0);
    body();
  });
  thread.join();
}

// One notification each: the MTU is the number that tells them apart.
void set_mtus(unsigned first, unsigned last) {
  std::string command = "for mtu in $(seq " + std::to_string(first) + " " + std::to_string(last) +
                        "); do echo link set near mtu $mtu; done | ip -batch -";
  ASSERT_EQ(std::system(command.c_str()), 0);
}

// The MTUs of all that can be read until the socket says something else, and that.
struct Heard {
  std::vector<uint32_t> mtus;
  Error end;
};
Heard listen(NetlinkSocket& socket) {
  static std::array<uint8_t, 32 * 1024> buffer;
  Heard heard{};
  for (;;) {
    auto datagram = socket.receive(buffer);
    if (!datagram) {
      heard.end = datagram.error();
      return heard;
    }
    netlink::MessageReader messages(*datagram);
    while (auto message = messages.next())
      if (auto link = netlink::parse_link(message->body)) heard.mtus.push_back(link->mtu);
  }
}

TEST(NetlinkSocket, AfterALossThatIsSaidWhatWasQueuedBeforeItIsReadAndThenWhatComes) {
  in_namespace([] {
    auto socket = NetlinkSocket::create(netlink::kGroupLink);
    ASSERT_TRUE(socket.has_value());
    set_mtus(2001, 2600);
    Heard loss = listen(*socket);
    EXPECT_EQ(loss.end.code, Code::Closed);
    EXPECT_EQ(loss.end.sys_errno, ENOBUFS);
    EXPECT_TRUE(loss.mtus.empty()) << "the loss is said first";

    Heard queued = listen(*socket);
    EXPECT_EQ(queued.end.sys_errno, EAGAIN) << "said once";
    ASSERT_GT(queued.mtus.size(), 8u);
    ASSERT_LT(queued.mtus.size(), 600u) << "nothing was lost";
    for (size_t i = 0; i < queued.mtus.size(); ++i) EXPECT_EQ(queued.mtus[i], 2001 + i) << "the oldest are kept";

    set_mtus(3001, 3002);
    EXPECT_EQ(listen(*socket).mtus, (std::vector<uint32_t>{3001, 3002}));
  });
}

TEST(NetlinkSocket, ADatagramThatDoesNotFitIsALossToo) {
  in_namespace([] {
    auto socket = NetlinkSocket::create(netlink::kGroupLink);
    ASSERT_TRUE(socket.has_value());
    set_mtus(2001, 2002);
    std::array<uint8_t, 64> small;
    auto datagram = socket->receive(small);
    ASSERT_FALSE(datagram.has_value());
    EXPECT_EQ(datagram.error().code, Code::Closed);
    EXPECT_EQ(listen(*socket).mtus, std::vector<uint32_t>{2002});
  });
}

TEST(NetlinkSocket, WhatIsNotTheKernelsIsPassedOver) {
  in_namespace([] {
    auto socket = NetlinkSocket::create(netlink::kGroupLink);
    ASSERT_TRUE(socket.has_value());
    sockaddr_nl address{};
    socklen_t size = sizeof(address);
    ASSERT_EQ(::getsockname(socket->fd(), reinterpret_cast<sockaddr*>(&address), &size), 0);
    UniqueFd stranger(::socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_ROUTE));
    address.nl_groups = 0;
    nlmsghdr message{.nlmsg_len = sizeof(message), .nlmsg_type = netlink::kDone, .nlmsg_flags = 0};
    ASSERT_EQ(::sendto(stranger.get(), &message, sizeof(message), 0, reinterpret_cast<sockaddr*>(&address), size),
              static_cast<ssize_t>(sizeof(message)));
    set_mtus(2001, 2001);
    static std::array<uint8_t, 32 * 1024> buffer;
    auto datagram = socket->receive(buffer);
    ASSERT_TRUE(datagram.has_value());
    netlink::MessageReader messages(*datagram);
    auto first = messages.next();
    ASSERT_TRUE(first.has_value());
    EXPECT_EQ(first->type, netlink::kNewLink);
    EXPECT_EQ(listen(*socket).end.sys_errno, EAGAIN);
  });
}

}  // namespace
}  // namespace ck::sys
