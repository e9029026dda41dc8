// SPDX-License-Identifier: MIT
#include "engine/netconf/spec_text.h"

#include "wire/dhcp4/domain_list.h"
#include "wire/state/record.h"

namespace ck::netconf {

namespace {

constexpr uint16_t kLastVlan = 4094;  // IEEE 802.1Q
constexpr uint32_t kLeastMtu = 576;
constexpr uint32_t kMostMtu = 65'535;
constexpr uint32_t kMostMetric = 9'999;

using Complaint = std::optional<std::string_view>;  // nothing: all is well

struct Value {
  std::string_view key;
  FixedString<256> text;
};

Complaint read_switch(const Value& value, Switch& target) {
  if (value.text == "on")
    target = Switch::On;
  else if (value.text == "off")
    target = Switch::Off;
  else
    return "neither on nor off";
  return std::nullopt;
}

Complaint read_number(const Value& value, uint32_t least, uint32_t most, uint32_t& target) {
  auto number = parse_u32(value.text);
  if (!number || *number < least || *number > most) return "not a number within its bounds";
  target = *number;
  return std::nullopt;
}

Complaint read_name(const Value& value, netlink::LinkName& target) {
  if (value.text.empty() || value.text.size() > netlink::LinkName::capacity()) return "not a link's name";
  for (char character : value.text.view())
    if (character <= ' ' || character > '~' || character == '/' || character == ':') return "not a link's name";
  if (value.text == "." || value.text == "..") return "not a link's name";
  target = netlink::LinkName(value.text.view());
  return std::nullopt;
}

Complaint set_link_field(const Value& value, LinkSpec& link) {
  if (value.key == "name") return read_name(value, link.name);
  if (value.key == "parent") return read_name(value, link.parent);
  if (value.key == "mac") {
    link.mac = parse_mac(value.text);
    return link.mac ? Complaint() : "not a hardware address";
  }
  if (value.key == "vlan") {
    uint32_t number = 0;
    if (auto complaint = read_number(value, 1, kLastVlan, number)) return complaint;
    link.vlan = static_cast<uint16_t>(number);
    return std::nullopt;
  }
  if (value.key == "dhcp4") return read_switch(value, link.dhcp4);
  if (value.key == "dhcp6") return read_switch(value, link.dhcp6);
  if (value.key == "ra") return read_switch(value, link.router_advertisements);
  if (value.key == "link-local4") return read_switch(value, link.link_local4);
  if (value.key == "rapid-commit") return read_switch(value, link.rapid_commit);
  if (value.key == "ipv6-only") return read_switch(value, link.ipv6_only);
  if (value.key == "mtu") return read_number(value, kLeastMtu, kMostMtu, link.mtu);
  if (value.key == "metric") return read_number(value, 1, kMostMetric, link.metric);
  if (value.key == "use") {
    if (value.text != "always" && value.text != "fallback") return "neither always nor fallback";
    link.use = value.text == "always" ? StaticUse::Always : StaticUse::Fallback;
    return std::nullopt;
  }
  if (value.key == "client-id") {
    if (value.text != "mac" && value.text != "duid") return "neither mac nor duid";
    link.client_id = value.text == "mac" ? ClientIdKind::Mac : ClientIdKind::Duid;
    return std::nullopt;
  }
  return "not a key of this record";
}

bool is_usable(const IpAddress& address) {
  if (address.is_unspecified() || address.is_loopback()) return false;
  return address.family == Family::V4 ? !address.v4.is_multicast() && !address.v4.is_broadcast()
                                      : !address.v6.is_multicast();
}

std::optional<IpPrefix> parse_destination(std::string_view text) {
  if (text == "default") return IpPrefix{.address = Ipv4Address{}, .length = 0};
  if (text == "default6") return IpPrefix{.address = Ipv6Address{}, .length = 0};
  return parse_prefix(text);
}

// Calls visit(value) for each field but `link`; the first complaint ends it.
template <typename Visit>
std::expected<void, SpecError> for_each_field(std::string_view line, unsigned number, Visit visit) {
  state::Record record(line);
  Splitter fields(line, ' ');
  (void)fields.next();  // the kind
  while (auto field = fields.next()) {
    size_t equals = field->find('=');
    if (field->empty()) continue;
    if (equals == std::string_view::npos)
      return std::unexpected(SpecError{number, FixedString<32>(*field), "has no value"});
    std::string_view key = field->substr(0, equals);
    Value value{.key = key, .text = record.text<256>(key)};
    if (auto complaint = visit(value)) return std::unexpected(SpecError{number, FixedString<32>(key), *complaint});
  }
  return {};
}

std::expected<void, SpecError> read_link(std::string_view line, unsigned number, NetworkSpec& spec) {
  LinkSpec link;
  auto read = for_each_field(line, number, [&](const Value& value) { return set_link_field(value, link); });
  if (!read) return read;
  auto refuse = [&](std::string_view key, std::string_view complaint) {
    return std::unexpected(SpecError{number, FixedString<32>(key), complaint});
  };
  if (link.name.empty() && !link.mac) return refuse("name", "a link needs a name or a hardware address");
  if (link.parent.empty() != (link.vlan == 0)) return refuse("vlan", "a VLAN needs both its parent and its number");
  if (!link.parent.empty() && (link.name.empty() || link.name == link.parent))
    return refuse("name", "a VLAN needs a name of its own");
  for (const LinkSpec& other : spec.links)
    if (other.name == link.name && other.mac == link.mac) return refuse("name", "the link stands there already");
  if (!spec.links.push_back(link)) return refuse("", "more links than there is room for");
  return {};
}

// A record that belongs to a link: finds it by `link`, then hands on the other fields.
template <typename Visit>
std::expected<LinkSpec*, SpecError> read_of_link(std::string_view line, unsigned number, NetworkSpec& spec,
                                                 Visit visit) {
  auto wanted = state::Record(line).text<64>("link");
  LinkSpec* link = nullptr;
  for (LinkSpec& other : spec.links)
    if (other.name.empty() ? other.mac && to_text(*other.mac) == wanted.view() : other.name == wanted.view())
      link = &other;
  if (link == nullptr) return std::unexpected(SpecError{number, "link", "no such link stands before this line"});
  auto read = for_each_field(
      line, number, [&](const Value& value) -> Complaint { return value.key == "link" ? Complaint() : visit(value); });
  if (!read) return std::unexpected(read.error());
  return link;
}

template <typename List, typename T>
std::expected<void, SpecError> add(List& list, const std::optional<T>& value, std::string_view key, unsigned number) {
  if (!value) return std::unexpected(SpecError{number, FixedString<32>(key), "is missing"});
  if (!list.push_back(*value)) return std::unexpected(SpecError{number, "", "more than there is room for"});
  return {};
}

std::expected<void, SpecError> read_address(std::string_view line, unsigned number, NetworkSpec& spec) {
  std::optional<IpPrefix> address;
  auto link = read_of_link(line, number, spec, [&](const Value& value) -> Complaint {
    if (value.key != "address") return "not a key of this record";
    address = parse_prefix(value.text);
    if (!address || address->length == 0 || !is_usable(address->address)) return "not an address with its length";
    return std::nullopt;
  });
  if (!link) return std::unexpected(link.error());
  return add((*link)->addresses, address, "address", number);
}

std::expected<void, SpecError> read_route(std::string_view line, unsigned number, NetworkSpec& spec) {
  std::optional<IpPrefix> destination;
  std::optional<IpAddress> gateway;
  auto link = read_of_link(line, number, spec, [&](const Value& value) -> Complaint {
    if (value.key == "destination") {
      destination = parse_destination(value.text);
      return destination ? Complaint() : "not a prefix";
    }
    if (value.key != "gateway") return "not a key of this record";
    gateway = parse_ip(value.text);
    return gateway && is_usable(*gateway) ? Complaint() : "not a host's address";
  });
  if (!link) return std::unexpected(link.error());
  if (destination && gateway && gateway->family != destination->address.family)
    return std::unexpected(SpecError{number, "gateway", "is of another family than the destination"});
  std::optional<RouteSpec> route;
  if (destination) route = RouteSpec{*destination, gateway};
  return add((*link)->routes, route, "destination", number);
}

std::expected<void, SpecError> read_dns(std::string_view line, unsigned number, NetworkSpec& spec) {
  std::optional<IpAddress> address;
  auto link = read_of_link(line, number, spec, [&](const Value& value) -> Complaint {
    if (value.key != "address") return "not a key of this record";
    address = parse_ip(value.text);
    return address && (is_usable(*address) || address->is_loopback()) ? Complaint() : "not a host's address";
  });
  if (!link) return std::unexpected(link.error());
  return add((*link)->dns, address, "address", number);
}

std::expected<void, SpecError> read_search(std::string_view line, unsigned number, NetworkSpec& spec) {
  std::optional<dhcp4::DomainName> name;
  auto link = read_of_link(line, number, spec, [&](const Value& value) -> Complaint {
    if (value.key != "name") return "not a key of this record";
    if (!dhcp4::is_domain_name(value.text)) return "not a domain name";
    name = dhcp4::DomainName(value.text.view());
    return std::nullopt;
  });
  if (!link) return std::unexpected(link.error());
  return add((*link)->search, name, "name", number);
}

}  // namespace

std::expected<NetworkSpec, SpecError> parse_spec(std::string_view text) {
  using Reader = std::expected<void, SpecError> (*)(std::string_view, unsigned, NetworkSpec&);
  struct Kind {
    std::string_view name;
    Reader read;
  };
  constexpr Kind kKinds[] = {{"link", read_link},
                             {"address", read_address},
                             {"route", read_route},
                             {"dns", read_dns},
                             {"search", read_search}};
  NetworkSpec spec;
  unsigned number = 0;
  for (Splitter lines(text, '\n'); auto line = lines.next();) {
    ++number;
    if (line->empty() || line->front() == '#') continue;
    std::string_view kind = line->substr(0, line->find(' '));
    Reader read = nullptr;
    for (const Kind& known : kKinds)
      if (known.name == kind) read = known.read;
    if (read == nullptr) return std::unexpected(SpecError{number, FixedString<32>(kind), "is no kind of record"});
    if (auto done = read(*line, number, spec); !done) return std::unexpected(done.error());
  }
  return spec;
}

}  // namespace ck::netconf
