// SPDX-License-Identifier: MIT
// What the containers of clouds and hypervisors say of the network and of the machine's name, as parts of our own
// document: cloud-init's network-config in its versions 1 and 2 (netplan's), OpenStack's network_data.json, and the
// host name of meta-data (docs.cloud-init.io: "Networking config Version 1", "... Version 2", "NoCloud"; Nova's
// network_data.json schema). The parts are checked as if an administrator had written them (check.h).
//
// What cannot be had here (bonds, bridges, wireless links, keys of others) is a finding with its place: an error where
// the machine would be without an address that is asked for, or where it is not clear what is meant, else a note.
// Links of these formats bear names that udev would give; ours are eth0, eth1 and so on. A hardware address, if there
// is one, says alone which link is meant; a name of our form stands for itself, any other one for the link at its
// place.
#pragma once

#include <string_view>
#include <vector>

#include "engine/config/check.h"
#include "wire/toml/document.h"

namespace ck::config {

// The source of what comes from there (toml::Position), beside 0, the document, and kFromCommandLine.
inline constexpr uint8_t kFromNetworkConfig = 2;
inline constexpr uint8_t kFromMetaData = 3;
inline constexpr uint8_t kFromUserData = 4;  // of whichever volume: the text says which

struct CloudNetwork {
  toml::Node links;             // the array `link`; without children: nothing is said of any
  toml::Node hostname;          // of `system`; an empty text: none
  std::vector<Finding> errors;  // at most kMaxFindings, as are the notes
  std::vector<Finding> notes;
};

CloudNetwork read_network_config(std::string_view text);  // NoCloud: YAML
CloudNetwork read_network_data(std::string_view text);    // ConfigDrive: JSON
// Adds the name to what was read: `local-hostname` or `hostname` of NoCloud's meta-data (YAML) or ConfigDrive's
// meta_data.json, without its domain. One that cannot be used is a note.
void read_hostname(std::string_view text, CloudNetwork& network);

// Links and name go into the document where it has none of its own: all of the links, or none where it has any. Only
// then what is wrong with them joins `errors` and `notes`.
void lay_under(CloudNetwork network, toml::Node& document, std::vector<Finding>& errors, std::vector<Finding>& notes);

}  // namespace ck::config
