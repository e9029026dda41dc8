// SPDX-License-Identifier: MIT
// OpenStack's network_data.json, as it stands on a ConfigDrive (Nova, doc/api_schemas/network_data.json): `links` are
// devices, `networks` their addresses, `services` name servers.
#include "engine/config/cloud_links.h"
#include "wire/yaml/document.h"

namespace ck::config {

namespace {

using toml::Kind;
using toml::Node;

class NetworkData {
 public:
  CloudNetwork read(std::string_view text) {
    auto parsed = yaml::parse(text, kFromNetworkConfig);
    if (!parsed)
      links_.error(parsed.error().at, parsed.error().what);
    else if (parsed->kind != Kind::Table)
      links_.error(parsed->at, "expected an object with `links` and `networks`");
    else
      read_root(*parsed);
    return links_.finish();
  }

 private:
  void read_root(const Node& root) {
    each(root, "links", [this](const Node& link) { read_link(link); });
    each(root, "networks", [this](const Node& network) { read_network(network); });
    each(root, "services", [this](const Node& service) { read_service(service, links_.dns()); });
    for (const Node& child : root.children)
      if (child.key != "links" && child.key != "networks" && child.key != "services")
        links_.note(child.at, "`" + child.key.substr(0, 40) + "` is left out");
  }

  // The objects of an array, which may be absent or null.
  template <typename Visit>
  void each(const Node& table, std::string_view key, Visit visit) {
    const Node* list = table.find(key);
    if (list == nullptr || is_nothing(*list)) return;
    if (list->kind != Kind::Array) return links_.error(list->at, "`" + std::string(key) + "`: expected an array");
    for (const Node& element : list->children) {
      if (element.kind == Kind::Table)
        visit(element);
      else
        links_.error(element.at, "`" + std::string(key) + "`: expected an object");
    }
  }

  static const Node* value_of(const Node& table, std::string_view key) {
    const Node* value = table.find(key);
    return value != nullptr && !is_nothing(*value) ? value : nullptr;
  }

  // What is neither a VLAN nor a bond is a device of the machine, whatever the host calls its own end of it.
  void read_link(const Node& entry) {
    const Node* id = value_of(entry, "id");
    const Node* type = value_of(entry, "type");
    if (id == nullptr) return links_.error(entry.at, "a link needs `id`");
    if (type != nullptr && type->text == "bond") {
      bonds_.push_back(id->text);
      return links_.note(type->at, "bonds are not made here: " + quoted(*id));
    }
    CloudLink& link = links_.add(entry, id->text);
    if (const Node* name = value_of(entry, "name")) link.name = name->text;
    if (const Node* mtu = value_of(entry, "mtu")) links_.set_mtu(link, *mtu);
    if (type != nullptr && type->text == "vlan")
      read_vlan(link, entry);
    else if (const Node* mac = value_of(entry, "ethernet_mac_address"))
      link.mac = *mac;
  }

  void read_vlan(CloudLink& link, const Node& entry) {
    const Node* parent = value_of(entry, "vlan_link");
    const Node* number = value_of(entry, "vlan_id");
    if (parent == nullptr || number == nullptr) links_.error(entry.at, "a VLAN needs `vlan_link` and `vlan_id`");
    if (parent != nullptr) link.parent = *parent;
    link.parent.key = "parent";
    if (number != nullptr) link.vlan = *number;
  }

  void read_network(const Node& entry) {
    const Node* id = value_of(entry, "link");
    const Node* type_node = value_of(entry, "type");
    if (id == nullptr || type_node == nullptr) return links_.error(entry.at, "a network needs `link` and `type`");
    CloudLink* link = links_.find(id->text);
    if (link == nullptr) {
      bool bond = false;
      for (const std::string& each : bonds_) bond = bond || each == id->text;
      return links_.error(id->at, bond ? "the addresses of a bond would be missing: " + quoted(*id)
                                       : quoted(*id) + " is none of the links");
    }
    std::string_view type = type_node->text;
    bool is_static = type == "ipv4" || type == "ipv6" || type == "static" || type == "static6";
    if (type == "ipv4_dhcp") {
      link->dhcp4 = true;
    } else if (type == "ipv6_dhcp" || type == "ipv6_dhcpv6-stateful" || type == "ipv6_dhcpv6-stateless") {
      link->dhcp6 = true;
      link->ra = true;
    } else if (type == "ipv6_slaac") {
      link->ra = true;
    } else if (is_static) {
      read_static(*link, entry);
      // As cloud-init has it, unless another network of the link needs the routers.
      if (!type.ends_with('4') && type != "static" && !link->ra) link->ra = false;
    } else {
      return links_.error(type_node->at, "a network of no known type: " + quoted(*type_node));
    }
    each(entry, "services", [&](const Node& service) { read_service(service, link->dns); });
    if (const Node* servers = value_of(entry, "dns_nameservers")) append_texts(*servers, link->dns);
    if (const Node* domains = value_of(entry, "dns_search")) append_texts(*domains, link->search);
    if (is_static) each(entry, "routes", [&](const Node& route) { read_route(*link, route); });
  }

  void read_static(CloudLink& link, const Node& entry) {
    const Node* address = value_of(entry, "ip_address");
    if (address == nullptr) return links_.error(entry.at, "a network by hand needs `ip_address`");
    links_.add_address(link, *address, entry.find("netmask"));
    if (const Node* router = value_of(entry, "gateway")) links_.add_router(link, *router, false);
  }

  void read_route(CloudLink& link, const Node& entry) {
    const Node* network = value_of(entry, "network");
    if (network == nullptr) return links_.error(entry.at, "a route needs `network`");
    CloudRoute route{.at = network->at, .to = network->text, .via = value_of(entry, "gateway")};
    const Node* mask = value_of(entry, "netmask");
    if (auto address = parse_ip(network->text); address && mask != nullptr) {
      auto length = to_length(mask->text, address->family);
      if (!length) return links_.error(mask->at, quoted(*mask) + " is no netmask of " + quoted(*network));
      route.to = to_text(IpPrefix{.address = *address, .length = *length}).view();
    }
    links_.add_route(link, route);
  }

  void read_service(const Node& entry, std::vector<Node>& dns) {
    const Node* type = value_of(entry, "type");
    const Node* address = value_of(entry, "address");
    if (type != nullptr && type->text == "dns" && address != nullptr)
      append_texts(*address, dns);
    else
      links_.note(entry.at, "a service that is left out: only `dns` is known");
  }

  CloudLinks links_;
  std::vector<std::string> bonds_;
};

}  // namespace

CloudNetwork read_network_data(std::string_view text) { return NetworkData().read(text); }

}  // namespace ck::config
