// SPDX-License-Identifier: MIT
#include "sys/local_client.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>

#include "sys/socket.h"

namespace ck::sys {
namespace {

std::string path_of(const char* name) { return testing::TempDir() + "ck-" + std::to_string(::getpid()) + "-" + name; }

UniqueFd listen_at(const std::string& path) {
  UniqueFd fd(::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, path.c_str(), path.size() + 1);
  EXPECT_EQ(::bind(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
  EXPECT_EQ(::listen(fd.get(), 0), 0);
  return fd;
}

TEST(LocalClient, TalksToWhoListens) {
  std::string path = path_of("listens");
  UniqueFd listener = listen_at(path);
  auto client = connect_local(path.c_str());
  ASSERT_TRUE(client);
  UniqueFd server(::accept(listener.get(), nullptr, nullptr));
  EXPECT_EQ(send_some(client->get(), as_bytes("since=1\n")), 8u);
  std::array<uint8_t, 16> buffer;
  EXPECT_EQ(receive_some(server.get(), buffer), 8u);
  EXPECT_EQ(receive_some(client->get(), buffer).error().sys_errno, EAGAIN);  // it does not wait
  ::unlink(path.c_str());
}

TEST(LocalClient, SaysWhyNot) {
  std::string path = path_of("gone");
  EXPECT_EQ(connect_local(path.c_str()).error().sys_errno, ENOENT);
  listen_at(path).reset();
  EXPECT_EQ(connect_local(path.c_str()).error().sys_errno, ECONNREFUSED);
  ::unlink(path.c_str());
  EXPECT_EQ(connect_local(std::string(200, 'x').c_str()).error().code, Code::OutOfRange);
}

}  // namespace
}  // namespace ck::sys
