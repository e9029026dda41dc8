// SPDX-License-Identifier: MIT
#include "sys/tty.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <string>
#include <vector>

#include "sys/file.h"

namespace ck::sys {
namespace {

std::vector<std::string> paths(std::string_view text) {
  ConsoleDevices devices;
  parse_consoles(text, devices);
  std::vector<std::string> all;
  for (const ConsoleDevice& device : devices)
    all.push_back(std::string(device.path.view().data()) + (device.kind == TerminalKind::VirtualTerminal ? " vt" : ""));
  return all;
}

TEST(ParseConsoles, TakesThoseThatHaveADevice) {
  EXPECT_EQ(paths("tty0                 -WU (EC  p  )    4:1\n"
                  "ttyS0                -W- (E   p a)    4:64\n"
                  "hvc0                 -W- (E  p  )  229:0\n"
                  "netcon0              -W- (E     )\n"
                  "ttynull0             --- (E     )\n"),
            (std::vector<std::string>{"/dev/tty1 vt", "/dev/ttyS0", "/dev/hvc0"}));
}

TEST(AddConsole, ByItsNameAndOnce) {
  ConsoleDevices devices;
  EXPECT_TRUE(add_console("ttyS0", devices));
  EXPECT_TRUE(add_console("ttyS0", devices));
  EXPECT_TRUE(add_console("tty2", devices));
  ASSERT_EQ(devices.size(), 2u);
  EXPECT_STREQ(devices[0].path.view().data(), "/dev/ttyS0");
  EXPECT_EQ(devices[1].kind, TerminalKind::VirtualTerminal);
  EXPECT_FALSE(add_console("../mem", devices));
  EXPECT_FALSE(add_console(std::string(40, 'x'), devices));
  for (char digit = '1'; digit <= '4'; ++digit) EXPECT_TRUE(add_console(std::string("ttyS") + digit, devices));
  EXPECT_FALSE(add_console("hvc0", devices));
}

TEST(ParseConsoles, TheSameDeviceOnceAndNoPathsOutOfDev) {
  EXPECT_EQ(paths("tty0 -WU (E)    4:1\ntty1 -WU (E)    4:1\n../etc/x -WU (E)  4:1\n\n \n"),
            (std::vector<std::string>{"/dev/tty1 vt"}));
  std::string many;
  for (int i = 0; i < 20; ++i) many += "ttyS" + std::to_string(i) + " -W- (E) 4:" + std::to_string(64 + i) + "\n";
  EXPECT_EQ(paths(many).size(), ConsoleDevices::capacity());
}

TEST(OpenTerminal, IsRawSilentAndNonBlocking) {
  int master = ::posix_openpt(O_RDWR | O_NOCTTY);
  if (master < 0) GTEST_SKIP() << "no pseudo terminals here";
  UniqueFd owner(master);
  ASSERT_EQ(::grantpt(master), 0);
  ASSERT_EQ(::unlockpt(master), 0);
  auto terminal = open_terminal(::ptsname(master));
  ASSERT_TRUE(terminal);
  uint8_t buffer[64];
  auto nothing = read_some(terminal->get(), buffer);
  ASSERT_FALSE(nothing);
  EXPECT_EQ(nothing.error().sys_errno, EAGAIN);

  ASSERT_TRUE(write_all(master, as_bytes("x\r\x03\x13")));  // a key, Enter, Ctrl-C, Ctrl-S
  auto keys = read_some(terminal->get(), buffer);
  ASSERT_TRUE(keys);
  EXPECT_EQ(as_text(Bytes(buffer, *keys)), "x\r\x03\x13")
      << "no line editing, no signals, no flow control, no translation";
  ASSERT_TRUE(write_all(terminal->get(), as_bytes("out\n")));
  auto out = read_some(master, buffer);
  ASSERT_TRUE(out);
  EXPECT_EQ(as_text(Bytes(buffer, *out)), "out\n") << "no echo before it, no carriage return in it";
}

TEST(OpenTerminal, WhatIsNoTerminalIsAnError) {
  EXPECT_FALSE(open_terminal("/dev/null"));
  EXPECT_FALSE(open_terminal("/nonexistent"));
}

}  // namespace
}  // namespace ck::sys
