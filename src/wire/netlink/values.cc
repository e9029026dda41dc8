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
      default: break;
    }
  }
  return route;
}

std::optional<RouterDns> parse_nd_user_option(Bytes body) {
  constexpr uint8_t kRouterAdvertisement = 134;  // ND_ROUTER_ADVERT
  constexpr uint8_t kServers = 25;               // RFC 8106 5.1: RDNSS
  constexpr uint8_t kDomains = 31;               // RFC 8106 5.2: DNSSL
  ByteReader reader(body, kHostOrder);           // struct nduseroptmsg
  auto family = reader.u8();
  bool fixed = reader.skip(1);
  auto options_length = reader.u16();
  auto index = reader.u32();
  auto icmp_type = reader.u8();
  fixed = reader.skip(7) && fixed;
  if (!fixed || family != kFamilyIpv6 || !options_length || !index || icmp_type != kRouterAdvertisement)
    return std::nullopt;
  auto options = reader.take(*options_length);
  if (!options) return std::nullopt;

  ByteReader option(*options);  // one ND option: the kernel sends each in a message of its own
  auto type = option.u8();
  auto units = option.u8();
  if (!type || !units || *units == 0 || *units * 8u > options->size()) return std::nullopt;
  option = ByteReader(options->first(*units * 8u));
  fixed = option.skip(4);
  auto lifetime = option.u32();
  if (!fixed || !lifetime) return std::nullopt;
  RouterDns dns{.link = *index, .lifetime_seconds = *lifetime};
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

}  // namespace ck::netlink
