// SPDX-License-Identifier: MIT
#include "base/addresses.h"

#include <bit>

#include "base/text.h"

namespace ck {

bool Ipv6Address::is_loopback() const {
  std::array<uint8_t, 16> loopback{};
  loopback[15] = 1;
  return octets == loopback;
}

std::optional<Ipv4Address> Ipv6Address::mapped_v4() const {
  for (size_t i = 0; i < 10; ++i)
    if (octets[i] != 0) return std::nullopt;
  if (octets[10] != 0xff || octets[11] != 0xff) return std::nullopt;
  return Ipv4Address{static_cast<uint32_t>(octets[12]) << 24 | static_cast<uint32_t>(octets[13]) << 16 |
                     static_cast<uint32_t>(octets[14]) << 8 | octets[15]};
}

IpAddress without_mapping(const IpAddress& address) {
  if (address.family == Family::V4) return address;
  auto v4 = address.v6.mapped_v4();
  return v4 ? IpAddress(*v4) : address;
}

bool overlap(const std::optional<IpAddress>& one, const std::optional<IpAddress>& other) {
  auto is_all = [](const std::optional<IpAddress>& place) {
    return !place || (place->family == Family::V6 && place->is_unspecified());
  };
  if (is_all(one) || is_all(other)) return true;
  return one->family == other->family && (one == other || one->is_unspecified() || other->is_unspecified());
}

bool IpPrefix::contains(const IpAddress& other) const {
  if (other.family != address.family) return false;
  if (address.family == Family::V4) {
    uint32_t mask = netmask_of(length).value;
    return (address.v4.value & mask) == (other.v4.value & mask);
  }
  for (unsigned i = 0; i < 16; ++i) {
    unsigned bits = length > 8 * i ? length - 8 * i : 0;
    auto mask = static_cast<uint8_t>(bits >= 8 ? 0xff : 0xff00 >> bits);
    if ((address.v6.octets[i] & mask) != (other.v6.octets[i] & mask)) return false;
  }
  return true;
}

std::optional<MacAddress> parse_mac(std::string_view text) {
  if (text.size() != 17) return std::nullopt;
  MacAddress mac;
  for (size_t i = 0; i < 6; ++i) {
    auto high = hex_digit(text[3 * i]);
    auto low = hex_digit(text[3 * i + 1]);
    if (!high || !low || (i < 5 && text[3 * i + 2] != ':')) return std::nullopt;
    mac.octets[i] = static_cast<uint8_t>(*high << 4 | *low);
  }
  return mac;
}

std::optional<Ipv4Address> parse_ipv4(std::string_view text) {
  uint32_t value = 0;
  unsigned count = 0;
  for (Splitter parts(text, '.'); auto part = parts.next();) {
    if (++count > 4 || part->size() > 3 || (part->size() > 1 && part->front() == '0')) return std::nullopt;
    auto octet = parse_u32(*part);
    if (!octet || *octet > 255) return std::nullopt;
    value = value << 8 | *octet;
  }
  if (count != 4) return std::nullopt;
  return Ipv4Address{value};
}

std::optional<Ipv6Address> parse_ipv6(std::string_view text) {
  std::array<uint16_t, 8> groups{};
  size_t count = 0;
  std::optional<size_t> gap;  // where "::" stands
  size_t at = 0;
  if (text.starts_with("::")) {
    gap = 0;
    at = 2;
  } else if (text.starts_with(":") || text.empty()) {
    return std::nullopt;
  }
  while (at < text.size()) {
    std::string_view rest = text.substr(at);
    size_t end = rest.find(':');
    std::string_view group = rest.substr(0, end);
    if (end == std::string_view::npos && group.find('.') != std::string_view::npos) {
      auto v4 = parse_ipv4(group);
      if (!v4 || count > 6) return std::nullopt;
      groups[count++] = static_cast<uint16_t>(v4->value >> 16);
      groups[count++] = static_cast<uint16_t>(v4->value);
      at = text.size();
      break;
    }
    if (group.empty() || group.size() > 4 || count == 8) return std::nullopt;
    uint16_t value = 0;
    for (char character : group) {
      auto digit = hex_digit(character);
      if (!digit) return std::nullopt;
      value = static_cast<uint16_t>(value << 4 | *digit);
    }
    groups[count++] = value;
    at += group.size();
    if (end == std::string_view::npos) break;
    ++at;
    if (at < text.size() && text[at] == ':') {
      if (gap) return std::nullopt;
      gap = count;
      ++at;
    } else if (at == text.size()) {
      return std::nullopt;  // one colon at the end
    }
  }
  if (gap ? count > 7 : count != 8) return std::nullopt;
  Ipv6Address address;
  size_t tail = gap ? count - *gap : 0;
  for (size_t i = 0; i < count; ++i) {
    size_t target = gap && i >= *gap ? 8 - tail + (i - *gap) : i;
    address.octets[2 * target] = static_cast<uint8_t>(groups[i] >> 8);
    address.octets[2 * target + 1] = static_cast<uint8_t>(groups[i]);
  }
  return address;
}

std::optional<IpAddress> parse_ip(std::string_view text) {
  if (auto v4 = parse_ipv4(text)) return IpAddress(*v4);
  if (auto v6 = parse_ipv6(text)) return IpAddress(*v6);
  return std::nullopt;
}

std::optional<IpPrefix> parse_prefix(std::string_view text) {
  size_t slash = text.find('/');
  if (slash == std::string_view::npos) return std::nullopt;
  auto address = parse_ip(text.substr(0, slash));
  auto length = parse_u32(text.substr(slash + 1));
  if (!address || !length || *length > (address->family == Family::V4 ? 32u : 128u)) return std::nullopt;
  return IpPrefix{*address, static_cast<uint8_t>(*length)};
}

namespace {

template <typename Write>
AddressText written(Write write) {
  char buffer[AddressText::capacity()];
  TextWriter out(buffer);
  write(out);
  return AddressText(out.view());
}

void put_v4(TextWriter& out, Ipv4Address address) {
  for (unsigned i = 0; i < 4; ++i) {
    if (i > 0) out.put('.');
    out.number(address.value >> (24 - 8 * i) & 0xff);
  }
}

void put_hex_group(TextWriter& out, unsigned value) {
  unsigned digits = value > 0xfff ? 4 : value > 0xff ? 3 : value > 0xf ? 2 : 1;
  out.hex(value, digits);
}

// RFC 5952: the longest run of zero groups (of two or more, the first among equals) becomes "::".
void put_v6(TextWriter& out, const Ipv6Address& address) {
  if (auto v4 = address.mapped_v4()) {
    out.put("::ffff:");
    put_v4(out, *v4);
    return;
  }
  auto group = [&](size_t i) -> unsigned { return address.octets[2 * i] * 256u + address.octets[2 * i + 1]; };
  size_t best = 8;
  size_t best_length = 1;
  for (size_t i = 0; i < 8; ++i) {
    size_t length = 0;
    while (i + length < 8 && group(i + length) == 0) ++length;
    if (length > best_length) {
      best = i;
      best_length = length;
    }
    if (length > 0) i += length - 1;
  }
  for (size_t i = 0; i < 8; ++i) {
    if (i == best) {
      out.put("::");
      i += best_length - 1;
      continue;
    }
    if (i > 0 && i != best + best_length) out.put(':');
    put_hex_group(out, group(i));
  }
}

void put_ip(TextWriter& out, const IpAddress& address) {
  if (address.family == Family::V4)
    put_v4(out, address.v4);
  else
    put_v6(out, address.v6);
}

}  // namespace

AddressText to_text(const MacAddress& mac) {
  return written([&](TextWriter& out) {
    for (size_t i = 0; i < 6; ++i) {
      if (i > 0) out.put(':');
      out.hex(mac.octets[i], 2);
    }
  });
}

AddressText to_text(Ipv4Address address) {
  return written([&](TextWriter& out) { put_v4(out, address); });
}

AddressText to_text(const Ipv6Address& address) {
  return written([&](TextWriter& out) { put_v6(out, address); });
}

AddressText to_text(const IpAddress& address) {
  return written([&](TextWriter& out) { put_ip(out, address); });
}

AddressText to_text(const IpAddress& address, uint16_t port) {
  char buffer[AddressText::capacity()];
  bool brackets = address.family == Family::V6;
  TextWriter out(buffer);
  out.put(brackets ? "[" : "").put(to_text(address)).put(brackets ? "]:" : ":").number(port);
  return AddressText(out.view());
}

AddressText to_text(const IpPrefix& prefix) {
  return written([&](TextWriter& out) {
    put_ip(out, prefix.address);
    out.put('/').number(prefix.length);
  });
}

std::optional<uint8_t> prefix_length(Ipv4Address netmask) {
  int ones = std::countl_one(netmask.value);
  if (std::popcount(netmask.value) != ones) return std::nullopt;
  return static_cast<uint8_t>(ones);
}

Ipv4Address netmask_of(uint8_t length) {
  if (length == 0) return {0};
  return {length >= 32 ? 0xffffffff : ~(0xffffffff >> length)};
}

}  // namespace ck
