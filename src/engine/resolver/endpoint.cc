// SPDX-License-Identifier: MIT
#include "engine/resolver/endpoint.h"

#include "base/text.h"

namespace ck::resolver {

std::optional<Endpoint> parse_endpoint(std::string_view text, uint16_t default_port) {
  Endpoint endpoint{.port = default_port};
  std::string_view host = text;
  std::optional<std::string_view> port;
  bool bracketed = text.starts_with('[');
  if (bracketed) {
    size_t close = text.find(']');
    if (close == std::string_view::npos) return std::nullopt;
    host = text.substr(1, close - 1);
    std::string_view rest = text.substr(close + 1);
    if (rest.starts_with(':'))
      port = rest.substr(1);
    else if (!rest.empty())
      return std::nullopt;
  } else if (size_t colon = text.find(':'); colon != std::string_view::npos && colon == text.rfind(':')) {
    host = text.substr(0, colon);  // one colon; several are an IPv6 address
    port = text.substr(colon + 1);
  }
  if (port) {
    auto number = parse_u16(*port);
    if (!number || *number == 0) return std::nullopt;
    endpoint.port = *number;
  }
  endpoint.address = parse_ip(host);
  if (endpoint.address) {
    if (bracketed && endpoint.address->family != Family::V6) return std::nullopt;
    endpoint.name = dns::Name(to_text(*endpoint.address).view());
    return endpoint;
  }
  auto name = dns::parse_name(host);
  if (!name || bracketed) return std::nullopt;
  // What looks like a number all through is a mistyped address, not a name (RFC 3696 2: no all-numeric top label).
  size_t last_dot = name->view().rfind('.');
  std::string_view top = last_dot == std::string_view::npos ? name->view() : name->view().substr(last_dot + 1);
  if (parse_u64(top)) return std::nullopt;
  endpoint.name = *name;
  return endpoint;
}

}  // namespace ck::resolver
