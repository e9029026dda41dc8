// SPDX-License-Identifier: MIT
#include "wire/dhcp6/query.h"

#include <span>

namespace ck::dhcp6 {

namespace {

constexpr uint16_t kAssociationSize = 12;  // IAID, T1, T2
constexpr uint16_t kAddressSize = 24;      // address, preferred and valid lifetime
constexpr uint16_t kOptionHeader = 4;

// RFC 9915 21.7: SOL_MAX_RT must be asked for in what may lead to a lease; INF_MAX_RT and the refresh time in an
// Information-request.
constexpr OptionCode kWithLease[] = {OptionCode::DnsServers, OptionCode::DomainList, OptionCode::SntpServers,
                                     OptionCode::NtpServer, OptionCode::SolicitMaxRt};
constexpr OptionCode kInformation[] = {OptionCode::DnsServers,  OptionCode::DomainList,
                                       OptionCode::SntpServers, OptionCode::InformationRefreshTime,
                                       OptionCode::NtpServer,   OptionCode::InformationMaxRt};

std::span<const OptionCode> requested_options(MessageType type) {
  switch (type) {
    case MessageType::Solicit:
    case MessageType::Request:
    case MessageType::Renew:
    case MessageType::Rebind: return kWithLease;
    case MessageType::InformationRequest: return kInformation;
    case MessageType::Confirm:
    case MessageType::Release:
    case MessageType::Decline:
    case MessageType::Advertise:
    case MessageType::Reply:
    case MessageType::Reconfigure: return {};
  }
  return {};
}

ByteWriter& begin_option(ByteWriter& out, OptionCode code, size_t size) {
  return out.u16(static_cast<uint16_t>(code)).u16(static_cast<uint16_t>(size));
}

void put_duid(ByteWriter& out, OptionCode code, const Duid& duid) {
  begin_option(out, code, duid.size()).bytes({duid.data(), duid.size()});
}

// RFC 9915 21.4, 21.6: what a client sends has times of zero, the server decides on them.
void put_association(ByteWriter& out, uint32_t iaid, const AddressList& addresses) {
  begin_option(out, OptionCode::IdentityAssociation,
               kAssociationSize + addresses.size() * (kOptionHeader + kAddressSize));
  out.u32(iaid).zeros(8);
  for (const Ipv6Address& address : addresses)
    begin_option(out, OptionCode::Address, kAddressSize).bytes(address.octets).zeros(8);
}

}  // namespace

Result<Bytes> write_query(const Query& query, MutableBytes buffer) {
  ByteWriter out(buffer);
  out.u32(static_cast<uint32_t>(query.type) << 24 | (query.transaction & 0xffffff));
  put_duid(out, OptionCode::ClientId, query.client);
  if (query.server) put_duid(out, OptionCode::ServerId, *query.server);
  begin_option(out, OptionCode::ElapsedTime, 2).u16(query.elapsed);
  if (query.iaid) put_association(out, *query.iaid, query.addresses);
  auto requested = requested_options(query.type);
  if (!requested.empty()) {
    begin_option(out, OptionCode::OptionRequest, 2 * requested.size());
    for (OptionCode code : requested) out.u16(static_cast<uint16_t>(code));
    if (query.reconfigure == Reconfigure::Accept) begin_option(out, OptionCode::ReconfigureAccept, 0);
  }
  if (query.rapid_commit == RapidCommit::Yes && query.type == MessageType::Solicit)
    begin_option(out, OptionCode::RapidCommit, 0);
  if (!out.ok()) return fail(Code::OutOfRange, "DHCPv6 message buffer");
  return out.written();
}

}  // namespace ck::dhcp6
