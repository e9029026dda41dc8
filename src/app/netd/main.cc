// SPDX-License-Identifier: MIT
// `netd [--link NAME]...`: the network program. --link names a link that is to be managed although it is of a kind that
// is otherwise left alone (veth in tests, a VLAN).
#include <string_view>

#include "app/netd/netd.h"
#include "app/program.h"
#include "sys/file.h"
#include "sys/log.h"
#include "sys/publish.h"
#include "wire/netlink/constants.h"

namespace ck {

namespace {

constexpr uint32_t kGroups = netlink::kGroupLink | netlink::kGroupIpv4Address | netlink::kGroupIpv4Route |
                             netlink::kGroupIpv6Address | netlink::kGroupIpv6Route | netlink::kGroupNdUserOption;

Result<void> serve(std::span<const netlink::LinkName> named) {
  auto loop = CK_TRY(sys::EventLoop::create());
  auto monitor = CK_TRY(sys::NetlinkSocket::create(kGroups));  // before the first dump: nothing is missed
  auto rtnetlink = CK_TRY(netd::Rtnetlink::create());
  netd::Netd netd(loop, std::move(rtnetlink), std::move(monitor), named);
  CK_TRY(netd.start());
  return netd.run();
}

}  // namespace

int netd_main(std::span<char*> arguments) {
  FixedVector<netlink::LinkName, 2 * netconf::kMaxLinks> named;
  for (size_t i = 1; i < arguments.size(); ++i) {
    std::string_view argument = arguments[i];
    bool has_value = argument == "--link" && i + 1 < arguments.size();
    if (!has_value || !named.push_back(netlink::LinkName(arguments[++i]))) {
      sys::log(sys::Severity::Error, {"usage: netd [--link NAME]..."});
      return 64;
    }
  }
  // init has made the folder; on a host there may be none yet.
  (void)sys::make_directory(sys::run_path("netd", "").view().data(), 0755);
  auto served = serve({named.data(), named.size()});
  if (served) return 0;
  sys::log_error({"ends"}, served.error());
  return 1;
}

}  // namespace ck
