// SPDX-License-Identifier: MIT
#include "wire/netlink/requests.h"

#include <array>

#include "wire/netlink/constants.h"
#include "wire/netlink/message.h"

namespace ck::netlink {

namespace {

// The bytes of an address of either family.
struct AddressBytes {
  std::array<uint8_t, 16> data{};
  size_t size = 0;
  explicit AddressBytes(const IpAddress& address) {
    if (address.family == Family::V6) {
      data = address.v6.octets;
      size = 16;
      return;
    }
    ByteWriter out(data);
    size = out.u32(address.v4.value).size();
  }
  Bytes bytes() const { return Bytes(data).first(size); }
};

uint8_t family_of(const IpAddress& address) { return address.family == Family::V4 ? kFamilyIpv4 : kFamilyIpv6; }

void put_address_header(MessageWriter& message, const Address& address) {
  message.body().u8(family_of(address.prefix.address)).u8(address.prefix.length).u8(0).u8(address.scope);
  message.body().u32(address.link);
  AddressBytes local(address.prefix.address);
  message.attribute(kAddressLocal, local.bytes()).attribute(kAddressAddress, local.bytes());
}

void put_route(MessageWriter& message, const Route& route) {
  uint8_t scope = route.gateway || route.destination.address.family == Family::V6 ? kScopeUniverse : kScopeLink;
  message.body().u8(family_of(route.destination.address)).u8(route.destination.length).u8(0).u8(0);
  message.body().u8(route.table <= 0xff ? static_cast<uint8_t>(route.table) : kTableCompatible);
  message.body().u8(route.protocol).u8(scope).u8(route.type).u32(route.flags);
  if (route.destination.length > 0)
    message.attribute(kRouteDestination, AddressBytes(route.destination.address).bytes());
  message.attribute_u32(kRouteOutput, route.link).attribute_u32(kRoutePriority, route.metric);
  if (route.gateway) message.attribute(kRouteGateway, AddressBytes(*route.gateway).bytes());
  if (route.source) message.attribute(kRouteSource, AddressBytes(*route.source).bytes());
  if (route.table > 0xff) message.attribute_u32(kRouteTable, route.table);
  if (route.mtu != 0) {
    auto metrics = message.nest(kRouteMetrics);
    message.attribute_u32(kMetricMtu, route.mtu);
    message.close(metrics);
  }
}

void put_rule(MessageWriter& message, const Rule& rule) {
  AddressBytes source(rule.source);
  message.body().u8(family_of(rule.source)).u8(0).u8(static_cast<uint8_t>(source.size * 8)).u8(0);
  message.body().u8(rule.table <= 0xff ? static_cast<uint8_t>(rule.table) : kTableCompatible);
  message.body().u8(0).u8(0).u8(kRuleToTable).u32(0);
  message.attribute(kRuleSource, source.bytes()).attribute_u32(kRulePriority, rule.priority);
  message.attribute_u32(kRuleTable, rule.table).attribute_u8(kRuleProtocol, rule.protocol);
}

}  // namespace

MutableBytes request_dump(Table table, MutableBytes buffer) {
  struct Form {
    uint16_t type;
    uint8_t family;
    size_t size;  // of struct ifinfomsg, ifaddrmsg, rtmsg or fib_rule_hdr
  };
  auto form = [&]() -> Form {
    switch (table) {
      case Table::Links: return {kGetLink, kFamilyUnspecified, 16};
      case Table::RouterFlags: return {kGetLink, kFamilyIpv6, 16};
      case Table::Addresses: return {kGetAddress, kFamilyUnspecified, 8};
      case Table::Routes: return {kGetRoute, kFamilyUnspecified, 12};
      case Table::Rules: return {kGetRule, kFamilyUnspecified, 12};
    }
    __builtin_unreachable();
  }();
  MessageWriter message(buffer, form.type, kFlagRequest | kFlagDump);
  message.body().u8(form.family).zeros(form.size - 1);
  if (table == Table::Links) message.attribute_u32(kLinkExtMask, kSkipStatistics);
  return message.finish();
}

MutableBytes request_link_up(uint32_t link, MutableBytes buffer) {
  MessageWriter message(buffer, kNewLink, kFlagRequest | kFlagAck);
  message.body().u8(kFamilyUnspecified).u8(0).u16(0).u32(link).u32(kLinkUp).u32(kLinkUp);
  return message.finish();
}

MutableBytes request_link_mtu(uint32_t link, uint32_t mtu, MutableBytes buffer) {
  MessageWriter message(buffer, kNewLink, kFlagRequest | kFlagAck);
  message.body().u8(kFamilyUnspecified).u8(0).u16(0).u32(link).u32(0).u32(0);
  message.attribute_u32(kLinkMtu, mtu);
  return message.finish();
}

MutableBytes request_add_vlan(uint32_t parent, const LinkName& name, uint16_t id, MutableBytes buffer) {
  MessageWriter message(buffer, kNewLink, kFlagRequest | kFlagAck | kFlagCreate | kFlagExclusive);
  message.body().zeros(16);
  char text[LinkName::capacity() + 1] = {};
  name.view().copy(text, LinkName::capacity());
  message.attribute(kLinkName, as_bytes({text, name.size() + 1})).attribute_u32(kLinkParent, parent);
  auto info = message.nest(kLinkInfo);
  message.attribute(kLinkInfoKind, as_bytes("vlan"));
  auto data = message.nest(kLinkInfoData);
  message.attribute_u16(kVlanId, id);
  message.close(data);
  message.close(info);
  return message.finish();
}

MutableBytes request_set_address(const Address& address, MutableBytes buffer) {
  MessageWriter message(buffer, kNewAddress, kFlagRequest | kFlagAck | kFlagCreate | kFlagReplace);
  put_address_header(message, address);
  if (address.prefix.address.family == Family::V4 && address.prefix.length < 31) {
    Ipv4Address broadcast{address.prefix.address.v4.value | ~netmask_of(address.prefix.length).value};
    message.attribute(kAddressBroadcast, AddressBytes(broadcast).bytes());
  }
  uint8_t cache[16];
  ByteWriter out(cache, kHostOrder);
  out.u32(address.lifetimes.preferred).u32(address.lifetimes.valid).u32(0).u32(0);
  message.attribute(kAddressCacheInfo, cache);
  message.attribute_u32(kAddressRoutePriority, address.metric).attribute_u8(kAddressProtocol, address.protocol);
  // RFC 4429: in use while it is being checked.
  if (address.prefix.address.family == Family::V6) message.attribute_u32(kAddressFlags, kAddressOptimistic);
  return message.finish();
}

MutableBytes request_remove_address(const Address& address, MutableBytes buffer) {
  MessageWriter message(buffer, kDeleteAddress, kFlagRequest | kFlagAck);
  put_address_header(message, address);
  return message.finish();
}

MutableBytes request_set_route(const Route& route, MutableBytes buffer) {
  MessageWriter message(buffer, kNewRoute, kFlagRequest | kFlagAck | kFlagCreate | kFlagReplace);
  put_route(message, route);
  return message.finish();
}

MutableBytes request_remove_route(const Route& route, MutableBytes buffer) {
  MessageWriter message(buffer, kDeleteRoute, kFlagRequest | kFlagAck);
  put_route(message, route);
  return message.finish();
}

MutableBytes request_add_rule(const Rule& rule, MutableBytes buffer) {
  MessageWriter message(buffer, kNewRule, kFlagRequest | kFlagAck | kFlagCreate | kFlagExclusive);
  put_rule(message, rule);
  return message.finish();
}

MutableBytes request_remove_rule(const Rule& rule, MutableBytes buffer) {
  MessageWriter message(buffer, kDeleteRule, kFlagRequest | kFlagAck);
  put_rule(message, rule);
  return message.finish();
}

}  // namespace ck::netlink
