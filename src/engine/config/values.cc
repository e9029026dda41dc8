// SPDX-License-Identifier: MIT
#include "engine/config/values.h"

#include <algorithm>

#include "base/addresses.h"
#include "base/text.h"
#include "engine/config/host_name.h"
#include "engine/gateway/endpoint.h"
#include "wire/dcerpc/syntax.h"
#include "wire/dns/message.h"
#include "wire/timezone/zone.h"

namespace ck::config {

namespace {

using Text = std::optional<std::string>;  // nothing: not a value of that type

constexpr size_t kShown = 60;  // bytes of a bad value that a message repeats

std::string to_string(std::string_view text) { return std::string(text); }

// Domain names of hosts may hold underscores in the wild; the DNS takes them.
std::string with_letters(std::string_view name) {
  std::string text(name);
  std::replace(text.begin(), text.end(), '_', 'a');
  return text;
}

bool is_printable(std::string_view text) {
  for (char character : text)
    if (static_cast<uint8_t>(character) < 0x20 || character == 0x7f) return false;
  return true;
}

// Whether it is what its lines say is another's to find out (engine/tls).
bool is_pem(std::string_view text) {
  constexpr std::string_view kBegin = "-----BEGIN ";
  for (char character : text)
    if (character != '\n' && character != '\r' && (character < 0x20 || character > 0x7e)) return false;
  return text.find(kBegin) != std::string_view::npos;
}

bool is_link_name(std::string_view text) {
  if (text.empty() || text == "." || text == "..") return false;
  for (char character : text)
    if (character <= ' ' || character > '~' || character == '/' || character == ':') return false;
  return true;
}

bool is_usable(const IpAddress& address) {
  if (address.is_unspecified()) return false;
  return address.family == Family::V4 ? !address.v4.is_multicast() && !address.v4.is_broadcast()
                                      : !address.v6.is_multicast();
}

Text read_address(std::string_view text, std::optional<Family> family) {
  auto address = parse_ip(text);
  if (!address || !is_usable(*address) || (family && address->family != *family)) return std::nullopt;
  return to_string(to_text(*address));
}

Text read_network(std::string_view text) {
  if (auto prefix = parse_prefix(text)) return to_string(to_text(*prefix));
  auto address = parse_ip(text);
  if (!address) return std::nullopt;
  IpPrefix host{.address = *address, .length = static_cast<uint8_t>(address->family == Family::V4 ? 32 : 128)};
  return to_string(to_text(host));
}

Text read_interface(std::string_view text) {
  auto prefix = parse_prefix(text);
  if (!prefix || prefix->length == 0 || !is_usable(prefix->address) || prefix->address.is_loopback())
    return std::nullopt;
  return to_string(to_text(*prefix));
}

bool is_version(std::string_view text) {
  size_t dot = text.find('.');
  return dot != std::string_view::npos && parse_u16(text.substr(0, dot)) && parse_u16(text.substr(dot + 1));
}

bool is_opnums(std::string_view text) {
  Splitter parts(text, ',');
  while (auto part = parts.next()) {
    size_t dash = part->find('-');
    auto first = parse_u16(part->substr(0, dash));
    auto last = dash == std::string_view::npos ? first : parse_u16(part->substr(dash + 1));
    if (!first || !last || *first > *last) return false;
  }
  return true;
}

bool is_variable(std::string_view text) {
  size_t equals = text.find('=');
  if (equals == 0 || equals == std::string_view::npos) return false;
  for (char character : text.substr(0, equals))
    if ((character < 'A' || character > 'Z') && (character < 'a' || character > 'z') && character != '_' &&
        (character < '0' || character > '9'))
      return false;
  return is_printable(text);
}

bool is_word(std::string_view words, std::string_view text) {
  Splitter parts(words, '|');
  while (auto part = parts.next())
    if (*part == text) return true;
  return false;
}

// The kernel's names of terminals; nothing else of /dev is to be one.
bool is_terminal(std::string_view text) {
  if (text == "none") return true;
  bool named = false;
  for (std::string_view kind : {"tty", "hvc"}) named = named || (text.starts_with(kind) && text.size() > kind.size());
  return named && std::ranges::all_of(text, [](char character) {
           return (character >= '0' && character <= '9') || (character >= 'A' && character <= 'Z') ||
                  (character >= 'a' && character <= 'z');
         });
}

// A string of one of the types that stand in one field as they are.
Text read_text(const Key& key, std::string_view text) {
  auto as_is = [&](bool good) { return good ? Text(to_string(text)) : std::nullopt; };
  switch (key.type) {
    case Type::Text: return as_is(!text.empty() && static_cast<int64_t>(text.size()) <= key.most && is_printable(text));
    case Type::Choice: return as_is(is_word(key.words, text));
    case Type::HostName: return as_is(static_cast<int64_t>(text.size()) <= key.most && is_host_name(text));
    case Type::Domain: return as_is(dns::parse_name(text).has_value());
    case Type::Link: return as_is(static_cast<int64_t>(text.size()) <= key.most && is_link_name(text));
    case Type::Mac: {
      auto mac = parse_mac(text);
      return mac ? Text(to_string(to_text(*mac))) : std::nullopt;
    }
    case Type::Address: return read_address(text, std::nullopt);
    case Type::Address4: return read_address(text, Family::V4);
    case Type::Address6: return read_address(text, Family::V6);
    case Type::Interface: return read_interface(text);
    case Type::Network: return read_network(text);
    case Type::Uuid: return as_is(dcerpc::parse_uuid(text).has_value());
    case Type::Version: return as_is(is_version(text));
    case Type::Opnums: return as_is(is_opnums(text));
    case Type::Terminal: return as_is(static_cast<int64_t>(text.size()) <= key.most && is_terminal(text));
    case Type::Timezone: return as_is(timezone::parse_zone(text).has_value());
    case Type::Variable: return as_is(static_cast<int64_t>(text.size()) <= key.most && is_variable(text));
    case Type::Certificates:
    case Type::PrivateKey: return as_is(static_cast<int64_t>(text.size()) <= key.most && is_pem(text));
    case Type::Flag:
    case Type::Number:
    case Type::Route:
    case Type::Gateway:
    case Type::Listener:
    case Type::Endpoint:
    case Type::Server: return std::nullopt;
  }
  return std::nullopt;
}

using Fields = std::vector<Field>;

std::optional<Fields> read_route(const Key& key, std::string_view text) {
  if (text == "default") return Fields{{to_string(key.field), "default"}};
  auto prefix = parse_prefix(text);
  if (!prefix) return std::nullopt;
  return Fields{{to_string(key.field), to_string(to_text(*prefix))}};
}

std::optional<Fields> read_gateway(const Key& key, std::string_view text) {
  auto address = parse_ip(text);
  if (!address || !is_usable(*address) || address->is_loopback()) return std::nullopt;
  return Fields{{"destination", address->family == Family::V4 ? "default" : "default6"},
                {to_string(key.field), to_string(to_text(*address))}};
}

std::optional<Fields> read_listener(const Key& key, std::string_view text) {
  size_t colon = text.rfind(':');
  std::string_view port_text = colon == std::string_view::npos ? text : text.substr(colon + 1);
  auto port = parse_u16(port_text);
  if (!port || *port == 0) return std::nullopt;
  Fields fields{{to_string(key.field), std::to_string(*port)}};
  if (colon == std::string_view::npos) return fields;
  std::string_view host = text.substr(0, colon);
  bool bracketed = host.starts_with('[') && host.ends_with(']');
  auto address = parse_ip(bracketed ? host.substr(1, host.size() - 2) : host);
  if (!address || bracketed != (address->family == Family::V6)) return std::nullopt;
  fields.push_back({"address", to_string(to_text(*address))});
  return fields;
}

// A KMS host stands in one field, with its port; any other server in `address` or `name`, with the port that was given.
std::optional<Fields> read_endpoint(const Key& key, std::string_view text) {
  bool is_kms = key.type == Type::Endpoint;
  auto endpoint = resolver::parse_endpoint(text, is_kms ? gateway::kDefaultPort : uint16_t{0});
  if (!endpoint) return std::nullopt;
  if (endpoint->address && !is_usable(*endpoint->address)) return std::nullopt;
  if (!endpoint->address && !is_host_name(with_letters(endpoint->name.view()))) return std::nullopt;
  std::string host = to_string(endpoint->name.view());
  if (endpoint->port != 0)
    host = endpoint->address ? to_string(to_text(*endpoint->address, endpoint->port))
                             : host + ":" + std::to_string(endpoint->port);
  return Fields{{!is_kms && !endpoint->address ? "name" : to_string(key.field), host}};
}

std::optional<Fields> read_string(const Key& key, std::string_view text) {
  if (key.type == Type::Endpoint || key.type == Type::Server) return read_endpoint(key, text);
  if (key.type == Type::Route) return read_route(key, text);
  if (key.type == Type::Gateway) return read_gateway(key, text);
  if (key.type == Type::Listener) return read_listener(key, text);
  auto value = read_text(key, text);
  if (!value) return std::nullopt;
  return Fields{{to_string(key.field), *value}};
}

std::optional<Fields> read_integer(const Key& key, int64_t value) {
  if (key.type == Type::Number) {
    if (value < key.least || value > key.most) return std::nullopt;
    return Fields{{to_string(key.field), std::to_string(value)}};
  }
  if (key.type != Type::Listener && key.type != Type::Opnums) return std::nullopt;
  return value < 0 ? std::nullopt : read_string(key, std::to_string(value));
}

std::optional<Fields> read(const Key& key, const toml::Node& value) {
  switch (value.kind) {
    case toml::Kind::String: return read_string(key, value.text);
    case toml::Kind::Integer: return read_integer(key, value.integer);
    case toml::Kind::Boolean: {
      if (key.type != Type::Flag) return std::nullopt;
      std::string_view words = key.words.empty() ? "off|on" : key.words;
      return Fields{{to_string(key.field), to_string(word_of(words, value.boolean ? 1 : 0))}};
    }
    case toml::Kind::Table:
    case toml::Kind::Array:
    case toml::Kind::Float:
    case toml::Kind::Time: return std::nullopt;
  }
  return std::nullopt;
}

std::string choices(std::string_view words) {
  std::string text;
  for (size_t n = 0; !word_of(words, n).empty(); ++n) {
    if (n > 0) text += word_of(words, n + 1).empty() ? " or " : ", ";
    text.append("\"").append(word_of(words, n)).append("\"");
  }
  return text;
}

}  // namespace

std::string expected_of(const Key& key) {
  switch (key.type) {
    case Type::Flag: return "true or false";
    case Type::Number: return "an integer from " + std::to_string(key.least) + " to " + std::to_string(key.most);
    case Type::Text: return "a text of 1 to " + std::to_string(key.most) + " bytes";
    case Type::Choice: return choices(key.words);
    case Type::HostName: return "a host name of at most " + std::to_string(key.most) + " bytes";
    case Type::Domain: return "the name of a domain";
    case Type::Link: return "the name of an interface";
    case Type::Mac: return "a hardware address such as 52:54:00:12:34:56";
    case Type::Address: return "an address";
    case Type::Address4: return "an IPv4 address";
    case Type::Address6: return "an IPv6 address";
    case Type::Interface: return "a host's ADDRESS/LENGTH";
    case Type::Network: return "a network, ADDRESS/LENGTH";
    case Type::Route: return "ADDRESS/LENGTH or \"default\"";
    case Type::Gateway: return "the address of a router";
    case Type::Endpoint: return "HOST or HOST:PORT";
    case Type::Server: return "HOST or HOST:PORT";
    case Type::Listener: return "PORT or ADDRESS:PORT";
    case Type::Uuid: return "a UUID";
    case Type::Version: return "MAJOR.MINOR";
    case Type::Opnums: return "numbers and ranges such as \"0,2-4\"";
    case Type::Terminal: return "the name of a terminal such as \"ttyS0\", or \"none\"";
    case Type::Timezone:
      return "a POSIX TZ text such as \"CET-1CEST,M3.5.0,M10.5.0/3\", or an offset such as \"+01:00\"";
    case Type::Variable: return "NAME=VALUE of at most " + std::to_string(key.most) + " bytes";
    case Type::Certificates: return "certificates in PEM form, at most " + std::to_string(key.most) + " bytes";
    case Type::PrivateKey: return "a private key in PEM form, at most " + std::to_string(key.most) + " bytes";
  }
  return {};
}

std::string shown(const Key& key, const toml::Node& value) {
  constexpr std::string_view kSecret = "(not shown)";
  if (key.type == Type::PrivateKey) return std::string(kSecret);
  // The values of a service's environment are often passwords.
  if (key.type == Type::Variable) return shown(value).substr(0, value.text.find('=') + 1) + std::string(kSecret);
  return shown(value);
}

std::string shown(const toml::Node& value) {
  switch (value.kind) {
    case toml::Kind::String: {
      std::string text = value.text.substr(0, kShown);
      for (char& character : text)
        if (static_cast<uint8_t>(character) < 0x20 || static_cast<uint8_t>(character) > 0x7e) character = '?';
      return value.text.size() > kShown ? text + "..." : text;
    }
    case toml::Kind::Integer: return std::to_string(value.integer);
    case toml::Kind::Boolean: return value.boolean ? "true" : "false";
    case toml::Kind::Table:
    case toml::Kind::Array:
    case toml::Kind::Float:
    case toml::Kind::Time: return to_string(toml::name_of(value.kind));
  }
  return {};
}

std::expected<Fields, std::string> to_fields(const Key& key, const toml::Node& value) {
  auto fields = read(key, value);
  if (fields) {
    if (key.field.empty()) fields->clear();
    return *fields;
  }
  bool text = value.kind == toml::Kind::String && key.type != Type::PrivateKey;
  return std::unexpected("expected " + expected_of(key) + ", not " + (text ? "\"" : "") + shown(key, value) +
                         (text ? "\"" : ""));
}

}  // namespace ck::config
