// SPDX-License-Identifier: MIT
// What clouds and hypervisors write, read to the end: the records that netd gets of it, and the findings.
#include "engine/config/cloud.h"

#include <gtest/gtest.h>

#include "engine/config/cloud_links.h"

namespace ck::config {
namespace {

using Lines = std::vector<std::string>;

struct Outcome {
  std::string netd, system;
  Lines errors, notes;
};

std::string line_of(const Finding& finding) {
  std::string line = std::to_string(finding.at.line) + ":" + std::to_string(finding.at.column) + ": ";
  return line + (finding.path.empty() ? "" : finding.path + ": ") + finding.text;
}

Outcome laid_under(CloudNetwork network, std::string_view text = "") {
  auto document = toml::parse(text);
  std::vector<Finding> errors, notes;
  lay_under(std::move(network), *document, errors, notes);
  Checked checked = check(std::move(*document));
  errors.insert(errors.end(), checked.findings.begin(), checked.findings.end());
  Outcome outcome{.netd = checked.of(Program::Netd), .system = checked.of(Program::System), .errors = {}, .notes = {}};
  for (const Finding& finding : errors) outcome.errors.push_back(line_of(finding));
  for (const Finding& finding : notes) outcome.notes.push_back(line_of(finding));
  return outcome;
}
Outcome config(std::string_view text) { return laid_under(read_network_config(text)); }
Outcome data(std::string_view text) { return laid_under(read_network_data(text)); }

// Good, and with these notes.
std::string records(const Outcome& outcome, const Lines& notes = {}) {
  EXPECT_EQ(outcome.errors, Lines{});
  EXPECT_EQ(outcome.notes, notes);
  return outcome.netd;
}

// ---- what the hypervisors' tools write ----

TEST(CloudNetwork, ProxmoxByHand) {
  EXPECT_EQ(records(config(R"(version: 1
config:
    - type: physical
      name: eth0
      mac_address: 'bc:24:11:aa:bb:cc'
      subnets:
      - type: static
        address: '192.0.2.5'
        netmask: '255.255.255.0'
        gateway: '192.0.2.1'
      - type: static6
        address: '2001:db8::5/64'
        gateway: '2001:db8::1'
    - type: physical
      name: eth1
      mac_address: 'bc:24:11:aa:bb:cd'
      subnets:
      - type: dhcp4
      - type: ipv6_slaac
    - type: nameserver
      address:
      - '192.0.2.53'
      search:
      - 'example.org'
)")),
            "link mac=bc:24:11:aa:bb:cc dhcp4=off dhcp6=off\n"
            "address link=bc:24:11:aa:bb:cc address=192.0.2.5/24\n"
            "address link=bc:24:11:aa:bb:cc address=2001:db8::5/64\n"
            "route link=bc:24:11:aa:bb:cc destination=default gateway=192.0.2.1\n"
            "route link=bc:24:11:aa:bb:cc destination=default6 gateway=2001:db8::1\n"
            "dns link=bc:24:11:aa:bb:cc address=192.0.2.53\n"
            "search link=bc:24:11:aa:bb:cc name=example.org\n"
            "link mac=bc:24:11:aa:bb:cd dhcp4=on dhcp6=off ra=on\n"
            "dns link=bc:24:11:aa:bb:cd address=192.0.2.53\n"
            "search link=bc:24:11:aa:bb:cd name=example.org\n");
}

TEST(CloudNetwork, MultipassAndLima) {
  EXPECT_EQ(records(config(R"(#cloud-config
version: "2"
ethernets:
  default:
    match:
      macaddress: "52:54:00:11:22:33"
    dhcp-identifier: mac
    dhcp4: true
  extra0:
    match:
      macaddress: 52:54:00:11:22:34
    dhcp-identifier: mac
    dhcp4: true
    dhcp4-overrides:
      route-metric: 200
    optional: true
    set-name: lima0
)"),
                    {"17:5: links keep their names here: `set-name` is left out"}),
            "link mac=52:54:00:11:22:33 dhcp4=on dhcp6=off client-id=mac\n"
            "link mac=52:54:00:11:22:34 dhcp4=on dhcp6=off metric=200 client-id=mac\n");
}

TEST(CloudNetwork, LxdsDefault) {
  EXPECT_EQ(records(config("version: 1\nconfig:\n  - type: physical\n    name: eth0\n    subnets:\n      - type: dhcp\n"
                           "        control: auto\n")),
            "link name=eth0 dhcp4=on dhcp6=off\n");
}

TEST(CloudNetwork, VirtInstallAndTerraformByANameOfUdev) {
  EXPECT_EQ(records(config(R"(network:
  version: 2
  renderer: networkd
  ethernets:
    ens3:
      dhcp4: no
      dhcp6: no
      accept-ra: no
      addresses: [192.0.2.5/24, "2001:db8::5/64"]
      gateway4: 192.0.2.1
      gateway6: fe80::1
      nameservers: {search: [example.org, lab.example.org], addresses: [192.0.2.53, 2001:db8::53]}
      mtu: 1400
)"),
                    {"5:5: links are called eth0, eth1 and so on here: `ens3` is taken for eth0 by its place"}),
            "link name=eth0 dhcp4=off dhcp6=off ra=off mtu=1400\n"
            "address link=eth0 address=192.0.2.5/24\n"
            "address link=eth0 address=2001:db8::5/64\n"
            "route link=eth0 destination=default gateway=192.0.2.1\n"
            "route link=eth0 destination=default6 gateway=fe80::1\n"
            "dns link=eth0 address=192.0.2.53\n"
            "dns link=eth0 address=2001:db8::53\n"
            "search link=eth0 name=example.org\n"
            "search link=eth0 name=lab.example.org\n");
}

TEST(CloudNetwork, AHostByItselfAsRentedOnesHaveIt) {
  std::string expected =
      "link mac=96:00:00:3a:01:94 dhcp4=off dhcp6=off\n"
      "address link=96:00:00:3a:01:94 address=192.0.2.5/32\n"
      "route link=96:00:00:3a:01:94 destination=default gateway=172.31.1.1\n";
  EXPECT_EQ(records(config("version: 2\nethernets:\n  a:\n    match: {macaddress: 96:00:00:3a:01:94}\n"
                           "    addresses: [192.0.2.5/32]\n    routes:\n    - to: default\n      via: 172.31.1.1\n"
                           "      on-link: true\n")),
            expected);
  EXPECT_EQ(records(config("version: 2\nethernets:\n  a:\n    match: {macaddress: 96:00:00:3a:01:94}\n"
                           "    addresses: [192.0.2.5/32]\n    gateway4: 172.31.1.1\n")),
            expected);
  EXPECT_EQ(records(config("version: 2\nethernets:\n  a:\n    match: {macaddress: 96:00:00:3a:01:94}\n"
                           "    addresses: [192.0.2.5/29]\n    gateway4: 172.31.1.1\n"
                           "    routes: [{to: 172.31.1.1/32, via: 0.0.0.0, scope: link}]\n")),
            "link mac=96:00:00:3a:01:94 dhcp4=off dhcp6=off\n"
            "address link=96:00:00:3a:01:94 address=192.0.2.5/29\n"
            "route link=96:00:00:3a:01:94 destination=default gateway=172.31.1.1\n"
            "route link=96:00:00:3a:01:94 destination=172.31.1.1/32\n");
}

// ---- version 1, form by form ----

TEST(CloudNetwork, Version1SubnetTypes) {
  struct Case {
    std::string_view subnets, link;
  };
  for (const Case& each : {Case{"[{type: dhcp}]", "dhcp4=on dhcp6=off"}, Case{"[{type: dhcp4}]", "dhcp4=on dhcp6=off"},
                           Case{"[{type: dhcp6}]", "dhcp4=off dhcp6=on link-local4=off"},
                           Case{"[{type: ipv6_slaac}]", "dhcp4=off dhcp6=off ra=on link-local4=off"},
                           Case{"[{type: ipv6_dhcpv6-stateless}]", "dhcp4=off dhcp6=on link-local4=off"},
                           Case{"[{type: ipv6_dhcpv6-stateful}]", "dhcp4=off dhcp6=on link-local4=off"},
                           Case{"[{type: manual}]", "dhcp4=off dhcp6=off link-local4=off"},
                           Case{"[]", "dhcp4=off dhcp6=off link-local4=off"},
                           Case{"[{type: dhcp4}, {type: dhcp6}]", "dhcp4=on dhcp6=on"}}) {
    EXPECT_EQ(records(config("version: 1\nconfig: [{type: physical, name: eth0, subnets: " + std::string(each.subnets) +
                             "}]")),
              "link name=eth0 " + std::string(each.link) + "\n")
        << each.subnets;
  }
}

TEST(CloudNetwork, Version1NetmasksRoutesServersAndMtu) {
  EXPECT_EQ(records(config(R"(network:
  version: 1
  config:
  - type: loopback
    name: lo
  - type: physical
    name: eth1
    mtu: "1400"
    accept-ra: false
    subnets:
    - type: static
      address: 192.0.2.5
      netmask: 24
      dns_nameservers: 192.0.2.53 192.0.2.54
      dns_search: [example.org]
      routes:
      - {network: 0.0.0.0, netmask: 0.0.0.0, gateway: 192.0.2.1, metric: 7}
      - {destination: 198.51.100.0/24, gateway: 192.0.2.9}
      - {network: 203.0.113.0, netmask: 255.255.255.128, gateway: 192.0.2.9}
    - type: static6
      address: 2001:db8::5
      netmask: "ffff:ffff:ffff:ffff::"
  - type: vlan
    name: eth1.7
    vlan_link: eth1
    vlan_id: 7
    subnets: [{type: static, address: 10.0.0.5/8}]
  - type: nameserver
    interface: eth1.7
    address: 10.0.0.53
  - type: route
    destination: 172.16.0.0/12
    gateway: 10.0.0.1
)")),
            "link name=eth1 dhcp4=off dhcp6=off ra=off mtu=1400 metric=7\n"
            "address link=eth1 address=192.0.2.5/24\n"
            "address link=eth1 address=2001:db8::5/64\n"
            "route link=eth1 destination=default gateway=192.0.2.1\n"
            "dns link=eth1 address=192.0.2.53\n"
            "dns link=eth1 address=192.0.2.54\n"
            "search link=eth1 name=example.org\n"
            "route link=eth1 destination=198.51.100.0/24 gateway=192.0.2.9\n"
            "route link=eth1 destination=203.0.113.0/25 gateway=192.0.2.9\n"
            "link name=eth1.7 parent=eth1 vlan=7 dhcp4=off dhcp6=off\n"
            "address link=eth1.7 address=10.0.0.5/8\n"
            "dns link=eth1.7 address=10.0.0.53\n"
            "route link=eth1.7 destination=172.16.0.0/12 gateway=10.0.0.1\n");
}

// ---- version 2, form by form ----

TEST(CloudNetwork, Version2VlansAndTheirLinks) {
  EXPECT_EQ(records(config("version: 2\nethernets:\n  uplink:\n    match: {macaddress: 52:54:00:12:34:56}\n"
                           "vlans:\n  branch:\n    id: 12\n    link: uplink\n    dhcp4: true\n"),
                    {"8:5: \"uplink\" is taken for eth0"}),
            "link mac=52:54:00:12:34:56 dhcp4=off dhcp6=off link-local4=off\n"
            "link name=branch parent=eth0 vlan=12 dhcp4=on dhcp6=off\n");
  EXPECT_EQ(records(config("version: 2\nvlans:\n  v: {id: 12, link: eth2, addresses: [192.0.2.5/24]}\n")),
            "link name=v parent=eth2 vlan=12 dhcp4=off dhcp6=off\naddress link=v address=192.0.2.5/24\n");
}

TEST(CloudNetwork, Version2NamesByPlaceAndPattern) {
  EXPECT_EQ(records(config("version: 2\nethernets:\n  a: {match: {macaddress: 52:54:00:12:34:56}, dhcp4: true}\n"
                           "  b: {match: {name: 'en*'}, dhcp4: true}\n  eth2: {dhcp6: true}\n"),
                    {"4:3: links are called eth0, eth1 and so on here: `en*` is taken for eth1 by its place"}),
            "link mac=52:54:00:12:34:56 dhcp4=on dhcp6=off\n"
            "link name=eth1 dhcp4=on dhcp6=off\n"
            "link name=eth2 dhcp4=off dhcp6=on link-local4=off\n");
}

TEST(CloudNetwork, Version2WhatIsLeftOutIsNoted) {
  EXPECT_EQ(records(config(R"(version: 2
wifis: {wl0: {access-points: {}}}
tunnels: ~
ethernets:
  eth0:
    dhcp4: true
    dhcp6: true
    accept-ra: false
    link-local: [ipv4]
    dhcp-identifier: duid
    macaddress: 52:54:00:00:00:01
    dhcp4-overrides: {use-dns: false, route-metric: 50000}
    addresses:
    - 192.0.2.5/24: {label: "a"}
    routes:
    - {to: 198.51.100.7, metric: 5}
    - {to: 203.0.113.0/24, via: 192.0.2.9, type: blackhole}
    - {to: 203.0.113.0/24, via: 192.0.2.9, table: 7}
    nameservers: {addresses: [192.0.2.1, 192.0.2.2, 192.0.2.3, 192.0.2.4, 192.0.2.6]}
)"),
                    {"2:9: `wifis`: no link of this kind is made here", "11:5: `macaddress` is left out",
                     "12:23: `use-dns` is left out", "12:39: a metric that is left out, as it is not from 1 to 9999",
                     "14:22: `label` is left out", "16:26: only default routes have a metric: a link's routes share it",
                     "17:44: a route that is left out: of type \"blackhole\"",
                     "18:44: a route that is left out: of a table of its own",
                     "5:3: routers are heeded all the same: DHCPv6 is asked where they call for it",
                     "19:75: only the first 4 name servers of a link are used"}),
            "link name=eth0 dhcp4=on dhcp6=on ra=on link-local4=on client-id=duid\n"
            "address link=eth0 address=192.0.2.5/24\n"
            "dns link=eth0 address=192.0.2.1\n"
            "dns link=eth0 address=192.0.2.2\n"
            "dns link=eth0 address=192.0.2.3\n"
            "dns link=eth0 address=192.0.2.4\n"
            "route link=eth0 destination=198.51.100.7/32\n");
}

TEST(CloudNetwork, NothingIsNothing) {
  for (std::string_view text : {"", "# nothing\n", "network:\n", "version: 2\n", "version: 2\nethernets: {}\n", "{}"})
    EXPECT_EQ(records(config(text)), "") << text;
  EXPECT_EQ(records(config("network: {config: disabled}\n"), {"1:11: disabled: nothing of it is used"}), "");
  EXPECT_EQ(records(config("version: 1\nconfig: [{type: nameserver, address: 192.0.2.53}]"),
                    {"2:29: name servers without any link are left out"}),
            "");
}

TEST(CloudNetwork, WhatWouldBeMissingIsAnError) {
  struct Case {
    std::string_view text, error;
  };
  for (const Case& bad : {
           Case{"version: 3\n", "1:1: expected version 1 or 2, not \"3\""},
           Case{"[1]", "1:1: expected a table of version 1 or 2"},
           Case{"version: 1\n", "1:1: version 1 needs `config`"},
           Case{"version: 2\nethernets: {eth0: 7}\n", "2:13: `eth0`: expected a table"},
           Case{"a: [\n", "2:1: "},
           Case{"version: 2\nbonds: {b0: {interfaces: [eth0], dhcp4: true}}\n",
                "2:9: `bonds`: no link of this kind is made"},
           Case{"version: 2\nbridges: {br0: {addresses: [192.0.2.5/24]}}\n", "2:11: `bridges`: no link of this kind"},
           Case{"version: 1\nconfig: [{type: bond, name: b0, subnets: [{type: dhcp}]}]",
                "2:10: `bond`: no link of this kind"},
           Case{"version: 1\nconfig: [{name: b0}]", "2:10: `type` must be given"},
           Case{"version: 1\nconfig: [7]", "2:10: expected a table with `type`"},
           Case{"version: 1\nconfig: [{type: physical}]", "2:10: `name` must be given"},
           Case{"version: 1\nconfig: [{type: vlan, name: v}]", "2:10: a VLAN needs `vlan_link` and `vlan_id`"},
           Case{"version: 2\nvlans: {v: {id: 7}}", "2:9: a VLAN needs `id` and `link`"},
           Case{"version: 2\nvlans: {v: {id: 7, link: bond0}}", "2:20: a VLAN of \"bond0\", which is no link"},
           Case{"version: 2\nethernets: {eth0: {}}\nvlans: {v: {id: 7, link: eth0}, w: {id: 8, link: v}}",
                "3:44: a VLAN within a VLAN"},
           Case{"version: 2\nethernets: {a: {match: {macaddress: 52:54:00:12:34:56}}, b: {match: {macaddress: "
                "52:54:00:12:34:57}}}\nvlans: {v: {id: 7, link: b}}",
                "3:20: which link carries this VLAN is not known"},
           Case{"version: 2\nvlans: {v: {id: 9999, link: eth0}}",
                "2:13: link[0].vlan: expected an integer from 1 to 4094"},
           Case{"version: 2\nethernets: {ens3: {}, eth0: {}}", "2:23: both this and line 2 are taken for eth0"},
           Case{"version: 2\nethernets: {eth0: {dhcp4: maybe}}",
                "2:20: `dhcp4`: expected true or false, not \"maybe\""},
           Case{"version: 2\nethernets: {eth0: {addresses: [192.0.2.5]}}", "2:32: \"192.0.2.5\" needs a netmask"},
           Case{"version: 2\nethernets: {eth0: {addresses: [nonsense]}}",
                "2:32: link[0].addresses[0]: expected a host's"},
           Case{"version: 2\nethernets: {eth0: {addresses: [[1]]}}", "2:32: link[0].addresses[0]: expected a host's"},
           Case{"version: 2\nethernets: {eth0: {addresses: ['']}}", "2:32: expected an address"},
           Case{"version: 2\nethernets: {eth0: {addresses: [192.0.2.5/24], gateway4: 10.0.0.1}}",
                "2:47: the router 10.0.0.1 is in none of this link's networks"},
           Case{"version: 2\nethernets: {eth0: {gateway4: here}}",
                "2:20: expected the address of a router, not \"here\""},
           Case{"version: 2\nethernets: {eth0: {routes: [{via: 192.0.2.1}]}}", "2:29: a route needs `to`"},
           Case{"version: 2\nethernets: {eth0: {routes: [{to: there, via: 192.0.2.1}]}}",
                "2:30: link[0].routes[0].to: expected"},
           Case{"version: 2\nethernets: {eth0: {routes: none}}", "2:20: `routes`: expected an array"},
           Case{"version: 2\nethernets: {eth0: {nameservers: [192.0.2.53]}}", "2:20: `nameservers`: expected a table"},
           Case{"version: 2\nethernets: {eth0: {match: here}}", "2:20: `match`: expected a table"},
           Case{"version: 2\nethernets: {eth0: {link-local: ipv4}}", "2:20: `link-local`: expected an array"},
           Case{"version: 2\nethernets: {eth0: {dhcp4-overrides: []}}", "2:20: `dhcp4-overrides`: expected a table"},
           Case{"version: 1\nconfig: [{type: physical, name: eth0, subnets: dhcp}]",
                "2:39: `subnets`: expected an array"},
           Case{"version: 2\nethernets: {eth0: {mtu: 9}}", "2:20: link[0].mtu: expected an integer from 576"},
           Case{"version: 2\nethernets: {a: {match: {macaddress: 5254}}}",
                "2:25: link[0].mac: expected a hardware address"},
           Case{"version: 1\nconfig: [{type: physical, name: eth0, subnets: [{type: static}]}]", "needs `address`"},
           Case{"version: 1\nconfig: [{type: physical, name: eth0, subnets: [{type: magic}]}]",
                "no known type: \"magic\""},
           Case{"version: 1\nconfig: [{type: physical, name: eth0, subnets: [x]}]",
                "2:49: expected a table with `type`"},
           Case{"version: 1\nconfig: [{type: physical, name: eth0, subnets: [{type: static, address: 192.0.2.5, "
                "netmask: "
                "255.0.255.0}]}]",
                "\"255.0.255.0\" is no netmask of \"192.0.2.5\""},
           Case{"version: 1\nconfig: [{type: physical, name: eth0}, {type: route, gateway: 192.0.2.1}]",
                "2:40: a route needs `destination`"},
       }) {
    Outcome outcome = config(bad.text);
    ASSERT_FALSE(outcome.errors.empty()) << bad.text;
    EXPECT_NE(outcome.errors.front().find(bad.error), std::string::npos) << bad.text << "\n" << outcome.errors.front();
  }
}

TEST(CloudNetwork, FindingsAreBounded) {
  std::string text = "version: 1\nconfig:\n";
  for (int i = 0; i < 500; ++i) text += "- 7\n";
  EXPECT_EQ(read_network_config(text).errors.size(), kMaxFindings);
  std::string links = "version: 2\nethernets:\n", addresses = "version: 2\nethernets: {eth0: {addresses: [";
  for (int i = 0; i < 1000; ++i) links += "  eth" + std::to_string(i) + ": {dhcp4: true}\n";
  for (int i = 0; i < 1000; ++i) addresses += "192.0.2.5/24, ";
  EXPECT_EQ(config(links).errors, Lines{"3:3: link: at most 16 of them"});
  EXPECT_EQ(config(addresses + "]}}").errors.front(), "2:32: link[0].addresses: at most 8 of them");
}

// ---- ConfigDrive ----

TEST(CloudNetwork, OpenStackByHandAndByDhcp) {
  EXPECT_EQ(records(data(R"({
  "links": [
    {"id": "tap0", "type": "ovs", "ethernet_mac_address": "FA:16:3E:00:00:01", "mtu": 1450, "vif_id": "x"},
    {"id": "tap1", "type": "phy", "ethernet_mac_address": "fa-16-3e-00-00-02", "mtu": null},
    {"id": "tap2", "type": "hostdev_physical", "ethernet_mac_address": "fa:16:3e:00:00:03"}
  ],
  "networks": [
    {"id": "network0", "type": "ipv4", "link": "tap0", "ip_address": "192.0.2.5", "netmask": "255.255.255.0", "network_id": "y",
     "routes": [{"network": "0.0.0.0", "netmask": "0.0.0.0", "gateway": "192.0.2.1"},
                {"network": "198.51.100.0", "netmask": "255.255.255.0", "gateway": "192.0.2.9"}],
     "services": [{"type": "dns", "address": "192.0.2.53"}]},
    {"id": "network1", "type": "ipv6", "link": "tap0", "ip_address": "2001:db8::5", "netmask": "ffff:ffff:ffff:ffff::",
     "routes": [{"network": "::", "netmask": "::", "gateway": "2001:db8::1"}]},
    {"id": "network2", "type": "ipv4_dhcp", "link": "tap1"},
    {"id": "network3", "type": "ipv6_slaac", "link": "tap1"},
    {"id": "network4", "type": "ipv6_dhcpv6-stateful", "link": "tap2"}
  ],
  "services": [{"type": "dns", "address": "192.0.2.54"}]
})")),
            "link mac=fa:16:3e:00:00:01 dhcp4=off dhcp6=off ra=off mtu=1450\n"
            "address link=fa:16:3e:00:00:01 address=192.0.2.5/24\n"
            "address link=fa:16:3e:00:00:01 address=2001:db8::5/64\n"
            "route link=fa:16:3e:00:00:01 destination=default gateway=192.0.2.1\n"
            "route link=fa:16:3e:00:00:01 destination=default6 gateway=2001:db8::1\n"
            "dns link=fa:16:3e:00:00:01 address=192.0.2.53\n"
            "route link=fa:16:3e:00:00:01 destination=198.51.100.0/24 gateway=192.0.2.9\n"
            "link mac=fa:16:3e:00:00:02 dhcp4=on dhcp6=off ra=on\n"
            "dns link=fa:16:3e:00:00:02 address=192.0.2.54\n"
            "link mac=fa:16:3e:00:00:03 dhcp4=off dhcp6=on ra=on link-local4=off\n"
            "dns link=fa:16:3e:00:00:03 address=192.0.2.54\n");
}

TEST(CloudNetwork, OpenStackVlansAndBonds) {
  EXPECT_EQ(records(data(R"({"links": [
  {"id": "nic", "type": "phy", "ethernet_mac_address": "fa:16:3e:00:00:01"},
  {"id": "v", "type": "vlan", "vlan_link": "nic", "vlan_id": 101, "vlan_mac_address": "fa:16:3e:00:00:01"},
  {"id": "b", "type": "bond", "bond_links": ["nic"]}],
 "networks": [{"id": "n", "link": "v", "type": "ipv4_dhcp"}]})"),
                    {"4:15: bonds are not made here: \"b\"", "3:31: \"nic\" is taken for eth0"}),
            "link mac=fa:16:3e:00:00:01 dhcp4=off dhcp6=off link-local4=off\n"
            "link name=eth0.101 parent=eth0 vlan=101 dhcp4=on dhcp6=off\n");
}

TEST(CloudNetwork, OpenStackErrors) {
  struct Case {
    std::string_view text, error;
  };
  for (const Case& bad :
       {Case{"[]", "1:1: expected an object"}, Case{"{\"links\": 7}", "1:2: `links`: expected an array"},
        Case{"{\"links\": [7]}", "1:12: `links`: expected an object"},
        Case{"{\"links\": [{}]}", "1:12: a link needs `id`"},
        Case{"{\"networks\": [{}]}", "1:15: a network needs `link` and `type`"},
        Case{"{\"networks\": [{\"link\": \"a\", \"type\": \"ipv4_dhcp\"}]}", "1:16: \"a\" is none of the links"},
        Case{"{\"links\": [{\"id\": \"b\", \"type\": \"bond\"}], \"networks\": [{\"link\": \"b\", \"type\": "
             "\"ipv4_dhcp\"}]}",
             "the addresses of a bond would be missing"},
        Case{"{\"links\": [{\"id\": \"v\", \"type\": \"vlan\"}]}", "a VLAN needs `vlan_link` and `vlan_id`"},
        Case{"{\"links\": [{\"id\": \"a\"}], \"networks\": [{\"link\": \"a\", \"type\": \"ipv9\"}]}",
             "no known type: \"ipv9\""},
        Case{"{\"links\": [{\"id\": \"a\"}], \"networks\": [{\"link\": \"a\", \"type\": \"ipv4\"}]}",
             "needs `ip_address`"},
        Case{"{\"links\": [{\"id\": \"a\"}], \"networks\": [{\"link\": \"a\", \"type\": \"ipv4\", \"ip_address\": "
             "\"192.0.2.5\"}]}",
             "needs a netmask"},
        Case{"{\"links\": [{\"id\": \"a\"}], \"networks\": [{\"link\": \"a\", \"type\": \"ipv6\", \"ip_address\": "
             "\"2001:db8::5/64\", \"routes\": [{\"network\": \"::\", \"netmask\": \"ffff:0:ffff::\"}]}]}",
             "is no netmask of \"::\""}}) {
    Outcome outcome = data(bad.text);
    ASSERT_FALSE(outcome.errors.empty()) << bad.text;
    EXPECT_NE(outcome.errors.front().find(bad.error), std::string::npos) << bad.text << "\n" << outcome.errors.front();
  }
  EXPECT_EQ(records(data("{\"links\": [], \"services\": [{\"type\": \"ntp\"}], \"more\": 1}"),
                    {"1:28: a service that is left out: only `dns` is known", "1:46: `more` is left out"}),
            "");
}

// ---- the name, and what the document says itself ----

TEST(CloudNetwork, TheNameIsTheFirstLabel) {
  struct Case {
    std::string_view text, name;
    Lines notes;
  };
  for (const Case& each :
       {Case{"instance-id: i-1\nlocal-hostname: kms7\n", "kms7", {}}, Case{"hostname: kms7.example.org\n", "kms7", {}},
        Case{"local-hostname: a\nhostname: b\n", "a", {}}, Case{"local-hostname: 1234\n", "1234", {}},
        Case{"{\"uuid\": \"x\", \"hostname\": \"vm.novalocal\"}", "vm", {}}, Case{"instance-id: i-1\n", "", {}},
        Case{"", "", {}}, Case{"[]", "", {}}, Case{"local-hostname: ~\n", "", {}},
        Case{"local-hostname: a_b\n", "", {"1:1: `local-hostname` is no host name: \"a_b\""}},
        Case{"local-hostname: [a]\n", "", {}},
        Case{"{\"network_config\": {\"content_path\": \"/content/0000\"}}",
             "",
             {"1:2: `network_config` is left out: networks in the form of /etc/network/interfaces are not read"}},
        Case{"a: *b\n", "", {"1:4: aliases (*...) are not read: write it out"}}}) {
    CloudNetwork network;
    read_hostname(each.text, network);
    Outcome outcome = laid_under(std::move(network));
    EXPECT_EQ(outcome.system, each.name.empty() ? "" : "system hostname=" + std::string(each.name) + "\n") << each.text;
    EXPECT_EQ(outcome.notes, each.notes);
    EXPECT_EQ(outcome.errors, Lines{});
  }
}

TEST(CloudNetwork, TheDocumentsOwnLinksAndNameComeFirst) {
  auto network = [] {
    CloudNetwork read =
        read_network_config("version: 2\nethernets: {eth1: {dhcp4: true, addresses: [x]}}\nmore: {}\nodd: 1\n");
    read_hostname("local-hostname: other\n", read);
    return read;
  };
  Outcome both = laid_under(network(), "[system]\nhostname = \"own\"\n[[link]]\nname = \"eth0\"\n");
  EXPECT_EQ(both.netd, "link name=eth0\n");
  EXPECT_EQ(both.system, "system hostname=own\n");
  EXPECT_EQ(both.errors, Lines{}) << "what is wrong with unused links is nobody's business";
  EXPECT_EQ(both.notes, Lines{});
  Outcome name = laid_under(network(), "[[link]]\nname = \"eth0\"\n");
  EXPECT_EQ(name.system, "system hostname=other\n");
  Outcome links = laid_under(network(), "[system]\nhostname = \"own\"\n");
  EXPECT_EQ(links.system, "system hostname=own\n");
  EXPECT_EQ(links.errors.size(), 1u);
  EXPECT_EQ(links.notes, Lines{"4:1: `odd` is left out"});
}

TEST(CloudNetwork, ValuesOfTheFormats) {
  EXPECT_EQ(to_length("255.255.255.0", Family::V4), 24);
  EXPECT_EQ(to_length("/24", Family::V4), 24);
  EXPECT_EQ(to_length("0.0.0.0", Family::V4), 0);
  EXPECT_EQ(to_length("33", Family::V4), std::nullopt);
  EXPECT_EQ(to_length("128", Family::V6), 128);
  EXPECT_EQ(to_length("ffff:ffff:ffff:fffe::", Family::V6), 63);
  EXPECT_EQ(to_length("ffff::1", Family::V6), std::nullopt);
  EXPECT_EQ(to_length("255.255.0.255", Family::V4), std::nullopt);
}

}  // namespace
}  // namespace ck::config
