// SPDX-License-Identifier: MIT
#include "flood.h"

#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <cstring>

#include "sys/clock.h"
#include "sys/errno.h"
#include "sys/unique_fd.h"

namespace ck::load {

namespace {

constexpr Duration kInterval = 5ms;  // between two bursts
constexpr uint32_t kBursts = 200;    // a second
constexpr char kLine[] = "<14>chatty[7]: a line of the length that programs write when they have much to say";

}  // namespace

Result<void> flood(const char* path, uint32_t lines_a_second) {
  sys::UniqueFd fd(::socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0));
  if (!fd.is_open()) return sys::last_error("socket");
  sockaddr_un address{.sun_family = AF_UNIX, .sun_path = {}};
  std::strncpy(address.sun_path, path, sizeof(address.sun_path) - 1);
  if (::connect(fd.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) != 0)
    return sys::last_error("connect");
  uint64_t taken = 0, refused = 0;
  TimePoint began = sys::now(), next = began;
  pollfd input{.fd = STDIN_FILENO, .events = POLLIN, .revents = 0};
  while (::poll(&input, 1, static_cast<int>(std::max<int64_t>((next - sys::now()).count(), 0))) == 0) {
    if (sys::now() < next) continue;
    for (uint32_t i = 0; i < lines_a_second / kBursts; ++i) {
      if (::send(fd.get(), kLine, sizeof(kLine) - 1, 0) > 0) {
        ++taken;
      } else if (errno == EAGAIN) {
        ++refused;
      } else {
        return sys::last_error("send");
      }
    }
    next = std::max<TimePoint>(next + kInterval, sys::now() - 100ms);
  }
  std::printf("{\"taken\": %llu, \"refused\": %llu, \"seconds\": %.3f}\n", static_cast<unsigned long long>(taken),
              static_cast<unsigned long long>(refused), static_cast<double>((sys::now() - began).count()) / 1000);
  return {};
}

}  // namespace ck::load
