// SPDX-License-Identifier: MIT
// `netd [--link NAME]... [--network FILE]`: the network program. --link names a link that is to be managed although it
// is of a kind that is otherwise left alone (veth in tests). --network names a file with what is wanted of the network
// (engine/netconf/spec_text.h); a file with an error is said, and the defaults hold, so that the machine can be
// reached.
#include <memory>
#include <string_view>

#include "app/netd/netd.h"
#include "app/program.h"
#include "engine/netconf/spec_text.h"
#include "sys/file.h"
#include "sys/log.h"
#include "sys/publish.h"
#include "wire/netlink/constants.h"

namespace ck {

namespace {

constexpr uint32_t kGroups = netlink::kGroupLink | netlink::kGroupIpv4Address | netlink::kGroupIpv4Route |
                             netlink::kGroupIpv6Address | netlink::kGroupIpv6Route | netlink::kGroupIpv6LinkInfo |
                             netlink::kGroupIpv4Rule | netlink::kGroupIpv6Rule | netlink::kGroupNdUserOption;

constexpr size_t kMaxSpecFile = 32 * 1024;

// Null when it cannot be read or holds an error.
std::unique_ptr<netconf::NetworkSpec> read_spec(const char* path) {
  static char buffer[kMaxSpecFile];
  auto text = sys::read_regular_file(path, buffer);
  if (!text) {
    sys::log_error({path}, text.error());
    return {};
  }
  auto spec = netconf::parse_spec(*text);
  if (spec) return std::make_unique<netconf::NetworkSpec>(*spec);
  char line[16];
  TextWriter number(line);
  number.number(spec.error().line);
  sys::log(sys::Severity::Error, {path, ":", number.view(), ": ", spec.error().key, " ", spec.error().complaint,
                                  "; the network is as without this file"});
  return {};
}

Result<void> serve(std::span<const netlink::LinkName> named, const netconf::NetworkSpec* spec) {
  auto loop = CK_TRY(sys::EventLoop::create());
  auto monitor = CK_TRY(sys::NetlinkSocket::create(kGroups));  // before the first dump: nothing is missed
  auto rtnetlink = CK_TRY(netd::Rtnetlink::create());
  netd::Netd netd(loop, std::move(rtnetlink), std::move(monitor), named, spec);
  CK_TRY(netd.start());
  return netd.run();
}

}  // namespace

int netd_main(std::span<char*> arguments) {
  FixedVector<netlink::LinkName, 2 * netconf::kMaxLinks> named;
  const char* spec_path = nullptr;
  for (size_t i = 1; i < arguments.size(); ++i) {
    std::string_view argument = arguments[i];
    bool has_value = i + 1 < arguments.size();
    bool good = false;
    if (argument == "--link" && has_value) good = named.push_back(netlink::LinkName(arguments[++i]));
    if (argument == "--network" && has_value) {
      spec_path = arguments[++i];
      good = true;
    }
    if (good) continue;
    sys::log(sys::Severity::Error, {"usage: netd [--link NAME]... [--network FILE]"});
    return 64;
  }
  std::unique_ptr<netconf::NetworkSpec> spec;
  if (spec_path != nullptr) spec = read_spec(spec_path);
  // init has made the folder; on a host there may be none yet.
  (void)sys::make_directory(sys::run_path("netd", "").view().data(), 0755);
  auto served = serve({named.data(), named.size()}, spec.get());
  if (served) return 0;
  sys::log_error({"ends"}, served.error());
  return 1;
}

}  // namespace ck
