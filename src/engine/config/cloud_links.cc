// SPDX-License-Identifier: MIT
#include "engine/config/cloud_links.h"

#include <algorithm>

#include "base/text.h"
#include "engine/config/values.h"

namespace ck::config {

namespace {

using toml::Kind;
using toml::Node;
using toml::Position;

constexpr std::string_view kKernelPrefix = "eth";
constexpr int64_t kMostMetric = 9999;  // as [[link]] has it
// What [[link]] takes, and one more, which check() will complain of: the rest only costs time.
constexpr size_t kMostLinks = 16 + 1;
constexpr size_t kMostAddresses = 8 + 1;
constexpr size_t kMostRoutes = 16 + 1;
constexpr size_t kMostDns = 4;
constexpr size_t kMostSearch = 3;

bool is_kernel_name(std::string_view name) {
  return name.starts_with(kKernelPrefix) && parse_u16(name.substr(kKernelPrefix.size())).has_value();
}

Node node_of(Kind kind, const Position& at, std::string_view key) {
  Node node;
  node.kind = kind;
  node.at = at;
  node.key = key;
  return node;
}
Node text_node(const Position& at, std::string_view key, std::string_view text) {
  Node node = node_of(Kind::String, at, key);
  node.text = text;
  return node;
}
Node flag_node(const Position& at, std::string_view key, bool value) {
  Node node = node_of(Kind::Boolean, at, key);
  node.boolean = value;
  return node;
}
Node number_node(const Position& at, std::string_view key, int64_t value) {
  Node node = node_of(Kind::Integer, at, key);
  node.integer = value;
  return node;
}
// An array of these, at the place of the first.
Node list_node(std::string_view key, std::vector<Node> values) {
  Node node = node_of(Kind::Array, values.front().at, key);
  node.children = std::move(values);
  return node;
}
// What templates write in quotes is a number all the same.
Node as_number(const Node& value, std::string_view key) {
  auto number = value.kind == Kind::String ? parse_u32(value.text) : std::nullopt;
  if (number) return number_node(value.at, key, *number);
  Node node = value;
  node.key = key;
  return node;
}

uint8_t whole(Family family) { return family == Family::V4 ? 32 : 128; }

std::optional<uint8_t> length_of_mask(const Ipv6Address& mask) {
  uint8_t length = 0;
  while (length < 128 && (mask.octets[length / 8] >> (7 - length % 8) & 1) != 0) ++length;
  for (size_t bit = length; bit < 128; ++bit)
    if ((mask.octets[bit / 8] >> (7 - bit % 8) & 1) != 0) return std::nullopt;
  return length;
}

void limit(CloudLinks& links, std::vector<Node>& list, size_t most, std::string_view what) {
  if (list.size() <= most) return;
  links.note(list[most].at, "only the first " + std::to_string(most) + " " + std::string(what) + " of a link are used");
  list.resize(most);
}

}  // namespace

bool is_nothing(const Node& value) { return value.kind == Kind::String && value.text.empty(); }

void append_texts(const Node& value, std::vector<Node>& list) {
  if (value.kind == Kind::Array) {
    for (const Node& element : value.children)
      if (!is_nothing(element)) list.push_back(element);
    return;
  }
  if (value.kind != Kind::String) return list.push_back(value);  // check() says what is wrong with it
  Splitter words(value.text, ' ');
  while (auto word = words.next())
    if (!trim(*word).empty()) list.push_back(text_node(value.at, "", trim(*word)));
}

std::optional<bool> to_flag(const Node& value) {
  if (value.kind == Kind::Boolean) return value.boolean;
  for (std::string_view word : {"true", "True", "yes", "on", "1"})
    if (value.text == word) return true;
  for (std::string_view word : {"false", "False", "no", "off", "0"})
    if (value.text == word) return false;
  return std::nullopt;
}

std::optional<uint8_t> to_length(std::string_view text, Family family) {
  if (text.starts_with('/')) text.remove_prefix(1);
  if (auto number = parse_u16(text)) {
    if (*number > whole(family)) return std::nullopt;
    return static_cast<uint8_t>(*number);
  }
  if (family == Family::V6) {
    auto mask = parse_ipv6(text);
    return mask ? length_of_mask(*mask) : std::nullopt;
  }
  auto mask = parse_ipv4(text);
  return mask ? prefix_length(*mask) : std::nullopt;
}

std::string quoted(const Node& value) {
  return "\"" + (value.text.empty() ? shown(value) : shown(text_node({}, "", value.text))) + "\"";
}

// ---- collecting ----

CloudLink& CloudLinks::add(const Node& entry, std::string_view id) {
  CloudLink& link = links_.size() < kMostLinks ? links_.emplace_back() : (spare_ = {});
  link.at = entry.at;
  link.id = id;
  return link;
}

CloudLink* CloudLinks::find(std::string_view id) {
  for (CloudLink& link : links_)
    if (link.id == id) return &link;
  return nullptr;
}

void CloudLinks::error(const Position& at, std::string text) {
  if (network_.errors.size() < kMaxFindings) network_.errors.push_back({.at = at, .path = {}, .text = std::move(text)});
}
void CloudLinks::note(const Position& at, std::string text) {
  if (network_.notes.size() < kMaxFindings) network_.notes.push_back({.at = at, .path = {}, .text = std::move(text)});
}

// What is no address at all stays as it is: check() knows best what was expected.
void CloudLinks::add_address(CloudLink& link, const Node& value, const Node* netmask) {
  if (is_nothing(value)) return error(value.at, "expected an address");
  if (link.addresses.size() == kMostAddresses) return;
  if (auto address = value.text.find('/') == std::string::npos ? parse_ip(value.text) : std::nullopt) {
    if (netmask == nullptr || is_nothing(*netmask))
      return error(value.at, quoted(value) + " needs a netmask, or the length of its network behind a slash");
    auto length = to_length(netmask->text, address->family);
    if (!length) return error(netmask->at, quoted(*netmask) + " is no netmask of " + quoted(value));
    IpPrefix prefix{.address = *address, .length = *length};
    return link.addresses.push_back(text_node(value.at, "", to_text(prefix)));
  }
  link.addresses.push_back(value);
}

void CloudLinks::add_router(CloudLink& link, const Node& value, bool on_link) {
  if (is_nothing(value)) return;
  auto address = parse_ip(value.text);
  if (!address || address->is_unspecified())
    return error(value.at, "expected the address of a router, not " + quoted(value));
  for (CloudRouter& other : link.routers) {
    if (other.address.family != address->family) continue;
    if (other.address == *address)
      other.on_link = other.on_link || on_link;
    else
      note(value.at, "a second default router of one family is left out: " + quoted(value));
    return;
  }
  link.routers.push_back({.at = value.at, .address = *address, .on_link = on_link});
}

void CloudLinks::add_route(CloudLink& link, const CloudRoute& route) {
  const Node* via = route.via;
  auto router = via != nullptr ? parse_ip(via->text) : std::nullopt;
  if (via != nullptr && (is_nothing(*via) || (router && router->is_unspecified()))) via = nullptr;
  auto to = parse_prefix(route.to);
  bool is_default = route.to == "default" || (to && to->length == 0 && to->address.is_unspecified());
  if (is_default && via != nullptr) {
    if (route.metric != nullptr) set_metric(link, *route.metric);
    return add_router(link, *via, route.on_link);
  }
  if (link.routes.size() == kMostRoutes) return;
  std::string destination = route.to;
  if (auto host = parse_ip(route.to); host && !to) destination += "/" + std::to_string(whole(host->family));
  Node table;
  table.at = route.at;
  table.children.push_back(text_node(route.at, "to", destination));
  if (via != nullptr) table.children.push_back(text_node(via->at, "via", via->text));
  link.routes.push_back(std::move(table));
  if (route.metric != nullptr && !is_nothing(*route.metric))
    note(route.metric->at, "only default routes have a metric: a link's routes share it");
}

void CloudLinks::add_route(const CloudRoute& route) {
  auto router = route.via != nullptr ? parse_ip(route.via->text) : std::nullopt;
  for (CloudLink& link : links_)
    for (const Node& address : link.addresses)
      if (auto network = parse_prefix(address.text); router && network && network->contains(*router))
        return add_route(link, route);
  note(route.at, "a route that is left out: its router is in no network of any link");
}

void CloudLinks::set_metric(CloudLink& link, const Node& value) {
  Node number = as_number(value, "metric");
  if (is_nothing(number)) return;
  if (number.kind != Kind::Integer || number.integer < 1 || number.integer > kMostMetric)
    note(value.at, "a metric that is left out, as it is not from 1 to " + std::to_string(kMostMetric));
  else if (link.metric.value_or(number.integer) != number.integer)
    note(value.at, "a second metric of one link is left out");
  else
    link.metric = number.integer;
}

void CloudLinks::set_mtu(CloudLink& link, const Node& value) {
  if (!is_nothing(value)) link.mtu = as_number(value, "mtu");
}

// ---- settling ----

void CloudLinks::settle_names() {
  kernel_names_.assign(links_.size(), {});
  size_t physical = static_cast<size_t>(
      std::count_if(links_.begin(), links_.end(), [](const CloudLink& link) { return !link.is_vlan(); }));
  size_t place = 0;
  for (size_t i = 0; i < links_.size(); ++i) {
    CloudLink& link = links_[i];
    if (link.is_vlan()) continue;
    std::string at_place = std::string(kKernelPrefix) + std::to_string(place++);
    if (is_kernel_name(link.name))
      kernel_names_[i] = link.name;
    else if (physical == 1 || link.mac.text.empty())
      kernel_names_[i] = at_place;
    if (!link.mac.text.empty() || is_kernel_name(link.name)) continue;
    note(link.at, "links are called eth0, eth1 and so on here: `" + (link.name.empty() ? link.id : link.name) +
                      "` is taken for " + at_place + " by its place");
  }
  for (size_t i = 0; i < links_.size(); ++i)
    for (size_t j = 0; j < i; ++j)
      if (!kernel_names_[i].empty() && kernel_names_[i] == kernel_names_[j] && links_[i].mac.text.empty() &&
          links_[j].mac.text.empty())
        error(links_[i].at, "both this and line " + std::to_string(links_[j].at.line) + " are taken for " +
                                kernel_names_[i] + ": name them by their hardware addresses");
}

// The parent's id becomes the kernel's name of it.
void CloudLinks::settle_vlan(CloudLink& link) {
  std::string wanted = link.parent.text;
  if (wanted.empty()) return;  // that it is missing has been said
  const CloudLink* parent = find(wanted);
  std::string name;
  if (parent != nullptr)
    name = kernel_names_[static_cast<size_t>(parent - links_.data())];
  else if (is_kernel_name(wanted))
    name = wanted;
  if (parent == nullptr && name.empty())
    return error(link.parent.at, "a VLAN of " + quoted(link.parent) + ", which is no link that can be had here");
  if (parent != nullptr && parent->is_vlan()) return error(link.parent.at, "a VLAN within a VLAN is not made here");
  if (name.empty())
    return error(link.parent.at,
                 "which link carries this VLAN is not known by a hardware address alone: call it eth0, "
                 "eth1 and so on");
  if (name != wanted && parent != nullptr && !parent->mac.text.empty())
    note(link.parent.at, quoted(link.parent) + " is taken for " + name);
  link.parent.text = name;
  if (link.name.empty()) link.name = name + "." + link.vlan.text;
}

// Whether one of them stands outside of the link's networks, and that is meant.
bool CloudLinks::settle_routers(CloudLink& link) {
  bool outside = false;
  for (const CloudRouter& router : link.routers) {
    bool within = router.address.is_link_local(), own_family = false, meant = router.on_link;
    for (const Node& text : link.addresses) {
      auto network = parse_prefix(text.text);
      if (!network || network->address.family != router.address.family) continue;
      own_family = true;
      within = within || network->contains(router.address);
      meant = meant || network->length == whole(router.address.family);  // so clouds write it: a host by itself
    }
    // A route to the router itself, through nobody, says the same.
    for (const Node& route : link.routes)
      if (auto to = parse_prefix(route.find("to")->text); to && route.find("via") == nullptr)
        meant = meant || to->contains(router.address);
    bool learnt = router.address.family == Family::V4 ? link.dhcp4 : link.ra.value_or(true);
    if (within || (!own_family && learnt)) continue;
    if (!meant)
      error(router.at, "the router " + std::string(to_text(router.address).view()) +
                           " is in none of this link's networks: a route with `on-link: true` says that it is meant");
    outside = true;
  }
  return outside;
}

// Those of the machine go to each link that has an address, or to all where none has.
void CloudLinks::share_servers() {
  if (dns_.empty() && search_.empty()) return;
  if (links_.empty())
    return note((dns_.empty() ? search_ : dns_).front().at, "name servers without any link are left out");
  bool any = std::any_of(links_.begin(), links_.end(), [](const CloudLink& link) { return link.is_addressed(); });
  for (CloudLink& link : links_) {
    if (any && !link.is_addressed()) continue;
    if (link.dns.empty()) link.dns = dns_;
    if (link.search.empty()) link.search = search_;
  }
}

Node CloudLinks::to_table(CloudLink& link) {
  Node table;
  table.at = link.at;
  auto put = [&](Node node) { table.children.push_back(std::move(node)); };
  auto put_list = [&](std::string_view key, std::vector<Node>& list) {
    if (!list.empty()) put(list_node(key, std::move(list)));
  };
  bool has4 = link.dhcp4;
  for (const Node& address : link.addresses) has4 = has4 || address.text.find(':') == std::string::npos;
  if (link.is_vlan()) {
    put(text_node(link.at, "name", link.name));
    put(text_node(link.parent.at, "parent", link.parent.text));
    if (!link.vlan.key.empty()) put(as_number(link.vlan, "vlan"));
  } else if (!link.mac.text.empty()) {
    std::string mac = link.mac.text;
    std::replace(mac.begin(), mac.end(), '-', ':');
    put(text_node(link.mac.at, "mac", mac));
  } else {
    put(text_node(link.at, "name", kernel_names_[static_cast<size_t>(&link - links_.data())]));
  }
  put(flag_node(link.at, "dhcp4", link.dhcp4));
  put(flag_node(link.at, "dhcp6", link.dhcp6));
  if (link.ra) put(flag_node(link.at, "ra", *link.ra));
  // Who asks for no IPv4 address is not to take one.
  if (link.link_local4 || !has4) put(flag_node(link.at, "link-local4", link.link_local4.value_or(false)));
  bool outside = settle_routers(link);
  put_list("addresses", link.addresses);
  std::vector<Node> routers;
  for (const CloudRouter& router : link.routers) routers.push_back(text_node(router.at, "", to_text(router.address)));
  put_list("gateway", routers);
  if (outside) put(flag_node(link.at, "gateway-on-link", true));
  limit(*this, link.dns, kMostDns, "name servers");
  limit(*this, link.search, kMostSearch, "domains");
  put_list("dns", link.dns);
  put_list("search", link.search);
  if (!link.mtu.key.empty()) put(link.mtu);
  if (link.metric) put(number_node(link.at, "metric", *link.metric));
  if (!link.client_id.empty()) put(text_node(link.at, "client-id", link.client_id));
  put_list("routes", link.routes);
  return table;
}

CloudNetwork CloudLinks::finish() {
  settle_names();
  for (CloudLink& link : links_)
    if (link.is_vlan()) settle_vlan(link);
  share_servers();
  network_.links.kind = Kind::Array;
  network_.links.key = "link";
  for (CloudLink& link : links_) network_.links.children.push_back(to_table(link));
  if (!network_.links.children.empty()) network_.links.at = network_.links.children.front().at;
  return std::move(network_);
}

}  // namespace ck::config
