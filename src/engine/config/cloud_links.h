// SPDX-License-Identifier: MIT
// Links as the formats of clouds describe them, collected in whatever order the text tells of them, and made tables of
// our document at the end: which link is meant by which name, which router stands where, which name servers are whose.
// Part of cloud.h; cloud_network_config.cc and cloud_network_data.cc read the formats.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/addresses.h"
#include "engine/config/cloud.h"

namespace ck::config {

struct CloudRouter {
  toml::Position at;
  IpAddress address;
  bool on_link = false;
};

struct CloudLink {
  toml::Position at;
  std::string id;     // what the rest of the text calls it
  std::string name;   // what it is to be called; a pattern, or empty: nothing is said of that
  toml::Node mac;     // an empty text: none
  toml::Node parent;  // of a VLAN: the id of its link
  toml::Node vlan;    // its number
  bool dhcp4 = false, dhcp6 = false;
  std::optional<bool> ra, link_local4;
  std::optional<int64_t> metric;
  std::string client_id;
  toml::Node mtu;
  std::vector<toml::Node> addresses;  // "ADDRESS/LENGTH"
  std::vector<CloudRouter> routers;
  std::vector<toml::Node> routes;  // tables of [[link.routes]]
  std::vector<toml::Node> dns, search;

  bool is_vlan() const { return !parent.key.empty(); }
  bool is_addressed() const { return dhcp4 || dhcp6 || ra.value_or(false) || !addresses.empty(); }
};

// A route as all formats have it. `via` and `metric` may be null.
struct CloudRoute {
  toml::Position at;
  std::string to;  // "default", ADDRESS/LENGTH or ADDRESS
  const toml::Node* via = nullptr;
  const toml::Node* metric = nullptr;
  bool on_link = false;
};

class CloudLinks {
 public:
  // References hold until the next one is added.
  CloudLink& add(const toml::Node& entry, std::string_view id);
  CloudLink* find(std::string_view id);

  void error(const toml::Position& at, std::string text);
  void note(const toml::Position& at, std::string text);

  void add_address(CloudLink& link, const toml::Node& value, const toml::Node* netmask);
  void add_router(CloudLink& link, const toml::Node& value, bool on_link);
  void add_route(CloudLink& link, const CloudRoute& route);
  void set_metric(CloudLink& link, const toml::Node& value);
  void set_mtu(CloudLink& link, const toml::Node& value);
  // Of the machine as a whole: they go to each link that has an address and none of its own.
  void add_route(const CloudRoute& route);
  std::vector<toml::Node>& dns() { return dns_; }
  std::vector<toml::Node>& search() { return search_; }

  CloudNetwork finish();

 private:
  void settle_names();
  void settle_vlan(CloudLink& link);
  bool settle_routers(CloudLink& link);
  void share_servers();
  toml::Node to_table(CloudLink& link);

  std::vector<CloudLink> links_;
  CloudLink spare_;                        // for those beyond what can be
  std::vector<std::string> kernel_names_;  // of each; empty: not known, its hardware address is
  std::vector<toml::Node> dns_, search_;
  CloudNetwork network_;
};

// ---- values of the formats ----

bool is_nothing(const toml::Node& value);
// One value or an array of them, appended; a text with blanks is a list, too.
void append_texts(const toml::Node& value, std::vector<toml::Node>& list);
// true, yes, 1 and their contraries, quoted or not.
std::optional<bool> to_flag(const toml::Node& value);
// A length, or a netmask of either family.
std::optional<uint8_t> to_length(std::string_view text, Family family);
std::string quoted(const toml::Node& value);

}  // namespace ck::config
