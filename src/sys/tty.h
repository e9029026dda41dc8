// SPDX-License-Identifier: MIT
// Terminals: which consoles the kernel has, and how to open one for a screen: non-blocking, never as the controlling
// terminal, no echo, no line editing, no flow control that a stray key could start.
#pragma once

#include <cstdint>

#include "base/fixed.h"
#include "base/result.h"
#include "sys/unique_fd.h"

namespace ck::sys {

enum class TerminalKind : uint8_t { Serial, VirtualTerminal };

struct ConsoleDevice {
  FixedString<32> path;  // NUL-terminated within: path.view().data()
  TerminalKind kind = TerminalKind::Serial;
  friend bool operator==(const ConsoleDevice&, const ConsoleDevice&) = default;
};
using ConsoleDevices = FixedVector<ConsoleDevice, 6>;

// The devices of /proc/consoles; the virtual terminal is /dev/tty1 whichever of them is in front. Errors: System.
Result<void> list_consoles(ConsoleDevices& devices);
// The same from the text of that file.
void parse_consoles(std::string_view text, ConsoleDevices& devices);
// Adds one by its name in /dev, unless it is there already. False: it does not fit.
bool add_console(std::string_view name, ConsoleDevices& devices);

// Errors: System.
Result<UniqueFd> open_terminal(const char* path);

struct TerminalSize {
  uint16_t columns = 0;  // 0: the device does not know
  uint16_t rows = 0;
};
TerminalSize terminal_size(int fd);

// Throws away what was written and not yet sent.
void discard_output(int fd);

}  // namespace ck::sys
