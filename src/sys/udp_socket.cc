// SPDX-License-Identifier: MIT
#include "sys/udp_socket.h"

#include <arpa/inet.h>
#include <linux/filter.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include "sys/errno.h"

namespace ck::sys {

namespace {

sockaddr_in to_sockaddr(UdpEndpoint endpoint) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(endpoint.port);
  address.sin_addr.s_addr = htonl(endpoint.address.value);
  return address;
}

}  // namespace

Result<UdpSender> UdpSender::create(std::string_view link_name, UdpEndpoint local) {
  UniqueFd fd(::socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  if (!fd.is_open()) return last_error("UDP socket");
  sock_filter drop_all[] = {BPF_STMT(BPF_RET | BPF_K, 0)};
  sock_fprog program{.len = 1, .filter = drop_all};
  if (::setsockopt(fd.get(), SOL_SOCKET, SO_ATTACH_FILTER, &program, sizeof(program)) != 0)
    return last_error("UDP filter");
  if (::setsockopt(fd.get(), SOL_SOCKET, SO_BINDTODEVICE, link_name.data(), static_cast<socklen_t>(link_name.size())) !=
      0)
    return last_error("UDP bind to link");
  int on = 1;
  if (::setsockopt(fd.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) != 0) return last_error("UDP reuse");
  sockaddr_in address = to_sockaddr(local);
  if (::bind(fd.get(), reinterpret_cast<sockaddr*>(&address), sizeof(address)) != 0) return last_error("UDP bind");
  return UdpSender(std::move(fd));
}

Result<void> UdpSender::send(Bytes payload, UdpEndpoint peer) {
  sockaddr_in to = to_sockaddr(peer);
  ssize_t sent = retry([&] {
    return ::sendto(fd_.get(), payload.data(), payload.size(), 0, reinterpret_cast<sockaddr*>(&to), sizeof(to));
  });
  if (sent < 0) return last_error("UDP send");
  return {};
}

}  // namespace ck::sys
