// SPDX-License-Identifier: MIT
#include "app/netd/link_settings.h"

#include <cerrno>
#include <span>

#include "base/text.h"
#include "engine/netconf/policy.h"
#include "sys/file.h"
#include "sys/log.h"

namespace ck::netd {

namespace {

struct Setting {
  const char* folder;  // below /proc/sys/net
  const char* key;
  const char* value;
};

constexpr Setting kSettings[] = {
    // Stable privacy addresses (RFC 7217): 2 uses the secret that is written just before.
    {"ipv6/conf", "addr_gen_mode", "2"},
    // Optimistic DAD (RFC 4429): an address may be used while it is still being checked.
    {"ipv6/conf", "optimistic_dad", "1"},
    {"ipv6/conf", "use_optimistic", "1"},
    // More specific routes (RFC 4191), none that would draw in a large part of the address space.
    {"ipv6/conf", "accept_ra_rt_info_min_plen", "8"},
    {"ipv6/conf", "accept_ra_rt_info_max_plen", "128"},
    // No more addresses than this from prefixes that anybody may advertise; routes are bounded by router_guard.h.
    {"ipv6/conf", "max_addresses", "16"},
    // Neighbour discovery is never fragmented (RFC 6980).
    {"ipv6/conf", "suppress_frag_ndisc", "1"},
    {"ipv6/conf", "use_tempaddr", "0"},
    // Routers are asked by netd (router_search.h). The kernel asks, too, once it has checked the link-local address,
    // and from that, so that a router may answer to it alone. No more often than RFC 4861 says, or both would ask on.
    {"ipv6/conf", "router_solicitations", "3"},
    {"ipv6/conf", "router_solicitation_delay", "0"},
    {"ipv6/conf", "router_solicitation_interval", "1"},
    // Two cards on one segment: each answers for its own addresses alone, so that no neighbour learns a card that may
    // leave.
    {"ipv4/conf", "arp_ignore", "1"},
    {"ipv4/conf", "arp_announce", "2"},
    // When a lease moves within its subnet the old address goes after the new one came: do not take that along.
    {"ipv4/conf", "promote_secondaries", "1"},
    // A link that lost its carrier does not swallow what another one could carry.
    {"ipv4/conf", "ignore_routes_with_linkdown", "1"},
    {"ipv6/conf", "ignore_routes_with_linkdown", "1"},
};

void write_setting(const netlink::Link& link, const char* folder, const char* key, std::string_view value) {
  char path[128];
  TextWriter out(path);
  out.put("/proc/sys/net/").put(folder).put('/').put(link.name).put('/').put(key).put('\0');
  if (out.truncated()) return;
  auto written = sys::write_file(path, value);
  if (!written && written.error().sys_errno != ENOENT) sys::log_error({link.name, ": setting ", key}, written.error());
}

constexpr uint32_t kKernelRouterMetric = 1024;  // IP6_RT_PRIO_USER, what it gives without our setting
constexpr uint32_t kLeastLinkMetric = 100;

// What stays the same on this machine: its SMBIOS UUID where we may read it, else the link's hardware address.
Ipv6Address secret_for(const netlink::Link& link) {
  char buffer[128];
  auto uuid = sys::read_file("/sys/class/dmi/id/product_uuid", buffer);
  if (uuid && uuid->size() >= 32) return netconf::stable_secret(trim(*uuid));
  return netconf::stable_secret(to_text(link.mac));
}

}  // namespace

void apply_link_settings(const netlink::Link& link, RouterAdvertisements accept) {
  accept_router_advertisements(link, accept);
  write_setting(link, "ipv6/conf", "stable_secret", to_text(secret_for(link)));
  for (const Setting& setting : kSettings) write_setting(link, setting.folder, setting.key, setting.value);
}

void accept_router_advertisements(const netlink::Link& link, RouterAdvertisements accept) {
  write_setting(link, "ipv6/conf", "accept_ra", accept == RouterAdvertisements::Accepted ? "1" : "0");
}

void set_router_metric(const netlink::Link& link, uint32_t metric) {
  char text[16];
  TextWriter out(text);
  out.number(metric > kLeastLinkMetric ? kKernelRouterMetric + metric - kLeastLinkMetric : kKernelRouterMetric);
  write_setting(link, "ipv6/conf", "ra_defrtr_metric", out.view());
}

}  // namespace ck::netd
