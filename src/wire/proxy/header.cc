// SPDX-License-Identifier: MIT
#include "wire/proxy/header.h"

#include <algorithm>
#include <array>

#include "base/text.h"

namespace ck::proxy {

namespace {

using Parsed = std::expected<std::optional<Header>, Fault>;

constexpr std::string_view kLineStart = "PROXY ";
constexpr std::array<uint8_t, 12> kSignature = {0x0d, 0x0a, 0x0d, 0x0a, 0x00, 0x0d, 0x0a, 0x51, 0x55, 0x49, 0x54, 0x0a};
constexpr size_t kFixedSize = 16;  // signature, version and command, family and transport, length

enum class LineProtocol : uint8_t { Tcp4, Tcp6, Unknown };
struct LineWord {
  std::string_view word;  // with what must follow it
  LineProtocol protocol;
};
constexpr LineWord kLineWords[] = {{"TCP4 ", LineProtocol::Tcp4},
                                   {"TCP6 ", LineProtocol::Tcp6},
                                   {"UNKNOWN ", LineProtocol::Unknown},
                                   {"UNKNOWN\r", LineProtocol::Unknown}};

// As far as both go, they are the same.
bool agree(Bytes received, Bytes expected) {
  size_t both = std::min(received.size(), expected.size());
  return std::ranges::equal(received.first(both), expected.first(both));
}

std::optional<uint16_t> parse_port(std::string_view text) {
  if (text.size() > 1 && text.front() == '0') return std::nullopt;
  return parse_u16(text);
}

std::optional<IpAddress> parse_address(std::string_view text, LineProtocol protocol) {
  if (protocol == LineProtocol::Tcp4) {
    if (auto v4 = parse_ipv4(text)) return *v4;
  } else if (auto v6 = parse_ipv6(text)) {
    return *v6;
  }
  return std::nullopt;
}

// The line without its end, behind the protocol's word: both addresses, both ports.
std::expected<Endpoints, Fault> parse_endpoints(std::string_view text, LineProtocol protocol) {
  std::array<std::string_view, 4> fields;
  size_t count = 0;
  for (Splitter splitter(text, ' '); auto field = splitter.next(); ++count) {
    if (count == fields.size()) return std::unexpected(Fault::BadLine);
    fields[count] = *field;
  }
  if (count != fields.size()) return std::unexpected(Fault::BadLine);
  auto source = parse_address(fields[0], protocol);
  auto destination = parse_address(fields[1], protocol);
  if (!source || !destination) return std::unexpected(Fault::BadAddress);
  auto source_port = parse_port(fields[2]);
  auto destination_port = parse_port(fields[3]);
  if (!source_port || !destination_port) return std::unexpected(Fault::BadPort);
  return Endpoints{{*source, *source_port}, {*destination, *destination_port}};
}

// Section 2.1
Parsed parse_line(Bytes received) {
  std::string_view text = as_text(received.first(std::min(received.size(), kMaxLine)));
  if (text.size() <= kLineStart.size()) return std::nullopt;
  Bytes behind = as_bytes(text.substr(kLineStart.size()));
  auto word = std::ranges::find_if(kLineWords, [&](const LineWord& w) { return agree(behind, as_bytes(w.word)); });
  if (word == std::end(kLineWords)) return std::unexpected(Fault::UnknownProtocol);

  size_t end = text.find_first_of("\r\n");
  if (end == std::string_view::npos || end + 1 == text.size()) {
    if (end != std::string_view::npos && text[end] == '\n') return std::unexpected(Fault::BadLine);
    if (text.size() == kMaxLine) return std::unexpected(Fault::TooLong);
    return std::nullopt;
  }
  if (text[end] != '\r' || text[end + 1] != '\n') return std::unexpected(Fault::BadLine);
  Header header{.size = end + 2, .command = Command::Proxied, .endpoints = {}};
  if (word->protocol == LineProtocol::Unknown) return header;
  size_t start = kLineStart.size() + word->word.size();
  if (end < start) return std::unexpected(Fault::BadLine);
  auto endpoints = parse_endpoints(text.substr(start, end - start), word->protocol);
  if (!endpoints) return std::unexpected(endpoints.error());
  header.endpoints = *endpoints;
  return header;
}

// The fields of section 2.2's 13th and 14th byte
constexpr uint8_t kVersion2 = 2;
constexpr uint8_t kLocal = 0;
constexpr uint8_t kProxy = 1;
constexpr uint8_t kInternet4 = 1;
constexpr uint8_t kInternet6 = 2;
constexpr uint8_t kUnix = 3;
constexpr uint8_t kStream = 1;
constexpr uint8_t kDatagram = 2;

size_t address_block(uint8_t family) {
  switch (family) {
    case kInternet4: return 12;
    case kInternet6: return 36;
    case kUnix: return 216;
    default: return 0;
  }
}

// `body` holds at least the family's address block.
std::optional<Endpoints> read_endpoints(ByteReader body, uint8_t family) {
  Endpoints endpoints;
  for (IpAddress* address : {&endpoints.source.address, &endpoints.destination.address}) {
    if (family == kInternet4) {
      auto value = body.u32();
      if (!value) return std::nullopt;
      *address = Ipv4Address{*value};
    } else {
      auto octets = body.array<16>();
      if (!octets) return std::nullopt;
      *address = Ipv6Address{*octets};
    }
  }
  for (uint16_t* port : {&endpoints.source.port, &endpoints.destination.port}) {
    auto value = body.u16();
    if (!value) return std::nullopt;
    *port = *value;
  }
  return endpoints;
}

// Section 2.2
Parsed parse_binary(Bytes received) {
  ByteReader reader(received);
  if (!reader.skip(kSignature.size())) return std::nullopt;
  auto version_and_command = reader.u8();
  if (!version_and_command) return std::nullopt;
  if (*version_and_command >> 4 != kVersion2) return std::unexpected(Fault::Version);
  uint8_t command = *version_and_command & 0x0f;
  if (command != kLocal && command != kProxy) return std::unexpected(Fault::UnknownCommand);
  auto family_and_transport = reader.u8();
  if (!family_and_transport) return std::nullopt;
  uint8_t family = *family_and_transport >> 4;
  uint8_t transport = *family_and_transport & 0x0f;
  // The family of a LOCAL one is to be ignored, whatever it says.
  if (command == kProxy && (family > kUnix || transport > kDatagram)) return std::unexpected(Fault::UnknownProtocol);
  auto length = reader.u16();
  if (!length) return std::nullopt;
  if (*length > kMaxSize - kFixedSize) return std::unexpected(Fault::TooLong);
  if (command == kProxy && transport != 0 && *length < address_block(family)) return std::unexpected(Fault::TooShort);
  auto body = reader.take(*length);
  if (!body) return std::nullopt;
  Header header{
      .size = kFixedSize + *length, .command = command == kLocal ? Command::Local : Command::Proxied, .endpoints = {}};
  bool tcp = transport == kStream && (family == kInternet4 || family == kInternet6);
  if (command == kProxy && tcp) header.endpoints = read_endpoints(ByteReader(*body), family);
  return header;
}

Result<Bytes> finish(const ByteWriter& out) {
  if (!out.ok()) return fail(Code::OutOfRange, "PROXY header buffer");
  return out.written();
}

}  // namespace

std::string_view text_of(Fault fault) {
  switch (fault) {
    case Fault::NotProxy: return "no PROXY header";
    case Fault::UnknownProtocol: return "PROXY header of an unknown protocol";
    case Fault::BadLine: return "PROXY line of a wrong form";
    case Fault::BadAddress: return "PROXY line with a bad address";
    case Fault::BadPort: return "PROXY line with a bad port";
    case Fault::Version: return "PROXY header of an unknown version";
    case Fault::UnknownCommand: return "PROXY header with an unknown command";
    case Fault::TooShort: return "PROXY header shorter than its addresses";
    case Fault::TooLong: return "PROXY header longer than allowed";
  }
  return "unknown";
}

Parsed parse(Bytes received) {
  if (received.empty()) return std::nullopt;
  if (agree(received, as_bytes(kLineStart))) return parse_line(received);
  if (agree(received, kSignature)) return parse_binary(received);
  return std::unexpected(Fault::NotProxy);
}

Result<Bytes> write_v2(const Endpoint& source, const Endpoint& destination, MutableBytes buffer) {
  Family family = source.address.family;
  if (family != destination.address.family) return fail(Code::Unsupported, "PROXY header between two families");
  uint8_t family_bits = family == Family::V4 ? kInternet4 : kInternet6;
  ByteWriter out(buffer);
  out.bytes(kSignature).u8(kVersion2 << 4 | kProxy).u8(static_cast<uint8_t>(family_bits << 4 | kStream));
  out.u16(static_cast<uint16_t>(address_block(family_bits)));
  for (const IpAddress* address : {&source.address, &destination.address}) {
    if (family == Family::V4)
      out.u32(address->v4.value);
    else
      out.bytes(address->v6.octets);
  }
  out.u16(source.port).u16(destination.port);
  return finish(out);
}

Result<Bytes> write_v2_local(MutableBytes buffer) {
  ByteWriter out(buffer);
  out.bytes(kSignature).u8(kVersion2 << 4 | kLocal).u8(0).u16(0);
  return finish(out);
}

}  // namespace ck::proxy
