// SPDX-License-Identifier: MIT
#include "engine/logring/spec_text.h"

#include <algorithm>
#include <array>
#include <memory>
#include <utility>

#include "base/text.h"
#include "engine/logring/ring.h"
#include "engine/resolver/endpoint.h"

namespace ck::logring {

namespace {

constexpr state::Word<Transport> kTransports[] = {
    {"udp", Transport::Udp}, {"tcp", Transport::Tcp}, {"tls", Transport::Tls}};
constexpr state::Word<syslog::Format> kFormats[] = {
    {"rfc5424", syslog::Format::Rfc5424}, {"gelf", syslog::Format::Gelf}, {"json", syslog::Format::Json}};
constexpr state::Word<syslog::Framing> kFramings[] = {{"octet", syslog::Framing::Octet},
                                                      {"newline", syslog::Framing::Newline}};
constexpr state::Word<bool> kUses[] = {{"on", true}, {"off", false}};

// HOST or HOST:PORT, as `address` or as `name`. The port is 0 where none is said.
state::Complaint read_host(const state::Field& field, TargetSpec& target) {
  bool by_address = field.key == "address";
  auto endpoint = resolver::parse_endpoint(field.text, 0);
  if (!endpoint || endpoint->address.has_value() != by_address)
    return by_address ? "neither ADDRESS nor ADDRESS:PORT (IPv6: [ADDRESS]:PORT)" : "neither NAME nor NAME:PORT";
  target.port = endpoint->port;
  if (!by_address) {
    target.name = endpoint->name;
    return std::nullopt;
  }
  target.address = *endpoint->address;
  if (target.address.is_unspecified()) return "not the address of a host";
  if (target.address.family == Family::V6 && target.address.is_link_local())
    return "a link-local address, without its link";
  return std::nullopt;
}

constexpr std::string_view kTlsKeys[] = {"ca", "certificate", "key", "server-name"};
constexpr std::string_view kOnlyForTls = "only for kind tls";

// A text of any length up to kMaxPem.
struct Pem {
  std::array<char, tls::kMaxPem> buffer;
  TextWriter text{buffer};
};

class Reader : state::SpecReader {
 public:
  std::expected<LogSpec, SpecErrors> read(std::string_view text) {
    each_record(text, [this](const state::Record& record, std::string_view line) { read_record(record, line); });
    if (!errors().empty()) return std::unexpected(errors());
    return spec_;
  }

 private:
  void read_record(const state::Record& record, std::string_view line) {
    std::string_view kind = record.kind();
    if (kind == "target") return read_target(record, line);
    if (kind == "ring") return each_field(record, line, [&](const state::Field& field) { return set_ring(field); });
    if (kind == "learnt") return each_field(record, line, [&](const state::Field& field) { return set_learnt(field); });
    complain("", "not a kind of record");
  }

  state::Complaint set_ring(const state::Field& field) {
    if (field.key != "bytes") return state::kUnknownKey;
    auto bytes = parse_u32(field.text);
    if (!bytes || *bytes < kMinRing || *bytes > kMaxRing) return "not 8192 to 16777216 bytes";
    spec_.ring = *bytes;
    return std::nullopt;
  }

  state::Complaint set_learnt(const state::Field& field) {
    if (field.key != "use") return state::kUnknownKey;
    return state::read_word(field, kUses, "neither on nor off", spec_.learnt);
  }

  void read_target(const state::Record& record, std::string_view line) {
    TargetSpec target{.port = 0};
    size_t before = errors().size();
    if (!record.raw("kind")) complain("kind", "is missing");
    if (record.raw("address").has_value() == record.raw("name").has_value())
      complain("address", record.raw("name") ? "a server has either an address or a name" : "is missing");
    each_field(record, line, [&](const state::Field& field) { return set_target_field(field, target); });
    if (errors().size() > before || errors().full()) return;
    bool is_tls = target.transport == Transport::Tls;
    if (target.port == 0) target.port = is_tls ? kSyslogTlsPort : kSyslogPort;
    complain("framing", set_framing(record.raw("framing").has_value(), target));
    for (std::string_view key : kTlsKeys)
      if (!is_tls && record.raw(key)) complain(key, kOnlyForTls);
    if (is_tls) read_credentials(record, target);
    auto same = [&](const TargetSpec& other) {
      return other.address == target.address && other.name == target.name && other.port == target.port &&
             other.transport == target.transport;
    };
    if (std::any_of(spec_.targets.begin(), spec_.targets.end(), same))
      return complain("address", "a second target of this kind, address and port");
    if (!spec_.targets.push_back(target)) complain("", state::kOneTooMany);
  }

  void read_credentials(const state::Record& record, TargetSpec& target) {
    if (!record.raw("ca")) return complain("ca", "is missing: whom to trust");
    auto texts = std::make_unique<std::array<Pem, 3>>();
    auto& [ca, certificate, key] = *texts;
    for (auto [name, pem] : {std::pair{"ca", &ca}, {"certificate", &certificate}, {"key", &key}}) {
      if (record.raw(name) && !record.read(name, pem->text)) return complain(name, "badly encoded");
      if (pem->text.truncated()) return complain(name, "longer than 12288 bytes");
    }
    auto parsed =
        tls::Credentials::parse({.ca = ca.text.view(), .certificate = certificate.text.view(), .key = key.text.view()});
    if (!parsed) return complain(parsed.error().key, parsed.error().complaint);
    target.credentials = *parsed;
    if (target.server_name.empty()) target.server_name = target.name;
  }

  static state::Complaint set_target_field(const state::Field& field, TargetSpec& target) {
    if (field.key == "kind") return state::read_word(field, kTransports, "neither udp, tcp nor tls", target.transport);
    if (field.key == "address" || field.key == "name") return read_host(field, target);
    if (field.key == "ca" || field.key == "certificate" || field.key == "key") return std::nullopt;  // read as a whole
    if (field.key == "server-name") {
      auto name = dns::parse_name(field.text);
      if (!name) return "not a host name";
      target.server_name = *name;
      return std::nullopt;
    }
    if (field.key == "format")
      return state::read_word(field, kFormats, "neither rfc5424, gelf nor json", target.format);
    if (field.key == "framing") return state::read_word(field, kFramings, "neither octet nor newline", target.framing);
    if (field.key == "severity") {
      auto severity = syslog::parse_severity(field.text);
      if (!severity) return "not a severity: emergency, alert, critical, error, warning, notice, info, debug";
      target.severity = *severity;
      return std::nullopt;
    }
    return state::kUnknownKey;
  }

  // What the format and the transport leave open.
  static state::Complaint set_framing(bool given, TargetSpec& target) {
    if (target.transport == Transport::Udp || target.format != syslog::Format::Rfc5424) {
      bool natural = target.transport != Transport::Udp && target.format == syslog::Format::Json &&
                     target.framing == syslog::Framing::Newline;
      if (given && !natural) return "only for rfc5424 over tcp";
    }
    if (target.transport == Transport::Tls && target.format == syslog::Format::Rfc5424 && given &&
        target.framing != syslog::Framing::Octet)
      return "over tls it is octet (RFC 5425 4.3)";
    if (target.transport == Transport::Udp)
      target.framing = syslog::Framing::None;
    else if (target.format == syslog::Format::Gelf)
      target.framing = syslog::Framing::Null;
    else if (target.format == syslog::Format::Json)
      target.framing = syslog::Framing::Newline;
    else if (!given)
      target.framing = syslog::Framing::Octet;
    return std::nullopt;
  }

  LogSpec spec_;
};

}  // namespace

std::expected<LogSpec, SpecErrors> parse_spec(std::string_view text) { return Reader().read(text); }

}  // namespace ck::logring
