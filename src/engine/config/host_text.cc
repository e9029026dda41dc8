// SPDX-License-Identifier: MIT
#include "engine/config/host_text.h"

#include "base/addresses.h"
#include "base/text.h"

namespace ck::config {

namespace {

bool is_letter_or_digit(char character) {
  return (character >= 'a' && character <= 'z') || (character >= 'A' && character <= 'Z') ||
         (character >= '0' && character <= '9');
}

// A name whose last label is a number can only be a mistyped IPv4 address.
bool looks_like_ipv4(std::string_view host) {
  size_t dot = host.find_last_of('.');
  return parse_u64(host.substr(dot == std::string_view::npos ? 0 : dot + 1)).has_value();
}

// Domain names of hosts may hold underscores in the wild; the DNS takes them.
bool is_domain_name(std::string_view text) {
  if (text.ends_with('.')) text.remove_suffix(1);
  char buffer[253];
  if (text.size() > sizeof(buffer)) return false;
  TextWriter copy(buffer);
  for (char character : text) copy.put(character == '_' ? 'a' : character);
  return is_host_name(copy.view()) && !looks_like_ipv4(text);
}

}  // namespace

bool is_host_name(std::string_view text) {
  if (text.empty() || text.size() > 253) return false;
  Splitter labels(text, '.');
  while (auto label = labels.next()) {
    if (label->empty() || label->size() > 63 || label->starts_with('-') || label->ends_with('-')) return false;
    for (char character : *label)
      if (!is_letter_or_digit(character) && character != '-') return false;
  }
  return true;
}

std::optional<Upstream> parse_upstream(std::string_view text) {
  std::string_view host = text;
  std::string_view port_text;
  bool has_port = false;
  bool bracketed = text.starts_with('[');
  if (bracketed) {
    size_t close = text.find(']');
    if (close == std::string_view::npos) return std::nullopt;
    host = text.substr(1, close - 1);
    std::string_view after = text.substr(close + 1);
    if (!after.empty() && after.front() != ':') return std::nullopt;
    has_port = !after.empty();
    if (has_port) port_text = after.substr(1);
  } else if (text.find(':') != std::string_view::npos && text.find(':') == text.rfind(':')) {
    host = text.substr(0, text.find(':'));
    port_text = text.substr(text.find(':') + 1);
    has_port = true;
  }
  uint16_t port = kKmsPort;
  if (has_port) {
    auto number = parse_u16(port_text);
    if (!number || *number == 0) return std::nullopt;
    port = *number;
  }

  char buffer[Upstream::capacity()];
  TextWriter out(buffer);
  if (auto v6 = parse_ipv6(host))
    out.put('[').put(to_text(*v6)).put(']');
  else if (bracketed)
    return std::nullopt;
  else if (parse_ipv4(host) || is_domain_name(host))
    out.put(host.ends_with('.') ? host.substr(0, host.size() - 1) : host);
  else
    return std::nullopt;
  out.put(':').number(port);
  return Upstream(out.view());
}

}  // namespace ck::config
