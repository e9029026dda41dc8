// SPDX-License-Identifier: MIT
// The requests that we send to rtnetlink: dump a table, bring a link up, make a VLAN, set or remove an address, a route
// or a rule.
// Each fills a caller's buffer and returns the message, empty when the buffer is too small (kRequestSize is enough).
#pragma once

#include "wire/netlink/values.h"

namespace ck::netlink {

inline constexpr size_t kRequestSize = 256;

enum class Table : uint8_t { Links, RouterFlags, Addresses, Routes, Rules };

MutableBytes request_dump(Table table, MutableBytes buffer);
MutableBytes request_link_up(uint32_t link, MutableBytes buffer);
MutableBytes request_link_mtu(uint32_t link, uint32_t mtu, MutableBytes buffer);
// An IEEE 802.1Q child of `parent`. `id` is 1 to 4094.
MutableBytes request_add_vlan(uint32_t parent, const LinkName& name, uint16_t id, MutableBytes buffer);
// Adds the address, or renews the lifetimes of the one that is there.
MutableBytes request_set_address(const Address& address, MutableBytes buffer);
MutableBytes request_remove_address(const Address& address, MutableBytes buffer);
// Adds the route in its table, or replaces the one of the same destination and metric.
MutableBytes request_set_route(const Route& route, MutableBytes buffer);
MutableBytes request_remove_route(const Route& route, MutableBytes buffer);
MutableBytes request_add_rule(const Rule& rule, MutableBytes buffer);
MutableBytes request_remove_rule(const Rule& rule, MutableBytes buffer);

}  // namespace ck::netlink
