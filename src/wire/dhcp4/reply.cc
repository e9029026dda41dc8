// SPDX-License-Identifier: MIT
#include "wire/dhcp4/reply.h"

#include <array>

#include "wire/dhcp4/domain_list.h"
#include "wire/dhcp4/format.h"

namespace ck::dhcp4 {

namespace {

constexpr size_t kMaxJoined = 1024;  // bytes of one option after joining; more is a fault

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

// What is wrong with an option, if anything.
using Verdict = std::optional<OptionFault>;
constexpr Verdict kGood = std::nullopt;

// A list of addresses: a multiple of four bytes, at least one; what exceeds the list's capacity is left out.
template <typename List>
Verdict read_addresses(Bytes value, List& list) {
  if (value.empty() || value.size() % 4 != 0) return OptionFault::WrongLength;
  List read;
  ByteReader reader(value);
  while (auto address = reader.u32()) {
    Ipv4Address ip{*address};
    if (ip.is_unspecified() || ip.is_broadcast() || ip.is_multicast()) return OptionFault::BadValue;
    if (!read.push_back(ip)) break;
  }
  list = read;
  return kGood;
}

Verdict read_classless_routes(Bytes value, std::optional<RouteList>& target) {
  if (value.size() < 5) return OptionFault::WrongLength;
  RouteList routes;
  ByteReader reader(value);
  while (auto length = reader.u8()) {
    if (*length > 32) return OptionFault::BadValue;
    auto significant = reader.take((*length + 7u) / 8u);
    auto gateway = significant ? reader.u32() : std::nullopt;
    if (!gateway) return OptionFault::WrongLength;
    uint32_t destination = 0;
    for (size_t i = 0; i < significant->size(); ++i)
      destination |= static_cast<uint32_t>((*significant)[i]) << (24 - 8 * i);
    destination &= netmask_of(*length).value;  // RFC 3442: bits beyond the mask are ignored
    if (!routes.push_back({{destination}, *length, {*gateway}})) break;
  }
  target = routes;
  return kGood;
}

Verdict read_number(Bytes value, std::optional<uint32_t>& target) {
  target = exact_u32(value);
  return target ? kGood : Verdict(OptionFault::WrongLength);
}

std::string_view without_end(std::string_view text) {
  while (!text.empty() && text.back() == '\0') text.remove_suffix(1);
  if (!text.empty() && text.back() == '.') text.remove_suffix(1);
  return text;
}

// Puts one option's value into the reply, unless it is at fault. An option of no interest is good.
Verdict apply(OptionCode code, Bytes value, Reply& reply) {
  switch (code) {
    case OptionCode::SubnetMask: {
      auto mask = exact_u32(value);
      if (!mask) return OptionFault::WrongLength;
      auto length = prefix_length(Ipv4Address{*mask});
      if (!length || *length == 0) return OptionFault::BadValue;
      reply.prefix_length = length;
      return kGood;
    }
    case OptionCode::Routers: return read_addresses(value, reply.routers);
    case OptionCode::DnsServers: return read_addresses(value, reply.dns);
    case OptionCode::NtpServers: return read_addresses(value, reply.ntp);
    case OptionCode::LogServers: return read_addresses(value, reply.log_servers);
    case OptionCode::DomainName: {
      std::string_view text = without_end(as_text(value));
      if (value.empty()) return OptionFault::WrongLength;
      if (!is_domain_name(text)) return OptionFault::BadValue;
      reply.domain = DomainName(text);
      return kGood;
    }
    case OptionCode::LeaseTime: {
      auto seconds = exact_u32(value);
      if (!seconds) return OptionFault::WrongLength;
      if (*seconds == 0) return OptionFault::BadValue;
      reply.lease_seconds = seconds;
      return kGood;
    }
    case OptionCode::ServerId: {
      auto server = exact_u32(value);
      if (!server) return OptionFault::WrongLength;
      if (*server == 0 || *server == 0xffffffff) return OptionFault::BadValue;
      reply.server = Ipv4Address{*server};
      return kGood;
    }
    case OptionCode::RenewalTime: return read_number(value, reply.renewal_seconds);
    case OptionCode::RebindingTime: return read_number(value, reply.rebinding_seconds);
    case OptionCode::Ipv6OnlyPreferred: return read_number(value, reply.ipv6_only_seconds);
    case OptionCode::InterfaceMtu: {
      if (value.size() != 2) return OptionFault::WrongLength;
      auto mtu = ByteReader(value).u16();
      if (!mtu || *mtu < kLeastMtu) return OptionFault::BadValue;
      reply.mtu = mtu;
      return kGood;
    }
    case OptionCode::RapidCommit:
      if (!value.empty()) return OptionFault::WrongLength;
      reply.rapid_commit = RapidCommit::Yes;
      return kGood;
    case OptionCode::Message:
      if (value.empty()) return OptionFault::WrongLength;
      reply.message = FixedString<80>(as_text(value));
      return kGood;
    case OptionCode::ClientId: {
      if (value.size() < 2) return OptionFault::WrongLength;  // RFC 2132 9.14
      reply.client_id.emplace();
      for (uint8_t byte : value)
        if (!reply.client_id->push_back(byte)) break;
      return kGood;
    }
    case OptionCode::DomainSearch: {
      if (value.empty()) return OptionFault::WrongLength;
      DomainList list = parse_domain_list(value, Compression::Allowed);
      reply.search = list.names;
      return list.bad == 0 ? kGood : Verdict(OptionFault::BadValue);
    }
    case OptionCode::ClasslessRoutes: return read_classless_routes(value, reply.classless_routes);
    case OptionCode::MicrosoftRoutes:
      // The older code counts only where 121 says nothing.
      return reply.classless_routes ? kGood : read_classless_routes(value, reply.classless_routes);
    case OptionCode::Pad:
    case OptionCode::End:
    case OptionCode::HostName:
    case OptionCode::RequestedAddress:
    case OptionCode::Overload:
    case OptionCode::MessageType:
    case OptionCode::ParameterList:
    case OptionCode::VendorClass:
    case OptionCode::MaxMessageSize: return kGood;
  }
  return kGood;
}

struct Rule {
  OptionCode code;
  Repeat repeat;  // RFC 3396 joins options whose value may be long; of the others the first counts
};

constexpr Rule kRules[] = {
    {OptionCode::SubnetMask, Repeat::FirstOnly},    {OptionCode::Routers, Repeat::Join},
    {OptionCode::DnsServers, Repeat::Join},         {OptionCode::NtpServers, Repeat::Join},
    {OptionCode::LogServers, Repeat::Join},         {OptionCode::InterfaceMtu, Repeat::FirstOnly},
    {OptionCode::DomainName, Repeat::Join},         {OptionCode::LeaseTime, Repeat::FirstOnly},
    {OptionCode::ServerId, Repeat::FirstOnly},      {OptionCode::RenewalTime, Repeat::FirstOnly},
    {OptionCode::RebindingTime, Repeat::FirstOnly}, {OptionCode::Message, Repeat::Join},
    {OptionCode::ClientId, Repeat::Join},           {OptionCode::RapidCommit, Repeat::FirstOnly},
    {OptionCode::DomainSearch, Repeat::Join},       {OptionCode::Ipv6OnlyPreferred, Repeat::FirstOnly},
    {OptionCode::ClasslessRoutes, Repeat::Join},    {OptionCode::MicrosoftRoutes, Repeat::Join},
};

// Adds the file and server name fields when option 52 of the options field says that they hold options.
void add_overload(Bytes options, Bytes server_name, Bytes file, Areas& areas, OptionFaults& faults) {
  std::optional<uint8_t> overload;
  (void)walk_area(options, [&](uint8_t code, Bytes value) {
    if (code != static_cast<uint8_t>(OptionCode::Overload)) return;
    if (overload)
      faults.add(OptionFault::Repeated);
    else if (value.size() != 1)
      faults.add(OptionFault::WrongLength);
    else if (value[0] < 1 || value[0] > 3)
      faults.add(OptionFault::BadValue);
    else
      overload = value[0];
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
  add_overload(reader.rest(), *server_name, *file, areas, reply.faults);
  for (size_t i = 0; i < areas.count; ++i)
    if (walk_area(areas.parts[i], [](uint8_t, Bytes) {}) == Walk::Truncated) reply.faults.add(OptionFault::Truncated);

  Joined joined;
  collect(areas, OptionCode::MessageType, Repeat::FirstOnly, joined);
  if (joined.size != 1) return std::unexpected(Drop::NoMessageType);
  auto type = static_cast<MessageType>(joined.data[0]);
  if (type != MessageType::Offer && type != MessageType::Ack && type != MessageType::Nak &&
      type != MessageType::ForceRenew)
    return std::unexpected(Drop::NotFromServer);
  reply.type = type;

  for (const Rule& rule : kRules) {
    collect(areas, rule.code, rule.repeat, joined);
    if (joined.instances == 0) continue;
    if (rule.repeat == Repeat::FirstOnly) reply.faults.add(OptionFault::Repeated, joined.instances - 1);
    Verdict fault = joined.overflow ? OptionFault::TooLong : apply(rule.code, joined.bytes(), reply);
    if (fault) reply.faults.add(*fault);
  }
  return reply;
}

}  // namespace ck::dhcp4
