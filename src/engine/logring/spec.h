// SPDX-License-Identifier: MIT
// What an administrator wants of the logs, as plain values; the defaults keep a ring and send nothing anywhere.
// spec_text.h reads it from records.
#pragma once

#include <memory>

#include "base/addresses.h"
#include "base/fixed.h"
#include "engine/tls/credentials.h"
#include "wire/dns/message.h"
#include "wire/syslog/outgoing.h"

namespace ck::logring {

inline constexpr size_t kMaxTargets = 8;  // those that are learnt included
inline constexpr size_t kMaxLearnt = 2;
inline constexpr uint16_t kSyslogPort = 514;      // RFC 5426 section 3.3; the same over TCP by custom
inline constexpr uint16_t kSyslogTlsPort = 6514;  // RFC 5425 section 4.1
inline constexpr uint32_t kStandardRing = 64 * 1024;

enum class Transport : uint8_t { Udp, Tcp, Tls };
std::string_view name_of(Transport transport);
std::string_view name_of(syslog::Format format);

// One log server. Over UDP there is no framing: a message is a datagram.
struct TargetSpec {
  Transport transport = Transport::Udp;
  dns::Name name = {};  // where it was given by name; the address is found by engine/resolver then
  IpAddress address;    // unspecified: not known yet
  uint16_t port = kSyslogPort;
  syslog::Format format = syslog::Format::Rfc5424;
  syslog::Framing framing = syslog::Framing::None;
  syslog::Severity severity = syslog::Severity::Info;  // it gets these and what is more urgent
  dns::Name server_name = {};                          // TLS: whom its certificate must be for; empty: the address
  std::shared_ptr<const tls::Credentials> credentials = {};  // TLS
  friend bool operator==(const TargetSpec&, const TargetSpec&) = default;
};

struct LogSpec {
  uint32_t ring = kStandardRing;  // bytes
  FixedVector<TargetSpec, kMaxTargets - kMaxLearnt> targets;
  bool learnt = true;  // servers that DHCP names get the log, too
};

}  // namespace ck::logring
