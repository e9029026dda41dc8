// SPDX-License-Identifier: MIT
#include "engine/config/dracut_ip.h"

#include "base/text.h"

namespace ck::config {

namespace {

constexpr size_t kMaxParts = 14;  // six of them a hardware address
constexpr uint32_t kLeastMtu = 576;
constexpr uint32_t kMostMtu = 65'535;

using Parts = FixedVector<std::string_view, kMaxParts>;

// Between colons that do not stand in brackets; the brackets are taken off.
std::optional<Parts> split(std::string_view text) {
  Parts parts;
  for (;;) {
    bool bracketed = text.starts_with('[');
    size_t close = bracketed ? text.find(']') : 0;
    if (close == std::string_view::npos) return std::nullopt;
    size_t colon = text.find(':', close);
    std::string_view part = text.substr(0, colon);
    if (bracketed) {
      if (part.size() != close + 1) return std::nullopt;
      part = part.substr(1, close - 1);
    }
    if (!parts.push_back(part)) return std::nullopt;
    if (colon == std::string_view::npos) return parts;
    text.remove_prefix(colon + 1);
  }
}

std::optional<IpMethod> parse_method(std::string_view word) {
  if (word == "none" || word == "off" || word == "static") return IpMethod::None;
  if (word == "dhcp" || word == "on" || word == "any" || word == "single-dhcp") return IpMethod::Dhcp4;
  if (word == "dhcp6") return IpMethod::Dhcp6;
  if (word == "auto6" || word == "either6" || word == "link6") return IpMethod::RouterAdvertisements;
  return std::nullopt;
}

std::optional<uint8_t> parse_length(std::string_view text, Family family) {
  if (auto mask = parse_ipv4(text); mask && family == Family::V4) return prefix_length(*mask);
  auto length = parse_u16(text);
  if (!length || *length == 0 || *length > (family == Family::V4 ? 32 : 128)) return std::nullopt;
  return static_cast<uint8_t>(*length);
}

std::string_view part(const Parts& parts, size_t index) {
  return index < parts.size() ? parts[index] : std::string_view();
}

// The MTU and hardware address, or the name servers, that may follow the method.
std::optional<std::string_view> read_tail(const Parts& parts, size_t first, DracutIp& ip) {
  for (size_t i = first; i < parts.size() && i < first + 2; ++i)
    if (auto server = parse_ip(parts[i])) (void)ip.dns.push_back(*server);
  if (!ip.dns.empty()) return std::nullopt;
  if (std::string_view mtu = part(parts, first); !mtu.empty()) {
    auto number = parse_u32(mtu);
    if (!number || *number < kLeastMtu || *number > kMostMtu) return "bad MTU";
    ip.mtu = *number;
  }
  if (first + 1 >= parts.size()) return std::nullopt;
  // A hardware address is written with colons, too: six parts are one.
  if (parts.size() == first + 7) {
    const char* begin = parts[first + 1].data();
    const std::string_view& last = parts[first + 6];
    ip.mac = parse_mac({begin, static_cast<size_t>(last.data() + last.size() - begin)});
  }
  if (!ip.mac && !part(parts, first + 1).empty()) return "bad hardware address";
  return std::nullopt;
}

}  // namespace

std::expected<DracutIp, std::string_view> parse_dracut_ip(std::string_view value) {
  DracutIp ip;
  auto parts = split(value);
  if (!parts) return std::unexpected("brackets that do not match, or too many parts");
  if (auto method = parse_method(part(*parts, 0)); method && parts->size() == 1) {
    ip.method = *method;
    return ip;
  }
  if (auto method = parse_method(part(*parts, 1)); method && !parse_ip(part(*parts, 0))) {
    ip.interface = part(*parts, 0);
    ip.method = *method;
    if (auto complaint = read_tail(*parts, 2, ip)) return std::unexpected(*complaint);
    return ip;
  }
  auto client = parse_ip(part(*parts, 0));
  if (!client) return std::unexpected("neither a method, an interface with a method, nor an address");
  auto length = parse_length(part(*parts, 3), client->family);
  if (!length) return std::unexpected("no netmask or length behind the third colon");
  ip.address = IpPrefix{.address = *client, .length = *length};
  if (std::string_view text = part(*parts, 2); !text.empty()) {
    ip.gateway = parse_ip(text);
    if (!ip.gateway || ip.gateway->family != client->family) return std::unexpected("bad gateway");
  }
  ip.hostname = part(*parts, 4);
  ip.interface = part(*parts, 5);
  ip.method = IpMethod::None;
  if (std::string_view word = part(*parts, 6); !word.empty()) {
    auto method = parse_method(word);
    if (!method) return std::unexpected("unknown method");
    ip.method = *method;
  }
  if (auto complaint = read_tail(*parts, 7, ip)) return std::unexpected(*complaint);
  return ip;
}

}  // namespace ck::config
