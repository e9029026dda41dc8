// SPDX-License-Identifier: MIT
#include "engine/config/overlay.h"

#include "base/text.h"
#include "engine/config/dracut_ip.h"
#include "engine/config/words.h"

namespace ck::config {

namespace {

using toml::Kind;
using toml::Node;

constexpr std::string_view kPrefix = "corekms.";
constexpr std::string_view kFirstLink = "eth0";

std::string join(std::string_view path, std::string_view name) {
  return path.empty() ? std::string(name) : std::string(path).append(".").append(name);
}

class Overlay {
 public:
  Overlay(Node& document, std::vector<Finding>& findings) : document_(document), findings_(findings) {}

  void apply(std::string_view command_line) {
    Words words(command_line);
    while (auto word = words.next()) {
      ++at_.line;
      if (at_.line == 1 && is_program_name(*word)) continue;
      if (word->key.starts_with(kPrefix))
        set_key(word->key.substr(kPrefix.size()), *word);
      else if (word->key == "ip" && word->has_value)
        set_ip(word->value);
      else if (word->key == "nameserver" && word->has_value)
        add_name_server(word->value);
    }
    if (!name_servers_.empty()) put_name_servers();
  }

 private:
  // What starts an EFI program, a shell or iPXE, may put the program's own name first: "corekms.efi" is no key.
  static bool is_program_name(const Word& word) {
    return !word.has_value && (word.key.ends_with(".efi") || word.key.ends_with(".EFI"));
  }
  void complain(std::string path, std::string text) {
    findings_.push_back({.at = at_, .path = std::move(path), .text = std::move(text)});
  }

  Node text_node(std::string_view text) const {
    Node node;
    node.kind = Kind::String;
    node.at = at_;
    node.text = text;
    return node;
  }
  Node flag_node(bool value) const {
    Node node;
    node.kind = Kind::Boolean;
    node.at = at_;
    node.boolean = value;
    return node;
  }
  Node number_node(int64_t value) const {
    Node node;
    node.kind = Kind::Integer;
    node.at = at_;
    node.integer = value;
    return node;
  }
  Node list_node(std::string_view text) const {
    Node node;
    node.kind = Kind::Array;
    node.at = at_;
    Splitter parts(text, ',');
    while (auto part = parts.next())
      if (!trim(*part).empty()) node.children.push_back(text_node(trim(*part)));
    return node;
  }

  void place(Node& node) const {
    node.at = at_;
    for (Node& child : node.children) place(child);
  }

  Node value_node(std::string_view text, bool list) const {
    auto parsed = toml::parse(std::string("v = ").append(text).append("\n"), kFromCommandLine);
    if (parsed && parsed->children.size() == 1 && parsed->children[0].kind != Kind::Float &&
        parsed->children[0].kind != Kind::Time) {
      Node value = std::move(parsed->children[0]);
      place(value);
      return value;
    }
    return list && text.find(',') != std::string_view::npos ? list_node(text) : text_node(text);
  }

  void set_key(std::string_view key, const Word& word) {
    if (!word.has_value) return complain(std::string(key), "no value");
    if (key == "hostname") return set("system.hostname", text_node(word.value));
    if (key == "upstream") return set_upstreams(list_node(word.value));
    set(key, value_node(word.value, is_list(key)));
  }

  void set_upstreams(Node hosts) {
    const Node* gateway = document_.find("gateway");
    bool pools = gateway != nullptr && gateway->find("pool") != nullptr;
    set(pools ? "gateway.pool.0.upstreams" : "gateway.upstreams", std::move(hosts));
  }

  // The path in the schema: without the numbers.
  static bool is_list(std::string_view path) {
    std::string section, name;
    Splitter parts(path, '.');
    while (auto part = parts.next()) {
      if (parse_u16(*part)) continue;
      section = join(section, name);
      name = *part;
    }
    const Key* key = find_key(section, name);
    if (key == nullptr && section == "gateway") key = find_key("gateway.pool", name);
    return key != nullptr && key->list > 0;
  }

  void set(std::string_view path, Node value) {
    Node* at = &document_;
    std::string schema;
    Splitter parts(path, '.');
    auto part = parts.next();
    while (part) {
      auto following = parts.next();
      if (at->kind == Kind::Array) {
        auto index = parse_u16(*part);
        if (!index || *index > at->children.size())
          return complain(std::string(path), "expected a number up to " + std::to_string(at->children.size()));
        if (*index == at->children.size()) at->children.push_back(table_node());
        at = &at->children[*index];
      } else if (at->kind == Kind::Table) {
        schema = join(schema, *part);
        Node* child = at->find(*part);
        if (child == nullptr) {
          child = &at->children.emplace_back(table_node());
          child->key = *part;
          const Section* section = find_section(schema);
          if (section != nullptr && section->most > 0) child->kind = Kind::Array;
        }
        at = child;
      } else {
        return complain(std::string(path), "there is a value on the way to it");
      }
      part = following;
    }
    value.key = at->key;
    *at = std::move(value);
  }

  Node table_node() const {
    Node node;
    node.at = at_;
    return node;
  }

  // The table of a link; made where there is none.
  Node& link(std::string_view name, const std::optional<MacAddress>& mac) {
    Node* links = document_.find("link");
    if (links == nullptr) {
      links = &document_.children.emplace_back(table_node());
      links->key = "link";
      links->kind = Kind::Array;
    }
    std::string_view key = name.empty() && mac ? "mac" : "name";
    std::string_view wanted = name.empty() ? kFirstLink : name;
    AddressText address = mac ? to_text(*mac) : AddressText();
    if (key == "mac") wanted = address.view();
    for (Node& each : links->children)
      if (const Node* value = each.find(key); value != nullptr && value->text == wanted) return each;
    Node& made = links->children.emplace_back(table_node());
    put(made, key, text_node(wanted));
    return made;
  }

  static void put(Node& table, std::string_view key, Node value) {
    value.key = key;
    if (Node* there = table.find(key))
      *there = std::move(value);
    else
      table.children.push_back(std::move(value));
  }

  // Beside what the command line has said itself (of the other family), in place of what the document says.
  void put_beside(Node& table, std::string_view key, std::string_view text) {
    Node* there = table.find(key);
    if (there == nullptr || there->at.source != kFromCommandLine) return put(table, key, text_node(text));
    if (there->kind != Kind::Array) {
      Node list = list_node("");
      list.key = there->key;
      list.children = {text_node(there->text)};
      *there = std::move(list);
    }
    there->children.push_back(text_node(text));
  }
  static void drop(Node& table, std::string_view key) {
    std::erase_if(table.children,
                  [&](const Node& child) { return child.key == key && child.at.source != kFromCommandLine; });
  }

  void set_ip(std::string_view value) {
    auto ip = parse_dracut_ip(value);
    if (!ip) return complain("ip", std::string(ip.error()));
    if (!ip->hostname.empty()) set("system.hostname", text_node(ip->hostname));
    bool nothing = ip->interface.empty() && !ip->mac && !ip->address;
    if (nothing && document_.find("link") == nullptr) return;  // `ip=dhcp` is what happens anyway
    Node& table = link(ip->interface, ip->mac);
    if (ip->address) put_beside(table, "addresses", to_text(*ip->address));
    if (ip->gateway) put_beside(table, "gateway", to_text(*ip->gateway));
    // By a server, and by nothing that the document has instead of it.
    if (!ip->address && ip->method == IpMethod::Dhcp4)
      for (std::string_view key : {"addresses", "gateway", "gateway-on-link"}) drop(table, key);
    if (ip->method == IpMethod::Dhcp4) put(table, "dhcp4", flag_node(true));
    if (ip->method == IpMethod::Dhcp6) put(table, "dhcp6", flag_node(true));
    if (ip->method == IpMethod::RouterAdvertisements) put(table, "ra", flag_node(true));
    // A host route is how clouds write it.
    bool alone = ip->address && ip->address->length == (ip->address->address.family == Family::V4 ? 32 : 128);
    if (ip->gateway && alone) put(table, "gateway-on-link", flag_node(true));
    if (ip->mtu != 0) put(table, "mtu", number_node(ip->mtu));
    if (ip->method == IpMethod::None) put(table, "dhcp4", flag_node(false));
    if (ip->method == IpMethod::None) put(table, "dhcp6", flag_node(false));
    for (const IpAddress& server : ip->dns) add_dns(table, server);
  }

  void add_dns(Node& table, const IpAddress& server) {
    Node* list = table.find("dns");
    if (list == nullptr || list->at.source != kFromCommandLine) {
      Node made = list_node("");
      put(table, "dns", std::move(made));
      list = table.find("dns");
    }
    list->children.push_back(text_node(to_text(server)));
  }

  void add_name_server(std::string_view text) {
    auto server = parse_ip(text.starts_with('[') && text.ends_with(']') ? text.substr(1, text.size() - 2) : text);
    if (!server) return complain("nameserver", "not an address");
    name_servers_.push_back(*server);
  }

  // For all links that the command line speaks of, or for the first.
  void put_name_servers() {
    Node* links = document_.find("link");
    bool any = false;
    for (size_t i = 0; links != nullptr && i < links->children.size(); ++i) {
      if (links->children[i].at.source != kFromCommandLine) continue;
      any = true;
      for (const IpAddress& server : name_servers_) add_dns(links->children[i], server);
    }
    if (any) return;
    Node& first = link("", std::nullopt);
    for (const IpAddress& server : name_servers_) add_dns(first, server);
  }

  Node& document_;
  std::vector<Finding>& findings_;
  toml::Position at_{.source = kFromCommandLine, .line = 0, .column = 0};
  std::vector<IpAddress> name_servers_;
};

}  // namespace

void apply_command_line(std::string_view command_line, Node& document, std::vector<Finding>& findings) {
  Overlay(document, findings).apply(command_line);
}

}  // namespace ck::config
