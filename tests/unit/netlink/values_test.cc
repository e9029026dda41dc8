// SPDX-License-Identifier: MIT
// Netlink messages, written here by the kernel's own structures and read by our parsers, and the other way round.
#include "wire/netlink/values.h"

#include <gtest/gtest.h>
#include <linux/fib_rules.h>
#include <linux/if.h>
#include <linux/if_addr.h>
#include <linux/if_arp.h>
#include <linux/if_link.h>
#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <sys/socket.h>

#include <cstring>
#include <string>
#include <vector>

#include "wire/netlink/constants.h"
#include "wire/netlink/message.h"
#include "wire/netlink/requests.h"

namespace ck::netlink {
namespace {

using ByteVector = std::vector<uint8_t>;

template <typename Struct>
ByteVector bytes_of(const Struct& value) {
  const auto* first = reinterpret_cast<const uint8_t*>(&value);
  return ByteVector(first, first + sizeof(value));
}

void add(ByteVector& out, uint16_t type, const ByteVector& value) {
  rtattr header{.rta_len = static_cast<uint16_t>(RTA_LENGTH(value.size())), .rta_type = type};
  ByteVector bytes = bytes_of(header);
  bytes.insert(bytes.end(), value.begin(), value.end());
  bytes.resize(RTA_ALIGN(bytes.size()));
  out.insert(out.end(), bytes.begin(), bytes.end());
}

ByteVector text(std::string_view value) {
  ByteVector bytes(value.begin(), value.end());
  bytes.push_back(0);
  return bytes;
}

ByteVector link_body() {
  ifinfomsg header{};
  header.ifi_type = ARPHRD_ETHER;
  header.ifi_index = 7;
  header.ifi_flags = IFF_UP | IFF_BROADCAST | IFF_RUNNING;
  ByteVector body = bytes_of(header);
  add(body, IFLA_IFNAME, text("eth0"));
  add(body, IFLA_ADDRESS, {0x52, 0x54, 0, 0x12, 0x34, 0x56});
  add(body, IFLA_MTU, bytes_of(uint32_t{1500}));
  ByteVector kind;
  add(kind, IFLA_INFO_KIND, text("veth"));
  add(body, IFLA_LINKINFO, kind);
  return body;
}

TEST(NetlinkConstants, AreTheKernels) {
  EXPECT_EQ(kError, NLMSG_ERROR);
  EXPECT_EQ(kDone, NLMSG_DONE);
  EXPECT_EQ(kFlagDump, NLM_F_DUMP);
  EXPECT_EQ(kFlagDumpInterrupted, NLM_F_DUMP_INTR);
  EXPECT_EQ(kFlagReplace, NLM_F_REPLACE);
  EXPECT_EQ(kFlagCreate, NLM_F_CREATE);
  EXPECT_EQ(kNewLink, RTM_NEWLINK);
  EXPECT_EQ(kDeleteLink, RTM_DELLINK);
  EXPECT_EQ(kNewAddress, RTM_NEWADDR);
  EXPECT_EQ(kDeleteAddress, RTM_DELADDR);
  EXPECT_EQ(kNewRoute, RTM_NEWROUTE);
  EXPECT_EQ(kDeleteRoute, RTM_DELROUTE);
  EXPECT_EQ(kNewNdUserOption, RTM_NEWNDUSEROPT);
  EXPECT_EQ(kGroupLink, group_bit(RTNLGRP_LINK));
  EXPECT_EQ(kGroupIpv4Address, group_bit(RTNLGRP_IPV4_IFADDR));
  EXPECT_EQ(kGroupIpv6Address, group_bit(RTNLGRP_IPV6_IFADDR));
  EXPECT_EQ(kGroupIpv4Route, group_bit(RTNLGRP_IPV4_ROUTE));
  EXPECT_EQ(kGroupIpv6Route, group_bit(RTNLGRP_IPV6_ROUTE));
  EXPECT_EQ(kGroupNdUserOption, group_bit(RTNLGRP_ND_USEROPT));
  EXPECT_EQ(kNewRule, RTM_NEWRULE);
  EXPECT_EQ(kDeleteRule, RTM_DELRULE);
  EXPECT_EQ(kGetRule, RTM_GETRULE);
  EXPECT_EQ(kFlagExclusive, NLM_F_EXCL);
  EXPECT_EQ(kGroupIpv4Rule, group_bit(RTNLGRP_IPV4_RULE));
  EXPECT_EQ(kGroupIpv6Rule, group_bit(RTNLGRP_IPV6_RULE));
  EXPECT_EQ(kGroupIpv6LinkInfo, group_bit(RTNLGRP_IPV6_IFINFO));
  EXPECT_EQ(kLinkParent, IFLA_LINK);
  EXPECT_EQ(kLinkProtocolInfo, IFLA_PROTINFO);
  EXPECT_EQ(kLinkInfoData, IFLA_INFO_DATA);
  EXPECT_EQ(kVlanId, IFLA_VLAN_ID);
  EXPECT_EQ(kInet6Flags, IFLA_INET6_FLAGS);
  EXPECT_EQ(kRouteMetrics, RTA_METRICS);
  EXPECT_EQ(kRouteCacheInfo, RTA_CACHEINFO);
  EXPECT_EQ(kMetricMtu, RTAX_MTU);
  EXPECT_EQ(kTableCompatible, RT_TABLE_COMPAT);
  EXPECT_EQ(kProtocolKernel, RTPROT_KERNEL);
  EXPECT_EQ(kRuleSource, FRA_SRC);
  EXPECT_EQ(kRulePriority, FRA_PRIORITY);
  EXPECT_EQ(kRuleTable, FRA_TABLE);
  EXPECT_EQ(kRuleProtocol, FRA_PROTOCOL);
  EXPECT_EQ(kRuleToTable, FR_ACT_TO_TBL);
  EXPECT_EQ(kFamilyIpv4, AF_INET);
  EXPECT_EQ(kFamilyIpv6, AF_INET6);
  EXPECT_EQ(kHardwareEthernet, ARPHRD_ETHER);
  EXPECT_EQ(kLinkLowerUp, 1u << 16);  // IFF_LOWER_UP
  EXPECT_EQ(kLinkInfo, IFLA_LINKINFO);
  EXPECT_EQ(kLinkInfoKind, IFLA_INFO_KIND);
  EXPECT_EQ(kLinkMaster, IFLA_MASTER);
  EXPECT_EQ(kLinkExtMask, IFLA_EXT_MASK);
  EXPECT_EQ(kSkipStatistics, static_cast<uint32_t>(RTEXT_FILTER_SKIP_STATS));
  EXPECT_EQ(kAddressLocal, IFA_LOCAL);
  EXPECT_EQ(kAddressCacheInfo, IFA_CACHEINFO);
  EXPECT_EQ(kAddressFlags, IFA_FLAGS);
  EXPECT_EQ(kAddressRoutePriority, IFA_RT_PRIORITY);
  EXPECT_EQ(kAddressPermanent, static_cast<uint32_t>(IFA_F_PERMANENT));
  EXPECT_EQ(kAddressTentative, static_cast<uint32_t>(IFA_F_TENTATIVE));
  EXPECT_EQ(kAddressOptimistic, static_cast<uint32_t>(IFA_F_OPTIMISTIC));
  EXPECT_EQ(kAddressDeprecated, static_cast<uint32_t>(IFA_F_DEPRECATED));
  EXPECT_EQ(kRouteSource, RTA_PREFSRC);
  EXPECT_EQ(kRouteTable, RTA_TABLE);
  EXPECT_EQ(kRoutePriority, RTA_PRIORITY);
  EXPECT_EQ(kProtocolRouter, RTPROT_RA);
  EXPECT_EQ(kProtocolDhcp, RTPROT_DHCP);
  EXPECT_EQ(kRouteOnLink, static_cast<uint32_t>(RTNH_F_ONLINK));
  EXPECT_EQ(kRouteCloned, static_cast<uint32_t>(RTM_F_CLONED));
}

TEST(NetlinkValues, Link) {
  auto link = parse_link(link_body());
  ASSERT_TRUE(link.has_value());
  EXPECT_EQ(link->index, 7u);
  EXPECT_EQ(link->name, "eth0");
  EXPECT_TRUE(link->has_mac);
  EXPECT_EQ(to_text(link->mac).view(), "52:54:00:12:34:56");
  EXPECT_EQ(link->mtu, 1500u);
  EXPECT_EQ(link->kind, "veth");
  EXPECT_EQ(link->flags, static_cast<uint32_t>(IFF_UP | IFF_BROADCAST | IFF_RUNNING));
}

TEST(NetlinkValues, MessagesOfBridgePortsAreNotLinks) {
  ByteVector body = link_body();
  body[0] = AF_BRIDGE;
  EXPECT_FALSE(parse_link(body).has_value());
}

TEST(NetlinkValues, EveryCutIsSafe) {
  ByteVector body = link_body();
  for (size_t size = 0; size < body.size(); ++size) {
    auto link = parse_link(Bytes(body).first(size));
    EXPECT_EQ(link.has_value(), size >= sizeof(ifinfomsg)) << size;
    (void)parse_address(Bytes(body).first(size));
    (void)parse_route(Bytes(body).first(size));
    (void)parse_nd_user_option(Bytes(body).first(size));
  }
}

TEST(NetlinkValues, AttributeLengthsThatLieEndTheWalk) {
  for (uint16_t length : std::initializer_list<uint16_t>{0, 1, 3, 200, 0xffff}) {
    ByteVector body = link_body();
    std::memcpy(body.data() + sizeof(ifinfomsg), &length, sizeof(length));
    auto link = parse_link(body);
    ASSERT_TRUE(link.has_value());
    EXPECT_TRUE(link->name.empty());
  }
}

TEST(NetlinkValues, RequestsAreReadBackAsTheyWere) {
  Address address{.link = 3,
                  .prefix = *parse_prefix("192.0.2.107/24"),
                  .scope = 0,
                  .protocol = kProtocolDhcp,
                  .metric = 103,
                  .lifetimes = {.preferred = 60, .valid = 120}};
  uint8_t buffer[kRequestSize];
  MessageReader address_reader(request_set_address(address, buffer));
  auto message = address_reader.next();
  ASSERT_TRUE(message.has_value());
  EXPECT_EQ(message->type, RTM_NEWADDR);
  EXPECT_EQ(message->flags, NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_REPLACE);
  EXPECT_EQ(parse_address(message->body), address);
  EXPECT_FALSE(address_reader.next().has_value());
  EXPECT_FALSE(address_reader.malformed());

  Route route{.link = 3,
              .destination = *parse_prefix("0.0.0.0/0"),
              .gateway = *parse_ip("192.0.2.1"),
              .source = *parse_ip("192.0.2.107"),
              .metric = 103,
              .flags = kRouteOnLink,
              .protocol = kProtocolDhcp};
  MessageReader route_reader(request_set_route(route, buffer));
  message = route_reader.next();
  ASSERT_TRUE(message.has_value());
  EXPECT_EQ(message->type, RTM_NEWROUTE);
  EXPECT_EQ(parse_route(message->body), route);

  Route six{.link = 4, .destination = *parse_prefix("2001:db8::/32"), .gateway = *parse_ip("fe80::1"), .metric = 9};
  MessageReader six_reader(request_set_route(six, buffer));
  EXPECT_EQ(parse_route(six_reader.next()->body), six);
}

TEST(NetlinkValues, RequestsNeedRoom) {
  Address address{.link = 3, .prefix = *parse_prefix("192.0.2.107/24")};
  for (size_t size = 0; size < 80; ++size) {
    ByteVector buffer(size);
    EXPECT_TRUE(request_set_address(address, buffer).empty()) << size;
  }
}

TEST(NetlinkMessage, LengthsThatLieAreMalformed) {
  uint8_t buffer[kRequestSize];
  MutableBytes whole = request_dump(Table::Links, buffer);
  for (uint32_t length : {0u, 15u, static_cast<uint32_t>(whole.size()) + 1, 0xffffffffu}) {
    std::memcpy(whole.data(), &length, sizeof(length));
    MessageReader reader(whole);
    EXPECT_FALSE(reader.next().has_value());
    EXPECT_TRUE(reader.malformed());
  }
}

TEST(NetlinkMessage, ErrorNumbers) {
  auto error = [](int32_t number) {
    static ByteVector body;
    body = bytes_of(number);
    return error_number(Message{.type = NLMSG_ERROR, .body = body});
  };
  EXPECT_EQ(error(0), 0);
  EXPECT_EQ(error(-17), 17);
  EXPECT_FALSE(error(17).has_value());
  EXPECT_FALSE(error(INT32_MIN).has_value());
  EXPECT_FALSE(error_number(Message{.type = NLMSG_ERROR}).has_value());
}

ByteVector nd_option(const ByteVector& option) {
  nduseroptmsg header{};
  header.nduseropt_family = AF_INET6;
  header.nduseropt_opts_len = static_cast<uint16_t>(option.size());
  header.nduseropt_ifindex = 5;
  header.nduseropt_icmp_type = 134;
  ByteVector body = bytes_of(header);
  body.insert(body.end(), option.begin(), option.end());
  return body;
}

ByteVector rdnss(uint8_t units, std::initializer_list<const char*> servers) {
  ByteVector option = {25, units, 0, 0, 0, 0, 0, 60};
  for (const char* server : servers) {
    auto address = parse_ipv6(server);
    option.insert(option.end(), address->octets.begin(), address->octets.end());
  }
  return option;
}

TEST(NdUserOption, ServersOfRfc8106) {
  auto dns = parse_nd_user_option(nd_option(rdnss(5, {"2001:db8::1", "fe80::1"})));
  ASSERT_TRUE(dns.has_value());
  EXPECT_EQ(dns->link, 5u);
  EXPECT_EQ(dns->lifetime_seconds, 60u);
  ASSERT_EQ(dns->servers.size(), 2u);
  EXPECT_EQ(to_text(dns->servers[0]).view(), "2001:db8::1");
}

TEST(NdUserOption, UnusableServersAreLeftOut) {
  auto dns = parse_nd_user_option(nd_option(rdnss(7, {"ff02::1", "::", "2001:db8::1"})));
  ASSERT_TRUE(dns.has_value());
  EXPECT_EQ(dns->servers.size(), 1u);
}

// The even length of CVE-2020-16898, zero units, and lengths beyond the message.
TEST(NdUserOption, BadLengthsAreDropped) {
  for (uint8_t units : std::initializer_list<uint8_t>{0, 1, 2, 4, 200})
    EXPECT_FALSE(parse_nd_user_option(nd_option(rdnss(units, {"2001:db8::1"}))).has_value()) << int{units};
  ByteVector body = nd_option(rdnss(3, {"2001:db8::1"}));
  for (size_t size = 0; size < body.size(); ++size)
    EXPECT_FALSE(parse_nd_user_option(Bytes(body).first(size)).has_value()) << size;
}

TEST(NdUserOption, SearchDomains) {
  ByteVector option = {31,  3,   0,   0,   0xff, 0xff, 0xff, 0xff, 7, 'e', 'x', 'a',
                       'm', 'p', 'l', 'e', 3,    'o',  'r',  'g',  0, 0,   0,   0};
  auto dns = parse_nd_user_option(nd_option(option));
  ASSERT_TRUE(dns.has_value());
  ASSERT_EQ(dns->domains.size(), 1u);
  EXPECT_EQ(dns->domains[0], "example.org");
  EXPECT_EQ(dns->lifetime_seconds, kForever);
}

TEST(NdUserOption, SaysWhichRouterItIsOf) {
  ByteVector body = nd_option(rdnss(3, {"2001:db8::1"}));
  auto router = parse_ipv6("fe80::1");
  add(body, 1, ByteVector(router->octets.begin(), router->octets.end()));  // NDUSEROPT_SRCADDR
  EXPECT_EQ(parse_nd_user_option(body)->router, *router);
  EXPECT_FALSE(parse_nd_user_option(nd_option(rdnss(3, {"2001:db8::1"})))->router.has_value());
}

// RFC 8781 4: the lifetime in units of eight seconds in the upper thirteen bits, the length's code in the lower three.
TEST(NdUserOption, Nat64Prefixes) {
  auto nat64 = [](uint16_t scaled) {
    ByteVector option = {38, 2, static_cast<uint8_t>(scaled >> 8), static_cast<uint8_t>(scaled), 0, 0x64, 0xff, 0x9b};
    option.resize(16);
    return parse_nd_user_option(nd_option(option));
  };
  constexpr uint8_t kLengths[] = {96, 64, 56, 48, 40, 32};
  for (uint16_t code = 0; code < 6; ++code) {
    auto dns = nat64(static_cast<uint16_t>(75 << 3 | code));
    ASSERT_TRUE(dns && dns->nat64) << code;
    EXPECT_EQ(dns->lifetime_seconds, 600u);
    EXPECT_EQ(to_text(dns->nat64->address).view(), "64:ff9b::");
    EXPECT_EQ(dns->nat64->length, kLengths[code]);
  }
  for (uint16_t code : std::initializer_list<uint16_t>{6, 7}) EXPECT_FALSE(nat64(75 << 3 | code).has_value());
  EXPECT_EQ(nat64(0)->lifetime_seconds, 0u);
  for (uint8_t units : std::initializer_list<uint8_t>{0, 1, 3}) {
    ByteVector option = {38, units, 2, 0x58, 0, 0x64, 0xff, 0x9b};
    option.resize(24);
    EXPECT_FALSE(parse_nd_user_option(nd_option(option)).has_value()) << int{units};
  }
}

TEST(NetlinkValues, RulesBothWays) {
  for (const char* source : {"192.0.2.7", "2001:db8::7"}) {
    Rule rule{.source = *parse_ip(source), .table = 1002, .priority = 1000, .protocol = kProtocolOurs};
    uint8_t buffer[kRequestSize];
    MessageReader reader(request_add_rule(rule, buffer));
    auto message = reader.next();
    ASSERT_TRUE(message.has_value());
    EXPECT_EQ(message->type, RTM_NEWRULE);
    EXPECT_EQ(parse_rule(message->body), rule);
    for (size_t size = 0; size < sizeof(fib_rule_hdr); ++size)
      EXPECT_FALSE(parse_rule(message->body.first(size)).has_value());
    MessageReader removal(request_remove_rule(rule, buffer));
    EXPECT_EQ(removal.next()->type, RTM_DELRULE);
  }
}

TEST(NetlinkValues, RulesOfAnotherFormAreNone) {
  auto body = [](const fib_rule_hdr& header) {
    ByteVector bytes = bytes_of(header);
    add(bytes, FRA_SRC, {192, 0, 2, 7});
    return bytes;
  };
  fib_rule_hdr header{};
  header.family = AF_INET;
  header.src_len = 32;
  header.table = 100;
  header.action = FR_ACT_TO_TBL;
  ASSERT_TRUE(parse_rule(body(header)).has_value());
  fib_rule_hdr bad = header;
  bad.src_len = 24;
  EXPECT_FALSE(parse_rule(body(bad)).has_value());
  bad = header;
  bad.dst_len = 8;
  EXPECT_FALSE(parse_rule(body(bad)).has_value());
  bad = header;
  bad.action = FR_ACT_BLACKHOLE;
  EXPECT_FALSE(parse_rule(body(bad)).has_value());
  EXPECT_FALSE(parse_rule(bytes_of(header)).has_value());  // no source at all
}

TEST(NetlinkValues, RouterFlagsOfTheIpv6LinkMessage) {
  auto body = [](uint8_t family, uint32_t flags) {
    ifinfomsg header{};
    header.ifi_family = family;
    header.ifi_index = 7;
    ByteVector bytes = bytes_of(header);
    ByteVector inner;
    add(inner, IFLA_INET6_FLAGS, bytes_of(flags));
    add(bytes, IFLA_PROTINFO | NLA_F_NESTED, inner);
    return bytes;
  };
  auto flags = parse_router_flags(body(AF_INET6, 0x40));  // IF_RA_MANAGED
  ASSERT_TRUE(flags.has_value());
  EXPECT_EQ(flags->link, 7u);
  EXPECT_TRUE(flags->managed);
  EXPECT_FALSE(flags->other);
  EXPECT_TRUE(parse_router_flags(body(AF_INET6, 0x80))->other);  // IF_RA_OTHERCONF
  EXPECT_FALSE(parse_router_flags(body(AF_UNSPEC, 0x40)).has_value());
  EXPECT_FALSE(parse_link(body(AF_INET6, 0x40)).has_value());
  ByteVector whole = body(AF_INET6, 0x40);
  for (size_t size = 0; size < whole.size(); ++size)
    EXPECT_FALSE(parse_router_flags(Bytes(whole).first(size)).has_value()) << size;
}

TEST(NetlinkValues, RoutesBearTheirMtuTheirTableAndTheirEnd) {
  Route route{.link = 3,
              .destination = *parse_prefix("198.51.100.0/24"),
              .gateway = *parse_ip("192.0.2.1"),
              .metric = 103,
              .table = 1003,
              .protocol = kProtocolDhcp,
              .mtu = 1400};
  uint8_t buffer[kRequestSize];
  MessageReader reader(request_set_route(route, buffer));
  EXPECT_EQ(parse_route(reader.next()->body), route);

  rtmsg header{};
  header.rtm_family = AF_INET6;
  header.rtm_table = RT_TABLE_MAIN;
  header.rtm_protocol = RTPROT_RA;
  header.rtm_type = RTN_UNICAST;
  ByteVector body = bytes_of(header);
  add(body, RTA_OIF, bytes_of(uint32_t{3}));
  rta_cacheinfo cache{};
  cache.rta_expires = 1800 * 100;  // in USER_HZ
  ByteVector ending = body;
  add(ending, RTA_CACHEINFO, bytes_of(cache));
  EXPECT_EQ(parse_route(ending)->lifetime_seconds, 1800u);
  EXPECT_EQ(parse_route(body)->lifetime_seconds, Route::kNoLimit);
  cache.rta_expires = 0;
  add(body, RTA_CACHEINFO, bytes_of(cache));
  EXPECT_EQ(parse_route(body)->lifetime_seconds, Route::kNoLimit);
}

TEST(NetlinkValues, AVlanIsAskedForWithItsParentAndItsNumber) {
  uint8_t buffer[kRequestSize];
  MessageReader reader(request_add_vlan(3, "lan7", 7, buffer));
  auto message = reader.next();
  ASSERT_TRUE(message.has_value());
  EXPECT_EQ(message->type, RTM_NEWLINK);
  EXPECT_EQ(message->flags, NLM_F_REQUEST | NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL);
  std::string name;
  std::string kind;
  uint32_t parent = 0;
  uint16_t id = 0;
  for (AttributeReader outer(message->body.subspan(sizeof(ifinfomsg))); auto attribute = outer.next();) {
    if (attribute->type == IFLA_IFNAME) name = std::string(*attribute->text());
    if (attribute->type == IFLA_LINK) parent = *attribute->u32();
    if (attribute->type != IFLA_LINKINFO) continue;
    for (AttributeReader info(attribute->value); auto inner = info.next();) {
      if (inner->type == IFLA_INFO_KIND) kind = std::string(*inner->text());
      if (inner->type != IFLA_INFO_DATA) continue;
      auto value = AttributeReader(inner->value).next();
      ASSERT_TRUE(value && value->type == IFLA_VLAN_ID && value->value.size() == 2);
      std::memcpy(&id, value->value.data(), sizeof(id));
    }
  }
  EXPECT_EQ(name, "lan7");
  EXPECT_EQ(kind, "vlan");
  EXPECT_EQ(parent, 3u);
  EXPECT_EQ(id, 7u);
}

}  // namespace
}  // namespace ck::netlink
