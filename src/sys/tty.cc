// SPDX-License-Identifier: MIT
#include "sys/tty.h"

#include <sys/ioctl.h>
#include <termios.h>

#include "base/text.h"
#include "sys/errno.h"
#include "sys/file.h"

namespace ck::sys {

namespace {

bool is_virtual_terminal(std::string_view name) {
  return name.starts_with("tty") && parse_u32(name.substr(3)).has_value();
}

}  // namespace

void parse_consoles(std::string_view text, ConsoleDevices& devices) {
  // "ttyS0                -W- (EC   a)    4:64"; one without major:minor at the end has no device.
  Splitter lines(text, '\n');
  while (auto line = lines.next()) {
    std::string_view name = line->substr(0, line->find(' '));
    size_t last = line->find_last_of(' ');
    if (name.empty() || last == std::string_view::npos || line->find(':', last) == std::string_view::npos) continue;
    (void)add_console(name, devices);
  }
}

bool add_console(std::string_view name, ConsoleDevices& devices) {
  ConsoleDevice device;
  device.path.append("/dev/");
  device.kind = is_virtual_terminal(name) ? TerminalKind::VirtualTerminal : TerminalKind::Serial;
  bool fits = device.path.append(name == "tty0" ? std::string_view("tty1") : name) && device.path.append('\0');
  if (!fits || name.find('/') != std::string_view::npos) return false;
  for (const ConsoleDevice& other : devices)
    if (other == device) return true;
  return devices.push_back(device);
}

Result<void> list_consoles(ConsoleDevices& devices) {
  char buffer[1024];
  parse_consoles(CK_TRY(read_file("/proc/consoles", buffer)), devices);
  return {};
}

Result<UniqueFd> open_terminal(const char* path) {
  auto fd = CK_TRY(open_file(path, O_RDWR | O_NOCTTY | O_NONBLOCK));
  termios settings{};
  if (::tcgetattr(fd.get(), &settings) != 0) return last_error("tcgetattr");
  settings.c_iflag &= static_cast<tcflag_t>(~(IXON | IXOFF | ICRNL | INLCR | IGNCR | ISTRIP | INPCK | PARMRK));
  settings.c_iflag |= IGNBRK;
  settings.c_oflag &= static_cast<tcflag_t>(~OPOST);
  settings.c_lflag &= static_cast<tcflag_t>(~(ECHO | ECHONL | ICANON | ISIG | IEXTEN));
  settings.c_cflag |= CLOCAL | CREAD;  // carrier loss on the line is not the end of the console
  settings.c_cc[VMIN] = 1;
  settings.c_cc[VTIME] = 0;
  if (::tcsetattr(fd.get(), TCSANOW, &settings) != 0) return last_error("tcsetattr");
  return fd;
}

TerminalSize terminal_size(int fd) {
  winsize size{};
  if (::ioctl(fd, TIOCGWINSZ, &size) != 0) return {};
  return {size.ws_col, size.ws_row};
}

void discard_output(int fd) { (void)::tcflush(fd, TCOFLUSH); }

}  // namespace ck::sys
