// SPDX-License-Identifier: MIT
#include "engine/config/cloud.h"

#include "engine/config/host_name.h"
#include "engine/config/values.h"
#include "wire/yaml/document.h"

namespace ck::config {

using toml::Kind;
using toml::Node;

void read_hostname(std::string_view text, CloudNetwork& network) {
  auto note = [&](const toml::Position& at, std::string what) {
    if (network.notes.size() < kMaxFindings) network.notes.push_back({.at = at, .path = {}, .text = std::move(what)});
  };
  auto parsed = yaml::parse(text, kFromMetaData);
  if (!parsed) return note(parsed.error().at, parsed.error().what);
  if (parsed->kind != Kind::Table) return;
  // Of older cloud-init, and of Proxmox's ConfigDrives.
  for (std::string_view key : {"network-interfaces", "network_config"})
    if (const Node* value = parsed->find(key))
      note(value->at, "`" + value->key + "` is left out: networks in the form of /etc/network/interfaces are not read");
  for (std::string_view key : {"local-hostname", "hostname"}) {
    const Node* value = parsed->find(key);
    if (value == nullptr || value->text.empty()) continue;
    // A machine's name is its first label: OpenStack appends a domain of its own.
    std::string name = value->text.substr(0, value->text.find('.'));
    if (!is_host_name(name)) return note(value->at, "`" + value->key + "` is no host name: \"" + shown(*value) + "\"");
    network.hostname.kind = Kind::String;
    network.hostname.key = "hostname";
    network.hostname.at = value->at;
    network.hostname.text = std::move(name);
    return;
  }
}

void lay_under(CloudNetwork network, Node& document, std::vector<Finding>& errors, std::vector<Finding>& notes) {
  bool uses_links = document.find("link") == nullptr;
  Node* system = document.find("system");
  bool uses_name = !network.hostname.text.empty() &&
                   (system == nullptr || (system->kind == Kind::Table && system->find("hostname") == nullptr));
  if (uses_links) {
    errors.insert(errors.end(), network.errors.begin(), network.errors.end());
    network.links.key = "link";
    if (!network.links.children.empty()) document.children.push_back(std::move(network.links));
  }
  for (const Finding& note : network.notes)
    if (note.at.source == kFromMetaData || uses_links) notes.push_back(note);
  if (!uses_name) return;
  system = document.find("system");  // it may have moved
  if (system == nullptr) {
    system = &document.children.emplace_back();
    system->key = "system";
    system->at = network.hostname.at;
  }
  system->children.push_back(std::move(network.hostname));
}

}  // namespace ck::config
