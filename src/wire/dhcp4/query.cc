// SPDX-License-Identifier: MIT
#include "wire/dhcp4/query.h"

#include <algorithm>
#include <array>

#include "wire/dhcp4/format.h"

namespace ck::dhcp4 {

namespace {

constexpr size_t kLeastMessage = 300;  // RFC 1542 2.1: relays may drop what is shorter
constexpr size_t kLongestPart = 255;

// RFC 3442: classless routes before routers.
constexpr OptionCode kParameters[] = {OptionCode::SubnetMask,  OptionCode::ClasslessRoutes, OptionCode::MicrosoftRoutes,
                                      OptionCode::Routers,     OptionCode::DnsServers,      OptionCode::LogServers,
                                      OptionCode::DomainName,  OptionCode::NtpServers,      OptionCode::LeaseTime,
                                      OptionCode::ServerId,    OptionCode::RenewalTime,     OptionCode::RebindingTime,
                                      OptionCode::DomainSearch};

void put_address(ByteWriter& out, OptionCode code, Ipv4Address address) {
  out.u8(static_cast<uint8_t>(code)).u8(4).u32(address.value);
}

void put_parameter_list(ByteWriter& out, const Query& query) {
  FixedVector<uint8_t, std::size(kParameters) + 2> codes;
  for (OptionCode code : kParameters) (void)codes.push_back(static_cast<uint8_t>(code));
  if (query.ask_mtu == AskMtu::Yes) (void)codes.push_back(static_cast<uint8_t>(OptionCode::InterfaceMtu));
  if (query.ipv6_only == Ipv6Only::Yes) (void)codes.push_back(static_cast<uint8_t>(OptionCode::Ipv6OnlyPreferred));
  write_option(out, OptionCode::ParameterList, Bytes(codes.data(), codes.size()));
}

}  // namespace

ClientId client_id_or_hardware(const ClientId& id, MacAddress hardware) {
  if (!id.empty()) return id;
  ClientId made;
  (void)made.push_back(kHardwareEthernet);
  for (uint8_t octet : hardware.octets) (void)made.push_back(octet);
  return made;
}

void write_option(ByteWriter& out, OptionCode code, Bytes value) {
  do {
    Bytes part = value.first(std::min(value.size(), kLongestPart));
    out.u8(static_cast<uint8_t>(code)).u8(static_cast<uint8_t>(part.size())).bytes(part);
    value = value.subspan(part.size());
  } while (!value.empty());
}

Result<Bytes> write_query(const Query& query, MutableBytes buffer) {
  ByteWriter out(buffer);
  out.u8(kBootRequest).u8(kHardwareEthernet).u8(6).u8(0);
  out.u32(query.transaction).u16(query.seconds).u16(0);  // no broadcast flag: a raw socket hears unicast
  out.u32(query.client.value).u32(0).u32(0).u32(0);
  out.bytes(query.hardware.octets).zeros(kHardwareSize - 6);
  out.zeros(kServerNameSize + kFileSize);
  out.u32(kMagicCookie);

  out.u8(static_cast<uint8_t>(OptionCode::MessageType)).u8(1).u8(static_cast<uint8_t>(query.type));
  ClientId id = client_id_or_hardware(query.client_id, query.hardware);
  write_option(out, OptionCode::ClientId, Bytes(id.data(), id.size()));
  if (query.requested) put_address(out, OptionCode::RequestedAddress, *query.requested);
  if (query.server) put_address(out, OptionCode::ServerId, *query.server);
  if (query.type == MessageType::Discover || query.type == MessageType::Request) {
    out.u8(static_cast<uint8_t>(OptionCode::MaxMessageSize)).u8(2).u16(kMaxMessage + kIpv4AndUdpHeaders);
    if (!query.host_name.empty()) write_option(out, OptionCode::HostName, as_bytes(query.host_name));
    if (!query.vendor_class.empty()) write_option(out, OptionCode::VendorClass, as_bytes(query.vendor_class));
    if (query.type == MessageType::Discover && query.rapid_commit == RapidCommit::Yes)
      write_option(out, OptionCode::RapidCommit, {});
    put_parameter_list(out, query);
  }
  out.u8(static_cast<uint8_t>(OptionCode::End));
  if (out.size() < kLeastMessage) out.zeros(kLeastMessage - out.size());
  if (!out.ok()) return fail(Code::OutOfRange, "DHCP message buffer");
  return out.written();
}

}  // namespace ck::dhcp4
