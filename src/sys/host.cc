// SPDX-License-Identifier: MIT
#include "sys/host.h"

#include <net/if.h>
#include <net/if_arp.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/sysinfo.h>
#include <unistd.h>

#include <algorithm>
#include <cstring>

#include "sys/errno.h"
#include "sys/file.h"

namespace ck::sys {

namespace {

constexpr int kLastIndex = 32;  // the first link of a machine has a small index

Result<UniqueFd> control_socket() {
  UniqueFd fd(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0));
  if (!fd.is_open()) return last_error("socket");
  return fd;
}

}  // namespace

Result<void> set_hostname(std::string_view name) {
  if (::sethostname(name.data(), name.size()) != 0) return last_error("sethostname");
  return {};
}

FixedString<64> hostname() {
  char name[65]{};
  if (::gethostname(name, sizeof(name) - 1) != 0) return {};
  return FixedString<64>(name);
}

Result<void> bring_loopback_up() {
  auto fd = CK_TRY(control_socket());
  ifreq request{};
  std::memcpy(request.ifr_name, "lo", 3);
  if (::ioctl(fd.get(), SIOCGIFFLAGS, &request) != 0) return last_error("read the flags of lo");
  request.ifr_flags = static_cast<short>(request.ifr_flags | IFF_UP);
  if (::ioctl(fd.get(), SIOCSIFFLAGS, &request) != 0) return last_error("set the flags of lo");
  return {};
}

std::optional<MacAddress> first_hardware_address() {
  auto fd = control_socket();
  if (!fd) return std::nullopt;
  for (int index = 1; index <= kLastIndex; ++index) {
    ifreq request{};
    request.ifr_ifindex = index;
    if (::ioctl(fd->get(), SIOCGIFNAME, &request) != 0) continue;
    if (::ioctl(fd->get(), SIOCGIFHWADDR, &request) != 0 || request.ifr_hwaddr.sa_family != ARPHRD_ETHER) continue;
    MacAddress mac;
    std::memcpy(mac.octets.data(), request.ifr_hwaddr.sa_data, mac.octets.size());
    return mac;
  }
  return std::nullopt;
}

std::optional<uint16_t> smbios_uuid_tail() {
  // SMBIOS type 1 (system information): the UUID stands at offset 8.
  auto fd = open_file("/sys/firmware/dmi/entries/1-0/raw", O_RDONLY);
  if (!fd) return std::nullopt;
  uint8_t raw[24]{};
  auto count = read_some(fd->get(), raw);
  if (!count || *count != sizeof(raw)) return std::nullopt;
  auto uuid = std::span(raw).subspan(8, 16);
  if (std::ranges::all_of(uuid, [](uint8_t byte) { return byte == 0; })) return std::nullopt;
  if (std::ranges::all_of(uuid, [](uint8_t byte) { return byte == 0xff; })) return std::nullopt;
  return static_cast<uint16_t>(uuid[14] << 8 | uuid[15]);
}

size_t machine_memory() {
  struct sysinfo info{};
  return ::sysinfo(&info) == 0 ? static_cast<size_t>(info.totalram) * info.mem_unit : 0;
}

}  // namespace ck::sys
