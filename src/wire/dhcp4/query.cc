// SPDX-License-Identifier: MIT
#include "wire/dhcp4/query.h"

#include "wire/dhcp4/format.h"

namespace ck::dhcp4 {

namespace {

constexpr size_t kLeastMessage = 300;  // RFC 1542 2.1: relays may drop what is shorter

// RFC 3442: classless routes before routers. The interface MTU (26) is not asked for: some clouds drop the request, and
// setting it makes some drivers lose carrier.
constexpr OptionCode kParameters[] = {OptionCode::SubnetMask,    OptionCode::ClasslessRoutes, OptionCode::Routers,
                                      OptionCode::DnsServers,    OptionCode::DomainName,      OptionCode::NtpServers,
                                      OptionCode::LeaseTime,     OptionCode::ServerId,        OptionCode::RenewalTime,
                                      OptionCode::RebindingTime, OptionCode::DomainSearch};

void put_address(ByteWriter& out, OptionCode code, Ipv4Address address) {
  out.u8(static_cast<uint8_t>(code)).u8(4).u32(address.value);
}

}  // namespace

Result<Bytes> write_query(const Query& query, MutableBytes buffer) {
  ByteWriter out(buffer);
  out.u8(kBootRequest).u8(kHardwareEthernet).u8(6).u8(0);
  out.u32(query.transaction).u16(query.seconds).u16(0);  // no broadcast flag: a raw socket hears unicast
  out.u32(query.client.value).u32(0).u32(0).u32(0);
  out.bytes(query.hardware.octets).zeros(kHardwareSize - 6);
  out.zeros(kServerNameSize + kFileSize);
  out.u32(kMagicCookie);

  out.u8(static_cast<uint8_t>(OptionCode::MessageType)).u8(1).u8(static_cast<uint8_t>(query.type));
  out.u8(static_cast<uint8_t>(OptionCode::ClientId)).u8(7).u8(kHardwareEthernet).bytes(query.hardware.octets);
  if (query.requested) put_address(out, OptionCode::RequestedAddress, *query.requested);
  if (query.server) put_address(out, OptionCode::ServerId, *query.server);
  if (query.type == MessageType::Discover || query.type == MessageType::Request) {
    out.u8(static_cast<uint8_t>(OptionCode::MaxMessageSize)).u8(2).u16(kMaxMessage + kIpv4AndUdpHeaders);
    if (!query.host_name.empty()) {
      out.u8(static_cast<uint8_t>(OptionCode::HostName)).u8(static_cast<uint8_t>(query.host_name.size()));
      out.text(query.host_name);
    }
    out.u8(static_cast<uint8_t>(OptionCode::ParameterList)).u8(std::size(kParameters));
    for (OptionCode code : kParameters) out.u8(static_cast<uint8_t>(code));
  }
  out.u8(static_cast<uint8_t>(OptionCode::End));
  if (out.size() < kLeastMessage) out.zeros(kLeastMessage - out.size());
  if (!out.ok()) return fail(Code::OutOfRange, "DHCP message buffer");
  return out.written();
}

}  // namespace ck::dhcp4
