// SPDX-License-Identifier: MIT
#include "wire/dhcp6/reply.h"

#include <algorithm>
#include <utility>

#include "wire/dhcp4/domain_list.h"

namespace ck::dhcp6 {

namespace {

constexpr size_t kHeader = 4;
constexpr size_t kIpv6 = 16;
constexpr size_t kNoLimit = 0xffff;

constexpr uint8_t kProtocolReconfigureKey = 3;  // RFC 9915 20.4
constexpr uint8_t kAlgorithmHmacMd5 = 1;
constexpr uint8_t kReplayCounter = 0;
constexpr size_t kAuthenticationHeader = 11;  // protocol, algorithm, replay method and 8 bytes of counter

constexpr uint16_t kNtpServerAddress = 1;  // RFC 5908 4.1; 2 is a multicast address, 3 a name
constexpr uint16_t kNtpMulticastAddress = 2;

// Nothing: the option is good. An option that some fault spoils is left out as a whole unless its list goes on.
using Fault = std::optional<OptionFault>;

// Where an option may stand, how long its value is and whether it may be repeated.
enum class Repeat : uint8_t { Once, Often };
struct Rule {
  OptionCode code;
  uint16_t least;
  uint16_t most;
  uint16_t unit;  // the length is a multiple of it
  Repeat repeat;
};

constexpr Rule kMessageRules[] = {
    {OptionCode::ClientId, kLeastDuid, kMaxDuid, 1, Repeat::Once},
    {OptionCode::ServerId, kLeastDuid, kMaxDuid, 1, Repeat::Once},
    {OptionCode::IdentityAssociation, 12, kNoLimit, 1, Repeat::Often},
    {OptionCode::Preference, 1, 1, 1, Repeat::Once},
    {OptionCode::Authentication, kAuthenticationHeader, kNoLimit, 1, Repeat::Once},
    {OptionCode::StatusCode, 2, kNoLimit, 1, Repeat::Once},
    {OptionCode::RapidCommit, 0, 0, 1, Repeat::Once},
    {OptionCode::ReconfigureMessage, 1, 1, 1, Repeat::Once},
    {OptionCode::DnsServers, kIpv6, kNoLimit, kIpv6, Repeat::Once},
    {OptionCode::DomainList, 2, kNoLimit, 1, Repeat::Once},
    {OptionCode::SntpServers, kIpv6, kNoLimit, kIpv6, Repeat::Once},
    {OptionCode::InformationRefreshTime, 4, 4, 1, Repeat::Once},
    {OptionCode::NtpServer, 4, kNoLimit, 1, Repeat::Often},
    {OptionCode::SolicitMaxRt, 4, 4, 1, Repeat::Once},
    {OptionCode::InformationMaxRt, 4, 4, 1, Repeat::Once},
};
constexpr Rule kAssociationRules[] = {
    {OptionCode::Address, 24, kNoLimit, 1, Repeat::Often},
    {OptionCode::StatusCode, 2, kNoLimit, 1, Repeat::Once},
};
constexpr Rule kAddressRules[] = {
    {OptionCode::StatusCode, 2, kNoLimit, 1, Repeat::Once},
};

// Calls apply(code, value, position in `area`) for each option of `area` that `rules` know and find well formed, and
// counts what they do not. Every option moves on by at least its header, so an empty one ends nothing and repeats
// nothing.
template <size_t N, typename Apply>
void walk(Bytes area, const Rule (&rules)[N], FaultCounts& faults, Apply apply) {
  std::array<bool, N> seen{};
  ByteReader reader(area);
  while (!reader.empty()) {
    auto code = reader.u16();
    auto length = code ? reader.u16() : std::nullopt;
    size_t position = reader.position();
    auto value = length ? reader.take(*length) : std::nullopt;
    if (!value) return faults.add(OptionFault::Truncated);
    const Rule* rule =
        std::find_if(rules, rules + N, [&](const Rule& one) { return static_cast<uint16_t>(one.code) == *code; });
    if (rule == rules + N) continue;
    bool repeated = std::exchange(seen[static_cast<size_t>(rule - rules)], true);
    if (repeated && rule->repeat == Repeat::Once)
      faults.add(OptionFault::Repeated);
    else if (value->size() < rule->least || value->size() > rule->most || value->size() % rule->unit != 0)
      faults.add(OptionFault::Length);
    else if (Fault fault = apply(rule->code, *value, position))
      faults.add(*fault);
  }
}

Duid read_duid(Bytes value) {
  Duid duid;
  for (uint8_t byte : value) (void)duid.push_back(byte);
  return duid;
}

Status read_status(Bytes value) {
  ByteReader reader(value);
  uint16_t code = reader.u16().value_or(0);
  Status status;
  status.code =
      code <= static_cast<uint16_t>(StatusCode::UseMulticast) ? static_cast<StatusCode>(code) : StatusCode::UnspecFail;
  status.message = FixedString<80>(as_text(reader.rest()));
  return status;
}

// The addresses of servers. A bad one is left out, the others count.
Fault read_servers(Bytes value, ServerList& list) {
  Fault fault;
  ByteReader reader(value);
  while (auto octets = reader.array<kIpv6>()) {
    Ipv6Address address{*octets};
    if (address.is_unspecified() || address.is_multicast())
      fault = OptionFault::Value;
    else if (!list.push_back(address))
      return OptionFault::TooMany;
  }
  return fault;
}

bool is_host_address(const Ipv6Address& address) {
  return !address.is_unspecified() && !address.is_multicast() && !address.is_loopback() && !address.is_link_local() &&
         !address.mapped_v4();
}

Fault read_address(Bytes value, Association& association, FaultCounts& faults) {
  ByteReader reader(value);
  GivenAddress given;
  given.address.octets = *reader.array<kIpv6>();
  given.preferred_seconds = *reader.u32();
  given.valid_seconds = *reader.u32();
  std::optional<Status> status;
  walk(reader.rest(), kAddressRules, faults, [&](OptionCode, Bytes inner, size_t) -> Fault {
    status = read_status(inner);
    return {};
  });
  if (!is_host_address(given.address) || (status && status->code != StatusCode::Success)) return OptionFault::Value;
  if (given.preferred_seconds > given.valid_seconds) return OptionFault::Times;
  for (const GivenAddress& other : association.addresses)
    if (other.address == given.address) return OptionFault::Repeated;
  if (!association.addresses.push_back(given)) return OptionFault::TooMany;
  return {};
}

Fault read_association(Bytes value, Reply& reply) {
  ByteReader reader(value);
  Association association;
  association.iaid = *reader.u32();
  association.t1_seconds = *reader.u32();
  association.t2_seconds = *reader.u32();
  // RFC 9915 21.4: then it is as though the server had not sent it.
  if (association.t1_seconds > association.t2_seconds && association.t2_seconds > 0) return OptionFault::Times;
  if (reply.association(association.iaid) != nullptr) return OptionFault::Repeated;
  walk(reader.rest(), kAssociationRules, reply.faults, [&](OptionCode code, Bytes inner, size_t) -> Fault {
    if (code == OptionCode::Address) return read_address(inner, association, reply.faults);
    association.status = read_status(inner);
    return {};
  });
  if (!reply.associations.push_back(association)) return OptionFault::TooMany;
  return {};
}

// Its parts have codes and lengths like options, but a numbering of their own.
Fault read_ntp(Bytes value, ServerList& list) {
  Fault fault;
  ByteReader reader(value);
  while (!reader.empty()) {
    auto code = reader.u16();
    auto length = code ? reader.u16() : std::nullopt;
    auto part = length ? reader.take(*length) : std::nullopt;
    if (!part) return OptionFault::Truncated;
    bool is_address = *code == kNtpServerAddress || *code == kNtpMulticastAddress;
    if (is_address && part->size() != kIpv6)
      fault = OptionFault::Length;
    else if (*code == kNtpServerAddress) {
      if (Fault bad = read_servers(*part, list)) fault = bad;
    }
  }
  return fault;
}

Fault read_authentication(Bytes value, size_t position, std::optional<Authentication>& target) {
  ByteReader reader(value);
  uint8_t protocol = *reader.u8();
  uint8_t algorithm = *reader.u8();
  uint8_t method = *reader.u8();
  if (protocol != kProtocolReconfigureKey || algorithm != kAlgorithmHmacMd5 || method != kReplayCounter)
    return OptionFault::Unsupported;
  Authentication authentication;
  authentication.replay_counter = *reader.u64();
  if (reader.remaining() != 1 + kKeySize) return OptionFault::Length;
  auto kind = static_cast<Authentication::Kind>(*reader.u8());
  if (kind != Authentication::Kind::Key && kind != Authentication::Kind::Digest) return OptionFault::Unsupported;
  authentication.kind = kind;
  authentication.value_position = position + reader.position();
  authentication.value = *reader.array<kKeySize>();
  target = authentication;
  return {};
}

Fault read_max_rt(Bytes value, std::optional<uint32_t>& target) {
  uint32_t seconds = *ByteReader(value).u32();
  if (seconds < kLeastMaxRt || seconds > kLargestMaxRt) return OptionFault::Value;
  target = seconds;
  return {};
}

Fault read_reconfigure(uint8_t value, std::optional<MessageType>& target) {
  auto type = static_cast<MessageType>(value);
  if (type != MessageType::Renew && type != MessageType::Rebind && type != MessageType::InformationRequest)
    return OptionFault::Value;
  target = type;
  return {};
}

Fault apply(OptionCode code, Bytes value, size_t position, Reply& reply) {
  switch (code) {
    case OptionCode::ClientId: reply.client = read_duid(value); return {};
    case OptionCode::ServerId: reply.server = read_duid(value); return {};
    case OptionCode::IdentityAssociation: return read_association(value, reply);
    case OptionCode::Preference: reply.preference = value[0]; return {};
    case OptionCode::Authentication: return read_authentication(value, position, reply.authentication);
    case OptionCode::StatusCode: reply.status = read_status(value); return {};
    case OptionCode::RapidCommit: reply.rapid_commit = true; return {};
    case OptionCode::ReconfigureMessage: return read_reconfigure(value[0], reply.reconfigure);
    case OptionCode::DnsServers: return read_servers(value, reply.dns);
    case OptionCode::DomainList: {
      dhcp4::DomainList list = dhcp4::parse_domain_list(value, dhcp4::Compression::Forbidden);
      reply.search = list.names;
      return list.bad > 0 ? Fault(OptionFault::Value) : std::nullopt;
    }
    case OptionCode::SntpServers: return read_servers(value, reply.sntp);
    case OptionCode::InformationRefreshTime: reply.refresh_seconds = ByteReader(value).u32(); return {};
    case OptionCode::NtpServer: return read_ntp(value, reply.ntp);
    case OptionCode::SolicitMaxRt: return read_max_rt(value, reply.solicit_max_rt);
    case OptionCode::InformationMaxRt: return read_max_rt(value, reply.information_max_rt);
    case OptionCode::Address:
    case OptionCode::OptionRequest:
    case OptionCode::ElapsedTime:
    case OptionCode::ReconfigureAccept: return {};  // not in the table
  }
  return {};
}

}  // namespace

std::string_view name_of(OptionFault fault) {
  switch (fault) {
    case OptionFault::Truncated: return "truncated";
    case OptionFault::Length: return "wrong length";
    case OptionFault::Value: return "unusable value";
    case OptionFault::Times: return "times that contradict each other";
    case OptionFault::Repeated: return "repeated";
    case OptionFault::TooMany: return "too many";
    case OptionFault::Unsupported: return "unsupported";
  }
  return "unknown";
}

std::string_view name_of(Drop drop) {
  switch (drop) {
    case Drop::Short: return "short message";
    case Drop::Long: return "long message";
    case Drop::NotFromServer: return "not a server's message type";
  }
  return "unknown";
}

std::expected<Reply, Drop> parse_reply(Bytes message) {
  if (message.size() < kHeader) return std::unexpected(Drop::Short);
  if (message.size() > kMaxReply) return std::unexpected(Drop::Long);
  ByteReader reader(message);
  uint32_t first = *reader.u32();
  Reply reply;
  reply.type = static_cast<MessageType>(first >> 24);
  if (reply.type != MessageType::Advertise && reply.type != MessageType::Reply &&
      reply.type != MessageType::Reconfigure)
    return std::unexpected(Drop::NotFromServer);
  reply.transaction = first & 0xffffff;
  reply.message = message;
  walk(reader.rest(), kMessageRules, reply.faults,
       [&](OptionCode code, Bytes value, size_t position) { return apply(code, value, kHeader + position, reply); });
  return reply;
}

}  // namespace ck::dhcp6
