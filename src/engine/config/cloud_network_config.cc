// SPDX-License-Identifier: MIT
// NoCloud's network-config, of version 1 (cloud-init's own) and 2 (netplan's).
#include <algorithm>
#include <span>

#include "base/text.h"
#include "engine/config/cloud_links.h"
#include "wire/yaml/document.h"

namespace ck::config {

namespace {

using toml::Kind;
using toml::Node;

using Words = std::span<const std::string_view>;

bool is_among(Words words, std::string_view word) { return std::find(words.begin(), words.end(), word) != words.end(); }

// Keys that change nothing here: what they ask for is so anyway, or has no meaning on this machine.
constexpr std::string_view kIdle1[] = {"type", "name", "wakeonlan", "params", "id"};
constexpr std::string_view kIdleSubnet[] = {"type", "broadcast", "network", "ipv4", "ipv6", "netmask", "id"};
constexpr std::string_view kIdle2[] = {"renderer", "optional", "critical", "wakeonlan",
                                       "match",    "id",       "link",     "optional-addresses"};
constexpr std::string_view kIdleRoute[] = {"to", "via", "metric", "on-link", "scope", "type"};

class NetworkConfig {
 public:
  CloudNetwork read(std::string_view text) {
    auto parsed = yaml::parse(text, kFromNetworkConfig);
    if (!parsed)
      links_.error(parsed.error().at, parsed.error().what);
    else
      read_root(*parsed);
    return links_.finish();
  }

 private:
  void read_root(const Node& root) {
    const Node* network = &root;
    if (root.kind == Kind::Table)
      if (const Node* inner = root.find("network"); inner != nullptr && !is_nothing(*inner)) network = inner;
    if (is_nothing(*network) || (network->kind == Kind::Table && network->children.empty())) return;
    if (network->kind != Kind::Table) return links_.error(network->at, "expected a table of version 1 or 2");
    const Node* config = network->find("config");
    if (config != nullptr && config->text == "disabled")
      return links_.note(config->at, "disabled: nothing of it is used");
    const Node* version = network->find("version");
    std::string_view number = version != nullptr ? std::string_view(version->text) : config != nullptr ? "1" : "2";
    if (number == "1" && config != nullptr && config->kind == Kind::Array) return read_version1(*config);
    if (number == "2") return read_version2(*network);
    if (number == "1") return links_.error(network->at, "version 1 needs `config`, an array of tables");
    links_.error(version->at, "expected version 1 or 2, not " + quoted(*version));
  }

  void unknown(const Node& node) { links_.note(node.at, "`" + node.key.substr(0, 40) + "` is left out"); }

  // What is there but of another kind is an error; nothing at all is none.
  bool is(const Node& node, Kind kind) {
    if (node.kind != kind && !is_nothing(node))
      links_.error(node.at, "`" + node.key + "`: expected " + std::string(toml::name_of(kind)));
    return node.kind == kind;
  }

  // Nothing where it is neither; then that is an error.
  std::optional<bool> flag(const Node& node) {
    if (is_nothing(node)) return std::nullopt;
    auto value = to_flag(node);
    if (!value) links_.error(node.at, "`" + node.key + "`: expected true or false, not " + quoted(node));
    return value;
  }

  // A device of a kind that does not exist here: what is lost with it decides what that is.
  void refuse(const Node& entry, std::string_view kind, bool addressed) {
    std::string text = "`" + std::string(kind) + "`: no link of this kind is made here";
    if (addressed)
      links_.error(entry.at, text + ", and the addresses that it is to have would be missing");
    else
      links_.note(entry.at, text);
  }

  // ---- version 1 ----

  void read_version1(const Node& config) {
    for (const Node& entry : config.children) {
      if (entry.kind != Kind::Table) {
        links_.error(entry.at, "expected a table with `type`");
        continue;
      }
      const Node* type = entry.find("type");
      std::string_view kind = type != nullptr ? std::string_view(type->text) : "";
      if (kind == "physical" || kind == "vlan")
        read_device1(entry, kind == "vlan");
      else if (kind == "nameserver")
        read_nameserver(entry);
      else if (kind == "route")
        global_routes_.push_back(&entry);
      else if (kind == "loopback")
        continue;
      else if (kind.empty())
        links_.error(entry.at, "`type` must be given");
      else
        refuse(entry, kind, has_subnets(entry));
    }
    for (const Node* nameserver : nameservers_) read_nameserver_of_link(*nameserver);
    for (const Node* route : global_routes_)
      if (auto read = read_route1(*route)) links_.add_route(*read);
  }

  static bool has_subnets(const Node& entry) {
    const Node* subnets = entry.find("subnets");
    if (subnets == nullptr) return false;
    return std::any_of(subnets->children.begin(), subnets->children.end(), [](const Node& subnet) {
      const Node* type = subnet.find("type");
      return type == nullptr || type->text != "manual";
    });
  }

  void read_device1(const Node& entry, bool is_vlan) {
    const Node* name = entry.find("name");
    if (name == nullptr || is_nothing(*name)) return links_.error(entry.at, "`name` must be given");
    CloudLink& link = links_.add(entry, name->text);
    link.name = name->text;
    if (is_vlan) {
      const Node* parent = entry.find("vlan_link");
      const Node* number = entry.find("vlan_id");
      if (parent == nullptr || number == nullptr) links_.error(entry.at, "a VLAN needs `vlan_link` and `vlan_id`");
      if (parent != nullptr) link.parent = *parent;
      link.parent.key = "parent";
      if (number != nullptr) link.vlan = *number;
    }
    for (const Node& child : entry.children) {
      if (child.key == "mac_address") {
        if (!is_vlan) link.mac = child;
        if (is_vlan) unknown(child);
      } else if (child.key == "mtu") {
        links_.set_mtu(link, child);
      } else if (child.key == "accept-ra") {
        if (auto value = flag(child)) link.ra = *value;
      } else if (child.key == "subnets") {
        if (is(child, Kind::Array))
          for (const Node& subnet : child.children) read_subnet(link, subnet);
      } else if (child.key != "vlan_link" && child.key != "vlan_id" && !is_among(kIdle1, child.key)) {
        unknown(child);
      }
    }
    heed_routers(link, entry);
  }

  // DHCPv6 is asked where the routers say so: it does not go without them.
  void heed_routers(CloudLink& link, const Node& entry) {
    if (!link.dhcp6 || link.ra.value_or(true)) return;
    link.ra = true;
    links_.note(entry.at, "routers are heeded all the same: DHCPv6 is asked where they call for it");
  }

  void read_subnet(CloudLink& link, const Node& subnet) {
    if (subnet.kind != Kind::Table) return links_.error(subnet.at, "expected a table with `type`");
    const Node* type_node = subnet.find("type");
    std::string_view type = type_node != nullptr ? std::string_view(type_node->text) : "";
    bool is_static = type == "static" || type == "static6";
    if (type == "dhcp" || type == "dhcp4") {
      link.dhcp4 = true;
    } else if (type == "dhcp6" || type == "ipv6_dhcpv6-stateful" || type == "ipv6_dhcpv6-stateless") {
      link.dhcp6 = true;
    } else if (type == "ipv6_slaac") {
      link.ra = true;
    } else if (type != "manual" && !is_static) {
      return links_.error(type_node != nullptr ? type_node->at : subnet.at,
                          "a subnet of no known type: " + (type_node != nullptr ? quoted(*type_node) : "none"));
    }
    if (is_static && subnet.find("address") == nullptr)
      links_.error(subnet.at, "a subnet of type " + std::string(type) + " needs `address`");
    for (const Node& child : subnet.children) {
      if (child.key == "address") {
        if (is_static) links_.add_address(link, child, subnet.find("netmask"));
      } else if (child.key == "gateway") {
        if (is_static) links_.add_router(link, child, false);
      } else if (child.key == "dns_nameservers") {
        append_texts(child, link.dns);
      } else if (child.key == "dns_search") {
        append_texts(child, link.search);
      } else if (child.key == "metric") {
        links_.set_metric(link, child);
      } else if (child.key == "mtu") {
        links_.set_mtu(link, child);
      } else if (child.key == "routes") {
        if (is(child, Kind::Array))
          for (const Node& route : child.children)
            if (auto read = read_route1(route)) links_.add_route(link, *read);
      } else if (child.key == "control") {
        if (child.text == "manual") links_.note(child.at, "links come up by themselves here: `control` is left out");
      } else if (!is_among(kIdleSubnet, child.key)) {
        unknown(child);
      }
    }
  }

  std::optional<CloudRoute> read_route1(const Node& entry) {
    const Node* to = entry.kind == Kind::Table ? entry.find("destination") : nullptr;
    if (to == nullptr && entry.kind == Kind::Table) to = entry.find("network");
    if (to == nullptr || is_nothing(*to)) {
      links_.error(entry.at, "a route needs `destination`");
      return std::nullopt;
    }
    CloudRoute route{.at = to->at, .to = to->text, .via = entry.find("gateway"), .metric = entry.find("metric")};
    const Node* mask = entry.find("netmask");
    if (mask == nullptr) mask = entry.find("prefix");
    auto address = parse_ip(to->text);
    if (address && mask != nullptr && !is_nothing(*mask)) {
      auto length = to_length(mask->text, address->family);
      if (!length) links_.error(mask->at, quoted(*mask) + " is no netmask of " + quoted(*to));
      route.to = to_text(IpPrefix{.address = *address, .length = length.value_or(0)}).view();
      if (!length) return std::nullopt;
    }
    return route;
  }

  void read_nameserver(const Node& entry) {
    if (entry.find("interface") != nullptr) return nameservers_.push_back(&entry);
    if (const Node* address = entry.find("address")) append_texts(*address, links_.dns());
    if (const Node* search = entry.find("search")) append_texts(*search, links_.search());
  }
  // Its link may stand behind it.
  void read_nameserver_of_link(const Node& entry) {
    const Node* of = entry.find("interface");
    CloudLink* link = links_.find(of->text);
    if (link == nullptr)
      return links_.note(entry.at, "name servers of " + quoted(*of) + ", which is no link here, are left out");
    if (const Node* address = entry.find("address")) append_texts(*address, link->dns);
    if (const Node* search = entry.find("search")) append_texts(*search, link->search);
  }

  // ---- version 2 ----

  void read_version2(const Node& network) {
    for (const Node& kind : network.children) {
      if (kind.key == "version" || kind.key == "renderer" || is_nothing(kind)) continue;
      if (kind.kind != Kind::Table) {
        unknown(kind);
        continue;
      }
      for (const Node& entry : kind.children) {
        if (kind.key != "ethernets" && kind.key != "vlans")
          refuse(entry, kind.key, is_addressed2(entry));
        else if (entry.kind == Kind::Table || is_nothing(entry))
          read_device2(entry, kind.key == "vlans");
        else if (entry.key != "renderer")
          links_.error(entry.at, "`" + entry.key.substr(0, 40) + "`: expected a table");
      }
    }
  }

  static bool is_addressed2(const Node& entry) {
    for (std::string_view key : {"dhcp4", "dhcp6"})
      if (const Node* value = entry.find(key); value != nullptr && to_flag(*value).value_or(false)) return true;
    const Node* addresses = entry.find("addresses");
    return addresses != nullptr && !addresses->children.empty();
  }

  void read_device2(const Node& entry, bool is_vlan) {
    CloudLink& link = links_.add(entry, entry.key);
    link.name = entry.key;
    if (is_vlan)
      read_vlan2(link, entry);
    else
      read_match(link, entry);
    for (const Node& child : entry.children) read_key2(link, child);
    heed_routers(link, entry);
  }

  void read_vlan2(CloudLink& link, const Node& entry) {
    const Node* parent = entry.find("link");
    const Node* number = entry.find("id");
    if (parent == nullptr || number == nullptr) links_.error(entry.at, "a VLAN needs `id` and `link`");
    if (parent != nullptr) link.parent = *parent;
    link.parent.key = "parent";
    if (number != nullptr) link.vlan = *number;
  }

  void read_match(CloudLink& link, const Node& entry) {
    const Node* match = entry.find("match");
    const Node* set_name = entry.find("set-name");
    if (match != nullptr && is(*match, Kind::Table)) {
      if (const Node* mac = match->find("macaddress"); mac != nullptr && !is_nothing(*mac)) link.mac = *mac;
      if (const Node* name = match->find("name"); name != nullptr && !is_nothing(*name)) link.name = name->text;
      for (const Node& child : match->children)
        if (child.key != "macaddress" && child.key != "name" && link.mac.text.empty()) unknown(child);
    }
    if (set_name == nullptr || is_nothing(*set_name)) return;
    links_.note(set_name->at, "links keep their names here: `set-name` is left out");
    link.name = set_name->text;
  }

  void read_key2(CloudLink& link, const Node& child) {
    if (is_nothing(child) || child.key == "set-name") return;
    if (child.key == "dhcp4") {
      link.dhcp4 = flag(child).value_or(false);
    } else if (child.key == "dhcp6") {
      link.dhcp6 = flag(child).value_or(false);
    } else if (child.key == "accept-ra") {
      if (auto value = flag(child)) link.ra = *value;
    } else if (child.key == "addresses") {
      read_addresses(link, child);
    } else if (child.key == "gateway4" || child.key == "gateway6") {
      links_.add_router(link, child, false);
    } else if (child.key == "nameservers") {
      if (!is(child, Kind::Table)) return;
      if (const Node* list = child.find("addresses")) append_texts(*list, link.dns);
      if (const Node* list = child.find("search")) append_texts(*list, link.search);
    } else if (child.key == "routes") {
      if (is(child, Kind::Array))
        for (const Node& route : child.children) read_route2(link, route);
    } else if (child.key == "mtu") {
      links_.set_mtu(link, child);
    } else if (child.key == "dhcp-identifier") {
      link.client_id = child.text == "duid" ? "duid" : "mac";
    } else if (child.key == "link-local") {
      if (!is(child, Kind::Array)) return;
      link.link_local4 = std::any_of(child.children.begin(), child.children.end(),
                                     [](const Node& family) { return family.text == "ipv4"; });
    } else if (child.key == "dhcp4-overrides" || child.key == "dhcp6-overrides") {
      read_overrides(link, child);
    } else if (!is_among(kIdle2, child.key)) {
      unknown(child);
    }
  }

  // One with a label or a lifetime is a table of one key, the address.
  void read_addresses(CloudLink& link, const Node& list) {
    if (list.kind != Kind::Array) return links_.add_address(link, list, nullptr);
    for (const Node& element : list.children) {
      if (element.kind != Kind::Table || element.children.empty()) {
        links_.add_address(link, element, nullptr);
        continue;
      }
      Node address = element.children.front();
      for (const Node& option : address.children) unknown(option);
      address.kind = Kind::String;
      address.text = address.key;
      links_.add_address(link, address, nullptr);
    }
  }

  void read_overrides(CloudLink& link, const Node& overrides) {
    if (!is(overrides, Kind::Table)) return;
    for (const Node& child : overrides.children) {
      if (child.key == "route-metric")
        links_.set_metric(link, child);
      else
        unknown(child);
    }
  }

  void read_route2(CloudLink& link, const Node& entry) {
    const Node* to = entry.kind == Kind::Table ? entry.find("to") : nullptr;
    if (to == nullptr || is_nothing(*to)) return links_.error(entry.at, "a route needs `to`");
    const Node* type = entry.find("type");
    if (type != nullptr && type->text != "unicast")
      return links_.note(type->at, "a route that is left out: of type " + quoted(*type));
    if (const Node* table = entry.find("table"); table != nullptr && table->text != "254")
      return links_.note(table->at, "a route that is left out: of a table of its own");
    const Node* on_link = entry.find("on-link");
    links_.add_route(link, {.at = to->at,
                            .to = to->text,
                            .via = entry.find("via"),
                            .metric = entry.find("metric"),
                            .on_link = on_link != nullptr && flag(*on_link).value_or(false)});
    for (const Node& child : entry.children)
      if (!is_among(kIdleRoute, child.key) && child.key != "table") unknown(child);
  }

  CloudLinks links_;
  std::vector<const Node*> nameservers_, global_routes_;
};

}  // namespace

CloudNetwork read_network_config(std::string_view text) { return NetworkConfig().read(text); }

}  // namespace ck::config
