// SPDX-License-Identifier: MIT
#include "sys/local_socket.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <array>
#include <string>

#include "sys/errno.h"
#include "sys/socket.h"

namespace ck::sys {
namespace {

UniqueFd connect_to(const std::string& path, int type) {
  UniqueFd fd(::socket(AF_UNIX, type | SOCK_CLOEXEC, 0));
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, path.size());
  EXPECT_EQ(::connect(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
  return fd;
}

unsigned mode_of(const std::string& path) {
  struct stat status{};
  EXPECT_EQ(::stat(path.c_str(), &status), 0);
  return status.st_mode & 0777;
}

TEST(LocalSocket, DatagramsComeWholeOrAreSaidToBeCut) {
  std::string path = "/tmp/corekms-datagrams-" + std::to_string(::getpid());
  auto first = bind_local_datagrams(path.c_str(), 0600);
  ASSERT_TRUE(first);
  auto socket = bind_local_datagrams(path.c_str(), 0666);
  ASSERT_TRUE(socket) << "what lies there is replaced";
  EXPECT_EQ(mode_of(path), 0666u);
  std::array<uint8_t, 8> buffer;
  auto none = receive_datagram(socket->get(), buffer);
  ASSERT_FALSE(none);
  EXPECT_TRUE(would_block(none.error()));
  UniqueFd sender = connect_to(path, SOCK_DGRAM);
  for (std::string_view text : {"12345678", "123456789", ""}) EXPECT_TRUE(send_some(sender.get(), as_bytes(text)));
  auto datagram = receive_datagram(socket->get(), buffer);
  ASSERT_TRUE(datagram);
  EXPECT_EQ(as_text(datagram->bytes), "12345678");
  EXPECT_FALSE(datagram->is_cut);
  datagram = receive_datagram(socket->get(), buffer);
  ASSERT_TRUE(datagram);
  EXPECT_EQ(as_text(datagram->bytes), "12345678");
  EXPECT_TRUE(datagram->is_cut);
  datagram = receive_datagram(socket->get(), buffer);
  ASSERT_TRUE(datagram) << "an empty one is one, too";
  EXPECT_TRUE(datagram->bytes.empty());
  (void)::unlink(path.c_str());
}

TEST(LocalSocket, ConnectionsAreAccepted) {
  std::string path = "/tmp/corekms-stream-" + std::to_string(::getpid());
  auto listener = listen_local(path.c_str(), 0660, 4);
  ASSERT_TRUE(listener);
  EXPECT_EQ(mode_of(path), 0660u);
  auto none = accept_local(listener->get());
  ASSERT_FALSE(none);
  EXPECT_TRUE(would_block(none.error()));
  UniqueFd client = connect_to(path, SOCK_STREAM);
  auto accepted = accept_local(listener->get());
  ASSERT_TRUE(accepted);
  EXPECT_TRUE(send_some(client.get(), as_bytes("hello")));
  std::array<uint8_t, 8> buffer;
  auto count = receive_some(accepted->get(), buffer);
  ASSERT_TRUE(count);
  EXPECT_EQ(as_text(Bytes(buffer).first(*count)), "hello");
  (void)::unlink(path.c_str());
}

TEST(LocalSocket, APathThatIsTooLongIsAnError) {
  std::string path = "/tmp/" + std::string(200, 'x');
  auto socket = bind_local_datagrams(path.c_str(), 0666);
  ASSERT_FALSE(socket);
  EXPECT_EQ(socket.error().code, Code::OutOfRange);
}

}  // namespace
}  // namespace ck::sys
