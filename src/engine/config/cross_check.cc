// SPDX-License-Identifier: MIT
#include "engine/config/cross_check.h"

#include <algorithm>

#include "base/addresses.h"
#include "engine/access/networks.h"
#include "engine/config/overlay.h"
#include "engine/config/schema.h"
#include "engine/config/values.h"
#include "engine/gateway/spec_text.h"
#include "engine/web/spec.h"

namespace ck::config {

namespace {

using toml::Kind;
using toml::Node;
using Complain = std::function<void(const Finding&)>;

// The strings of one value or an array of them.
template <typename Visit>
void each_text(const Node* list, Visit visit) {
  if (list == nullptr) return;
  if (list->kind == Kind::String) visit(*list);
  for (const Node& element : list->children)
    if (element.kind == Kind::String) visit(element);
}

bool is_set(const Node& table, std::string_view key) {
  const Node* flag = table.find(key);
  return flag != nullptr && flag->kind == Kind::Boolean && flag->boolean;
}
bool is_unset(const Node& table, std::string_view key) {
  const Node* flag = table.find(key);
  return flag != nullptr && flag->kind == Kind::Boolean && !flag->boolean;
}

std::string quoted(const Node& value) { return "\"" + value.text.substr(0, 60) + "\""; }

std::string at_line(const Node& value) {
  return value.at.source == kFromCommandLine ? "the kernel command line" : "line " + std::to_string(value.at.line);
}

void check_gateways(const Node& link, const std::string& path, const Complain& complain) {
  if (is_set(link, "gateway-on-link")) return;
  std::optional<Family> taken;
  each_text(link.find("gateway"), [&](const Node& value) {
    auto gateway = parse_ip(value.text);
    if (!gateway) return;
    if (taken == gateway->family)
      complain({.at = value.at, .path = path + ".gateway", .text = "a second router of one family"});
    taken = gateway->family;
    bool own_family = false, within = gateway->is_link_local();
    each_text(link.find("addresses"), [&](const Node& text) {
      auto network = parse_prefix(text.text);
      if (!network || network->address.family != gateway->family) return;
      own_family = true;
      within = within || network->contains(*gateway);
    });
    bool learnt = gateway->family == Family::V4 ? !is_unset(link, "dhcp4") : !is_unset(link, "ra");
    if (within || (!own_family && learnt)) return;
    complain(
        {.at = value.at,
         .path = path + ".gateway",
         .text = quoted(value) + " is in none of this link's networks: set gateway-on-link = true if that is meant"});
  });
}

void check_identity(const Node& link, const std::string& path, const Complain& complain) {
  const Node* name = link.find("name");
  if (name == nullptr && link.find("mac") == nullptr)
    complain({.at = link.at, .path = path, .text = "a link needs `name` or `mac`"});
  bool has_parent = link.find("parent") != nullptr, has_number = link.find("vlan") != nullptr;
  if (has_parent != has_number)
    complain({.at = link.at, .path = path, .text = "a VLAN needs both `parent` and `vlan`"});
  if (has_parent && name == nullptr)
    complain({.at = link.at, .path = path, .text = "a VLAN needs a `name` of its own"});
}

struct Placed {
  IpAddress address;
  const Node* value = nullptr;
};

void check_links(const Node& document, const Complain& complain) {
  const Node* links = document.find("link");
  if (links == nullptr || links->kind != Kind::Array) return;
  std::vector<Placed> addresses;
  for (size_t i = 0; i < links->children.size(); ++i) {
    const Node& link = links->children[i];
    if (link.kind != Kind::Table) continue;
    std::string path = "link[" + std::to_string(i) + "]";
    check_identity(link, path, complain);
    check_gateways(link, path, complain);
    each_text(link.find("addresses"), [&](const Node& value) {
      auto prefix = parse_prefix(value.text);
      if (!prefix) return;
      auto other = std::ranges::find(addresses, prefix->address, &Placed::address);
      if (other == addresses.end()) return addresses.push_back({prefix->address, &value});
      complain({.at = value.at,
                .path = path + ".addresses",
                .text = quoted(value) + " has its address in common with " + at_line(*other->value)});
    });
  }
}

void check_sources(const Node& document, std::string_view section, const Complain& complain) {
  const Node* table = document.find(section);
  if (table == nullptr || table->kind != Kind::Table || is_set(*table, "public-sources")) return;
  each_text(table->find("sources"), [&](const Node& value) {
    auto network = parse_prefix(value.text);
    if (auto address = parse_ip(value.text); !network && address)
      network = IpPrefix{.address = *address, .length = static_cast<uint8_t>(address->family == Family::V4 ? 32 : 128)};
    if (!network || !access::is_public(*network)) return;
    std::string text = quoted(value);
    text += access::is_shared(*network) ? " is shared address space (RFC 6598)" : " is routed in the Internet";
    complain({.at = value.at,
              .path = std::string(section) + ".sources",
              .text = text + ": set public-sources = true if that is meant"});
  });
}

// What several listen on: the second could never do so.
class Doors {
 public:
  explicit Doors(const Complain& complain) : complain_(complain) {}

  // Those of one table; without `listen` it is the usual port.
  void add(const Node& table, std::string_view section, const std::string& path, uint16_t usual) {
    const Node* list = table.find("listen");
    if (list == nullptr) return add({.port = usual, .address = {}}, table, path);
    auto each = [&](const Node& value) {
      auto fields = to_fields(*find_key(section, "listen"), value);
      if (!fields) return;  // the schema complains
      gateway::ListenerSpec door{.port = parse_u16(fields->front().value).value_or(0), .address = {}};
      if (fields->size() > 1) door.address = parse_ip(fields->back().value);
      add(door, value, path + ".listen");
    };
    if (list->kind != Kind::Array) return each(*list);
    for (const Node& value : list->children) each(value);
  }

 private:
  struct Taken {
    gateway::ListenerSpec door;
    const Node* by;
  };
  void add(const gateway::ListenerSpec& door, const Node& by, const std::string& path) {
    for (const Taken& taken : taken_)
      if (taken.door.port == door.port && overlap(taken.door.address, door.address))
        return complain_(
            {.at = by.at,
             .path = path,
             .text = "port " + std::to_string(door.port) + " is listened on already by " + at_line(*taken.by)});
    taken_.push_back({door, &by});
  }

  const Complain& complain_;
  std::vector<Taken> taken_;
};

void check_doors(const Node& document, const Complain& complain) {
  Doors doors(complain);
  if (const Node* gateway = document.find("gateway"); gateway != nullptr && gateway->kind == Kind::Table) {
    const Node* pools = gateway->find("pool");
    if (pools != nullptr && pools->kind == Kind::Array) {
      for (size_t i = 0; i < pools->children.size(); ++i)
        if (pools->children[i].kind == Kind::Table)
          doors.add(pools->children[i], "gateway.pool", "gateway.pool[" + std::to_string(i) + "]",
                    gateway::kDefaultPort);
    } else {
      doors.add(*gateway, "gateway.pool", "gateway", gateway::kDefaultPort);
    }
  }
  const Node* web = document.find("web");
  if (web != nullptr && web->kind == Kind::Table && !is_unset(*web, "enabled"))
    doors.add(*web, "web", "web", web::kDefaultPort);
}

}  // namespace

void cross_check(const Node& document, const Complain& complain) {
  check_links(document, complain);
  check_doors(document, complain);
  for (std::string_view section : {"gateway", "web"}) check_sources(document, section, complain);
}

}  // namespace ck::config
