// SPDX-License-Identifier: MIT
#include "sys/notify_socket.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

#include "sys/notify.h"

namespace ck::sys {
namespace {

TEST(NotifySocket, TellsWhoSentWhat) {
  std::string path = "/tmp/corekms-notify-" + std::to_string(::getpid());
  auto socket = NotifySocket::create(path.c_str());
  ASSERT_TRUE(socket);
  char buffer[64];
  EXPECT_FALSE(socket->receive(buffer)) << "nothing yet, and no waiting for it";

  ASSERT_EQ(::setenv("NOTIFY_SOCKET", path.c_str(), 1), 0);
  EXPECT_TRUE(notify("READY=1\nSTATUS=here"));
  EXPECT_TRUE(notify(std::string(200, 'x')));
  ASSERT_EQ(::unsetenv("NOTIFY_SOCKET"), 0);
  EXPECT_TRUE(notify("READY=1")) << "without the variable it does nothing";

  auto message = socket->receive(buffer);
  ASSERT_TRUE(message);
  EXPECT_EQ(message->pid, ::getpid());
  EXPECT_EQ(message->uid, ::getuid());
  EXPECT_EQ(message->text, "READY=1\nSTATUS=here");
  message = socket->receive(buffer);
  ASSERT_TRUE(message);
  EXPECT_EQ(message->text.size(), sizeof(buffer)) << "cut";
  EXPECT_FALSE(socket->receive(buffer));
  (void)::unlink(path.c_str());
}

TEST(NotifySocket, APathThatIsTooLongIsAnError) {
  EXPECT_FALSE(NotifySocket::create(("/tmp/" + std::string(200, 'x')).c_str()));
}

}  // namespace
}  // namespace ck::sys
