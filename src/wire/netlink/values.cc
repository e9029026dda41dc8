// SPDX-License-Identifier: MIT
#include "wire/netlink/values.h"

#include "wire/dhcp4/domain_list.h"
#include "wire/netlink/constants.h"
#include "wire/netlink/message.h"

namespace ck::netlink {

namespace {

std::optional<IpAddress> read_ip(uint8_t family, Bytes value) {
  if (family == kFamilyIpv4 && value.size() == 4) return IpAddress(Ipv4Address{*ByteReader(value).u32()});
  if (family == kFamilyIpv6 && value.size() == 16) return IpAddress(Ipv6Address{*ByteReader(value).array<16>()});
  return std::nullopt;
}

std::optional<IpAddress> unspecified(uint8_t family) {
  if (family == kFamilyIpv4) return IpAddress(Ipv4Address{});
  if (family == kFamilyIpv6) return IpAddress(Ipv6Address{});
  return std::nullopt;
}

unsigned width_of(uint8_t family) { return family == kFamilyIpv4 ? 32 : 128; }

void read_link_info(Bytes value, Link& link) {
  for (AttributeReader info(value); auto attribute = info.next();)
    if (attribute->type == kLinkInfoKind)
      if (auto kind = attribute->text()) link.kind = FixedString<15>(*kind);
}

uint16_t read_mtu(Bytes value) {
  for (AttributeReader metrics(value); auto metric = metrics.next();)
    if (metric->type == kMetricMtu)
      if (auto mtu = metric->u32(); mtu && *mtu <= 0xffff) return static_cast<uint16_t>(*mtu);
  return 0;
}

// struct rta_cacheinfo: references, age of the last use, ticks until it ends (0: never).
uint32_t read_lifetime(Bytes value) {
  ByteReader reader(value, kHostOrder);
  if (!reader.skip(8)) return Route::kNoLimit;
  auto ticks = reader.u32();
  if (!ticks || *ticks == 0 || *ticks > 0x7fffffff) return Route::kNoLimit;
  return *ticks / kTicksPerSecond;
}

// RFC 8781 4: thirteen bits of lifetime in units of eight seconds, three of a code for the length, and the prefix.
std::optional<RouterDns> read_nat64(uint32_t link, ByteReader option) {
  constexpr uint8_t kLengths[] = {96, 64, 56, 48, 40, 32};
  auto scaled = option.u16();
  auto prefix = option.array<12>();
  if (!scaled || !prefix || !option.empty() || (*scaled & 7) >= std::size(kLengths)) return std::nullopt;
  Ipv6Address address;
  for (size_t i = 0; i < prefix->size(); ++i) address.octets[i] = (*prefix)[i];
  RouterDns dns{.link = link, .lifetime_seconds = static_cast<uint32_t>(*scaled >> 3) * 8};
  dns.nat64 = IpPrefix{.address = address, .length = kLengths[*scaled & 7]};
  return dns;
}

std::optional<RouterDns> read_router_option(uint32_t link, Bytes bytes) {
  constexpr uint8_t kServers = 25;  // RFC 8106 5.1: RDNSS
  constexpr uint8_t kDomains = 31;  // RFC 8106 5.2: DNSSL
  constexpr uint8_t kNat64 = 38;    // RFC 8781 4: PREF64
  ByteReader option(bytes);
  auto type = option.u8();
  auto units = option.u8();
  if (!type || !units || *units == 0 || *units * 8u > bytes.size()) return std::nullopt;
  option = ByteReader(bytes.first(*units * 8u));
  bool fixed = option.skip(2);
  if (type == kNat64) return read_nat64(link, option);
  fixed = option.skip(2) && fixed;
  auto lifetime = option.u32();
  if (!fixed || !lifetime) return std::nullopt;
  RouterDns dns{.link = link, .lifetime_seconds = *lifetime};
  if (type == kServers) {
    if (option.remaining() == 0 || option.remaining() % 16 != 0) return std::nullopt;
    while (auto octets = option.array<16>()) {
      Ipv6Address address{*octets};
      if (address.is_multicast() || address.is_unspecified() || address.is_loopback()) continue;
      if (!dns.servers.push_back(address)) break;
    }
    return dns;
  }
  if (type == kDomains) {
    dns.domains = dhcp4::parse_domain_list(option.rest(), dhcp4::Compression::Forbidden).names;
    return dns;
  }
  return std::nullopt;
}

}  // namespace

std::optional<Link> parse_link(Bytes body) {
  ByteReader reader(body, kHostOrder);  // struct ifinfomsg
  auto family = reader.u8();
  bool fixed = reader.skip(1);
  auto hardware = reader.u16();
  auto index = reader.u32();
  auto flags = reader.u32();
  fixed = reader.skip(4) && fixed;
  // Messages of another family tell of bridge ports and the like, not of the link itself.
  if (!fixed || family != kFamilyUnspecified || !hardware || !index || *index == 0 || !flags) return std::nullopt;
  Link link{.index = *index, .hardware = *hardware, .flags = *flags};
  for (AttributeReader attributes(reader.rest()); auto attribute = attributes.next();) {
    switch (attribute->type) {
      case kLinkAddress:
        link.has_mac = attribute->value.size() == 6;
        if (link.has_mac) link.mac = MacAddress{*ByteReader(attribute->value).array<6>()};
        break;
      case kLinkName: link.name = LinkName(attribute->text().value_or("")); break;
      case kLinkMtu: link.mtu = attribute->u32().value_or(0); break;
      case kLinkParent: link.parent = attribute->u32().value_or(0); break;
      case kLinkMaster: link.master = attribute->u32().value_or(0); break;
      case kLinkInfo: read_link_info(attribute->value, link); break;
      default: break;
    }
  }
  return link;
}

std::optional<Address> parse_address(Bytes body) {
  ByteReader reader(body, kHostOrder);  // struct ifaddrmsg
  auto family = reader.u8();
  auto length = reader.u8();
  auto flags = reader.u8();
  auto scope = reader.u8();
  auto index = reader.u32();
  if (!family || !length || !flags || !scope || !index) return std::nullopt;
  if (!unspecified(*family) || *length > width_of(*family)) return std::nullopt;
  Address address{.link = *index, .flags = *flags, .scope = *scope};
  std::optional<IpAddress> local;
  std::optional<IpAddress> peer;
  for (AttributeReader attributes(reader.rest()); auto attribute = attributes.next();) {
    switch (attribute->type) {
      case kAddressAddress: peer = read_ip(*family, attribute->value); break;
      case kAddressLocal: local = read_ip(*family, attribute->value); break;
      case kAddressFlags: address.flags = attribute->u32().value_or(address.flags); break;
      case kAddressProtocol: address.protocol = attribute->u8().value_or(0); break;
      case kAddressRoutePriority: address.metric = attribute->u32().value_or(0); break;
      case kAddressCacheInfo: {
        ByteReader cache(attribute->value, kHostOrder);
        auto preferred = cache.u32();
        auto valid = cache.u32();
        if (preferred && valid) address.lifetimes = {.preferred = *preferred, .valid = *valid};
        break;
      }
      default: break;
    }
  }
  if (!local) local = peer;
  if (!local) return std::nullopt;
  address.prefix = {.address = *local, .length = *length};
  return address;
}

std::optional<Route> parse_route(Bytes body) {
  ByteReader reader(body, kHostOrder);  // struct rtmsg
  auto family = reader.u8();
  auto length = reader.u8();
  bool fixed = reader.skip(2);
  auto table = reader.u8();
  auto protocol = reader.u8();
  fixed = reader.skip(1) && fixed;
  auto type = reader.u8();
  auto flags = reader.u32();
  if (!fixed || !family || !length || !table || !protocol || !type || !flags) return std::nullopt;
  auto destination = unspecified(*family);
  if (!destination || *length > width_of(*family) || (*flags & kRouteCloned) != 0) return std::nullopt;
  Route route{.destination = {.address = *destination, .length = *length},
              .flags = *flags & kRouteOnLink,
              .table = *table,
              .protocol = *protocol,
              .type = *type};
  for (AttributeReader attributes(reader.rest()); auto attribute = attributes.next();) {
    switch (attribute->type) {
      case kRouteDestination: {
        auto address = read_ip(*family, attribute->value);
        if (!address) return std::nullopt;
        route.destination.address = *address;
        break;
      }
      case kRouteGateway: route.gateway = read_ip(*family, attribute->value); break;
      case kRouteSource: route.source = read_ip(*family, attribute->value); break;
      case kRouteOutput: route.link = attribute->u32().value_or(0); break;
      case kRoutePriority: route.metric = attribute->u32().value_or(0); break;
      case kRouteTable: route.table = attribute->u32().value_or(route.table); break;
      case kRouteMetrics: route.mtu = read_mtu(attribute->value); break;
      case kRouteCacheInfo: route.lifetime_seconds = read_lifetime(attribute->value); break;
      default: break;
    }
  }
  return route;
}

std::optional<Rule> parse_rule(Bytes body) {
  ByteReader reader(body, kHostOrder);  // struct fib_rule_hdr
  auto family = reader.u8();
  auto destination_length = reader.u8();
  auto source_length = reader.u8();
  bool fixed = reader.skip(1);
  auto table = reader.u8();
  fixed = reader.skip(2) && fixed;
  auto action = reader.u8();
  fixed = reader.skip(4) && fixed;
  if (!fixed || !family || !destination_length || !source_length || !table || !action) return std::nullopt;
  if (!unspecified(*family) || *destination_length != 0 || *source_length != width_of(*family)) return std::nullopt;
  if (*action != kRuleToTable) return std::nullopt;
  Rule rule{.table = *table};
  std::optional<IpAddress> source;
  for (AttributeReader attributes(reader.rest()); auto attribute = attributes.next();) {
    switch (attribute->type) {
      case kRuleSource: source = read_ip(*family, attribute->value); break;
      case kRulePriority: rule.priority = attribute->u32().value_or(0); break;
      case kRuleTable: rule.table = attribute->u32().value_or(rule.table); break;
      case kRuleProtocol: rule.protocol = attribute->u8().value_or(0); break;
      default: break;
    }
  }
  if (!source) return std::nullopt;
  rule.source = *source;
  return rule;
}

std::optional<RouterFlags> parse_router_flags(Bytes body) {
  ByteReader reader(body, kHostOrder);  // struct ifinfomsg
  auto family = reader.u8();
  bool fixed = reader.skip(3);
  auto index = reader.u32();
  fixed = reader.skip(8) && fixed;
  if (!fixed || family != kFamilyIpv6 || !index || *index == 0) return std::nullopt;
  for (AttributeReader attributes(reader.rest()); auto attribute = attributes.next();) {
    if (attribute->type != kLinkProtocolInfo) continue;
    for (AttributeReader inner(attribute->value); auto value = inner.next();)
      if (value->type == kInet6Flags)
        if (auto flags = value->u32())
          return RouterFlags{
              .link = *index, .managed = (*flags & kRouterManaged) != 0, .other = (*flags & kRouterOther) != 0};
  }
  return std::nullopt;
}

std::optional<RouterDns> parse_nd_user_option(Bytes body) {
  constexpr uint8_t kRouterAdvertisement = 134;  // ND_ROUTER_ADVERT
  constexpr uint16_t kSource = 1;                // NDUSEROPT_SRCADDR
  ByteReader reader(body, kHostOrder);           // struct nduseroptmsg
  auto family = reader.u8();
  bool fixed = reader.skip(1);
  auto options_length = reader.u16();
  auto index = reader.u32();
  auto icmp_type = reader.u8();
  fixed = reader.skip(7) && fixed;
  if (!fixed || family != kFamilyIpv6 || !options_length || !index || icmp_type != kRouterAdvertisement)
    return std::nullopt;
  auto option = reader.take(*options_length);  // one ND option: the kernel sends each in a message of its own
  auto dns = option ? read_router_option(*index, *option) : std::nullopt;
  if (!dns) return std::nullopt;
  (void)reader.skip((4 - *options_length % 4) % 4);
  for (AttributeReader attributes(reader.rest()); auto attribute = attributes.next();)
    if (auto source = read_ip(kFamilyIpv6, attribute->value); source && attribute->type == kSource)
      dns->router = source->v6;
  return dns;
}

}  // namespace ck::netlink
