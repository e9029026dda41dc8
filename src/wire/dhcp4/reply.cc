// SPDX-License-Identifier: MIT
#include "wire/dhcp4/reply.h"

#include <array>

#include "wire/dhcp4/domain_list.h"
#include "wire/dhcp4/format.h"

namespace ck::dhcp4 {

namespace {

constexpr size_t kMaxJoined = 1024;  // bytes of one option after joining; more makes it a bad option

// The three places in which options may stand, in the order of RFC 3396 section 5.
struct Areas {
  std::array<Bytes, 3> parts;
  size_t count = 1;
};

// One option after joining its parts. Nothing of it is kept in the message: it is a copy.
struct Joined {
  std::array<uint8_t, kMaxJoined> data;
  size_t size = 0;
  unsigned instances = 0;
  bool overflow = false;
  Bytes bytes() const { return Bytes(data).first(size); }
};

enum class Walk : uint8_t { Complete, Truncated };

// Calls visit(code, value) for each option of one area.
template <typename Visit>
Walk walk_area(Bytes area, Visit visit) {
  ByteReader reader(area);
  while (auto code = reader.u8()) {
    if (*code == static_cast<uint8_t>(OptionCode::Pad)) continue;
    if (*code == static_cast<uint8_t>(OptionCode::End)) return Walk::Complete;
    auto length = reader.u8();
    if (!length) return Walk::Truncated;
    auto value = reader.take(*length);
    if (!value) return Walk::Truncated;
    visit(*code, *value);
  }
  return Walk::Complete;  // no end option: harmless, and some servers leave it out
}

enum class Repeat : bool { Join, FirstOnly };

void collect(const Areas& areas, OptionCode wanted, Repeat repeat, Joined& joined) {
  joined.size = 0;
  joined.instances = 0;
  joined.overflow = false;
  for (size_t i = 0; i < areas.count; ++i) {
    (void)walk_area(areas.parts[i], [&](uint8_t code, Bytes value) {
      if (code != static_cast<uint8_t>(wanted)) return;
      if (joined.instances++ > 0 && repeat == Repeat::FirstOnly) return;
      if (value.size() > kMaxJoined - joined.size) {
        joined.overflow = true;
        return;
      }
      for (uint8_t byte : value) joined.data[joined.size++] = byte;
    });
  }
}

std::optional<uint32_t> exact_u32(Bytes value) {
  if (value.size() != 4) return std::nullopt;
  return ByteReader(value).u32();
}

// A list of addresses: a multiple of four bytes, at least one; what exceeds the list's capacity is left out.
template <typename List>
bool read_addresses(Bytes value, List& list) {
  if (value.empty() || value.size() % 4 != 0) return false;
  ByteReader reader(value);
  while (auto address = reader.u32()) {
    Ipv4Address ip{*address};
    if (ip.is_unspecified() || ip.is_broadcast() || ip.is_multicast()) return false;
    if (!list.push_back(ip)) break;
  }
  return true;
}

bool read_classless_routes(Bytes value, RouteList& routes) {
  ByteReader reader(value);
  while (auto length = reader.u8()) {
    if (*length > 32) return false;
    auto significant = reader.take((*length + 7u) / 8u);
    auto gateway = significant ? reader.u32() : std::nullopt;
    if (!gateway) return false;
    uint32_t destination = 0;
    for (size_t i = 0; i < significant->size(); ++i)
      destination |= static_cast<uint32_t>((*significant)[i]) << (24 - 8 * i);
    destination &= netmask_of(*length).value;  // RFC 3442: bits beyond the mask are ignored
    if (!routes.push_back({{destination}, *length, {*gateway}})) break;
  }
  return true;
}

std::string_view without_end(std::string_view text) {
  while (!text.empty() && text.back() == '\0') text.remove_suffix(1);
  if (!text.empty() && text.back() == '.') text.remove_suffix(1);
  return text;
}

// Puts one option's value into the reply; false when it is bad. An option of no interest is good.
bool apply(OptionCode code, Bytes value, Reply& reply) {
  auto number = [&](std::optional<uint32_t>& target) {
    target = exact_u32(value);
    return target.has_value();
  };
  switch (code) {
    case OptionCode::SubnetMask: {
      auto mask = exact_u32(value);
      if (!mask) return false;
      reply.prefix_length = prefix_length(Ipv4Address{*mask});
      if (reply.prefix_length == 0) reply.prefix_length.reset();
      return reply.prefix_length.has_value();
    }
    case OptionCode::Routers: return read_addresses(value, reply.routers);
    case OptionCode::DnsServers: return read_addresses(value, reply.dns);
    case OptionCode::NtpServers: return read_addresses(value, reply.ntp);
    case OptionCode::DomainName: {
      std::string_view text = without_end(as_text(value));
      if (!is_domain_name(text)) return false;
      reply.domain = DomainName(text);
      return true;
    }
    case OptionCode::LeaseTime:
      if (!number(reply.lease_seconds) || *reply.lease_seconds == 0) reply.lease_seconds.reset();
      return reply.lease_seconds.has_value();
    case OptionCode::ServerId: {
      auto server = exact_u32(value);
      if (!server || *server == 0 || *server == 0xffffffff) return false;
      reply.server = Ipv4Address{*server};
      return true;
    }
    case OptionCode::RenewalTime: return number(reply.renewal_seconds);
    case OptionCode::RebindingTime: return number(reply.rebinding_seconds);
    case OptionCode::Message: reply.message = FixedString<80>(as_text(value)); return !value.empty();
    case OptionCode::ClientId: {
      if (value.size() < 2) return false;  // RFC 2132 9.14
      reply.client_id.emplace();
      for (uint8_t byte : value)
        if (!reply.client_id->push_back(byte)) break;
      return true;
    }
    case OptionCode::DomainSearch: {
      DomainList list = parse_domain_list(value, Compression::Allowed);
      reply.search = list.names;
      return list.bad == 0;
    }
    case OptionCode::ClasslessRoutes: {
      RouteList routes;
      if (value.size() < 5 || !read_classless_routes(value, routes)) return false;
      reply.classless_routes = routes;
      return true;
    }
    case OptionCode::Pad:
    case OptionCode::End:
    case OptionCode::HostName:
    case OptionCode::RequestedAddress:
    case OptionCode::Overload:
    case OptionCode::MessageType:
    case OptionCode::ParameterList:
    case OptionCode::MaxMessageSize: return true;
  }
  return true;
}

struct Rule {
  OptionCode code;
  Repeat repeat;  // RFC 3396 joins options whose value may be long; of the others the first counts
};

constexpr Rule kRules[] = {
    {OptionCode::SubnetMask, Repeat::FirstOnly},    {OptionCode::Routers, Repeat::Join},
    {OptionCode::DnsServers, Repeat::Join},         {OptionCode::NtpServers, Repeat::Join},
    {OptionCode::DomainName, Repeat::Join},         {OptionCode::LeaseTime, Repeat::FirstOnly},
    {OptionCode::ServerId, Repeat::FirstOnly},      {OptionCode::RenewalTime, Repeat::FirstOnly},
    {OptionCode::RebindingTime, Repeat::FirstOnly}, {OptionCode::Message, Repeat::Join},
    {OptionCode::ClientId, Repeat::Join},           {OptionCode::DomainSearch, Repeat::Join},
    {OptionCode::ClasslessRoutes, Repeat::Join},
};

// Adds the file and server name fields when option 52 of the options field says that they hold options.
void add_overload(Bytes options, Bytes server_name, Bytes file, Areas& areas, unsigned& bad) {
  std::optional<uint8_t> overload;
  (void)walk_area(options, [&](uint8_t code, Bytes value) {
    if (code != static_cast<uint8_t>(OptionCode::Overload) || overload) return;
    if (value.size() == 1 && value[0] >= 1 && value[0] <= 3)
      overload = value[0];
    else
      ++bad;
  });
  if (!overload) return;
  if ((*overload & 1) != 0) areas.parts[areas.count++] = file;
  if ((*overload & 2) != 0) areas.parts[areas.count++] = server_name;
}

}  // namespace

std::string_view name_of(Drop drop) {
  switch (drop) {
    case Drop::Short: return "short message";
    case Drop::NotReply: return "not a reply";
    case Drop::Hardware: return "not for an Ethernet address";
    case Drop::NoCookie: return "no DHCP cookie";
    case Drop::NoMessageType: return "no message type";
    case Drop::NotFromServer: return "not a server's message type";
  }
  return "unknown";
}

std::expected<Reply, Drop> parse_reply(Bytes message) {
  ByteReader reader(message);
  Reply reply;
  auto op = reader.u8();
  auto hardware_type = reader.u8();
  auto hardware_length = reader.u8();
  bool fixed = reader.skip(1);  // hops
  auto transaction = reader.u32();
  fixed = reader.skip(8) && fixed;  // secs, flags, ciaddr
  auto yours = reader.u32();
  fixed = reader.skip(8) && fixed;  // siaddr, giaddr
  auto hardware = reader.array<6>();
  fixed = reader.skip(kHardwareSize - 6) && fixed;
  auto server_name = reader.take(kServerNameSize);
  auto file = reader.take(kFileSize);
  auto cookie = reader.u32();
  if (!fixed || !op || !hardware_type || !hardware_length || !transaction || !yours || !hardware || !server_name ||
      !file)
    return std::unexpected(Drop::Short);
  if (*op != kBootReply) return std::unexpected(Drop::NotReply);
  if (*hardware_type != kHardwareEthernet || *hardware_length != 6) return std::unexpected(Drop::Hardware);
  if (cookie != kMagicCookie) return std::unexpected(Drop::NoCookie);
  reply.transaction = *transaction;
  reply.yours = Ipv4Address{*yours};
  reply.hardware = MacAddress{*hardware};

  Areas areas;
  areas.parts[0] = reader.rest();
  add_overload(reader.rest(), *server_name, *file, areas, reply.bad_options);
  for (size_t i = 0; i < areas.count; ++i)
    if (walk_area(areas.parts[i], [](uint8_t, Bytes) {}) == Walk::Truncated) ++reply.bad_options;

  Joined joined;
  collect(areas, OptionCode::MessageType, Repeat::FirstOnly, joined);
  if (joined.size != 1) return std::unexpected(Drop::NoMessageType);
  auto type = static_cast<MessageType>(joined.data[0]);
  if (type != MessageType::Offer && type != MessageType::Ack && type != MessageType::Nak)
    return std::unexpected(Drop::NotFromServer);
  reply.type = type;

  for (const Rule& rule : kRules) {
    collect(areas, rule.code, rule.repeat, joined);
    if (joined.instances == 0) continue;
    if (rule.repeat == Repeat::FirstOnly) reply.bad_options += joined.instances - 1;
    if (joined.overflow || !apply(rule.code, joined.bytes(), reply)) ++reply.bad_options;
  }
  return reply;
}

}  // namespace ck::dhcp4
