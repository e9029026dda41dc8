// SPDX-License-Identifier: MIT
#include "engine/config/schema.h"

#include "base/text.h"

namespace ck::config {

namespace {

// In the order in which the reference shows them; a part follows the table that it is part of.
constexpr Section kSections[] = {
    {"system", 0, Program::System, "system", "", "The machine itself."},
    {"link", 16, Program::Netd, "link", "",
     "A network interface that differs from the defaults; one that is not named acquires its addresses by itself. It "
     "is "
     "matched by name, by hardware address, or by both; with `parent` and `vlan` it is a VLAN that is made."},
    {"link.routes", 16, Program::Netd, "route", "link", "A route through this link."},
    {"gateway", 0, Program::Gatewayd, "", "",
     "The service. The keys of a pool may stand here, too, where there is only one."},
    {"gateway.limits", 0, Program::Gatewayd, "limits", "", "Deadlines, and how much is served at once."},
    {"gateway.pool", 4, Program::Gatewayd, "pool", "",
     "Some hosts behind one or more ports. Hosts for different products belong into different pools."},
    {"gateway.pool.interfaces", 8, Program::Gatewayd, "interface", "pool",
     "An RPC interface that clients may bind. The first one replaces the built-in one, that of the service (version "
     "1.0, "
     "operation 0)."},
    {"log", 0, Program::Logd, "", "",
     "What becomes of the logs. They are kept in RAM, and nowhere else unless they are sent."},
    {"log.target", 6, Program::Logd, "target", "", "A log server."},
    {"time", 0, Program::Timed, "", "", "The clock."},
    {"web", 0, Program::Webd, "serve", "", "The status page, `/status.json`, `/metrics`, `/healthz` and `/logs`."},
    {"service", 0, Program::System, "service", "",
     "A program of your own in the gateway's place (`./ck build --service`)."},
};

constexpr Key kKeys[] = {
    {"system", "hostname", Type::HostName, 0, 0, 63, "", "", "hostname", "",
     "`corekms-` and four digits of the hardware address", "\"kms-branch7\"",
     "The machine's name, on the screen, in logs and for DHCP servers."},
    {"system", "timezone", Type::Timezone, 0, 0, 0, "", "", "timezone", "", "UTC", "\"CET-1CEST,M3.5.0,M10.5.0/3\"",
     "Of the times on the screen: a POSIX TZ text (with both of its rules where there is summer time), or an offset "
     "such "
     "as `+01:00`. Logs and the page keep UTC."},
    {"system", "log-level", Type::Choice, 0, 0, 0, "error|warning|notice|info", "", "log-level", "", "\"info\"",
     "\"warning\"",
     "What the programs of this system log: this and what is more urgent. The rest is neither kept nor sent. It does "
     "not "
     "ask the kernel, nor a service of your own."},
    {"system", "consoles", Type::Terminal, 6, 0, 15, "", "console", "name", "", "those that the kernel lists",
     "[\"tty1\", \"ttyS0\"]", "Which consoles show the screen; `none`: no one does."},
    {"system", "dumb-consoles", Type::Terminal, 6, 0, 15, "", "dumb-console", "name", "", "none", "[\"ttyS1\"]",
     "Those of them that know no escape sequences: they get plain lines."},
    {"system", "power-keys", Type::Flag, 0, 0, 0, "", "", "power-keys", "", "true", "false",
     "The keys `p` and `r` on a console power the machine off and restart it, after a question."},

    {"link", "name", Type::Link, 0, 0, 15, "", "", "name", "", "any", "\"eth0\"",
     "The kernel's name; `eth0` is the first one that it found. Of a VLAN the name that it gets."},
    {"link", "mac", Type::Mac, 0, 0, 0, "", "", "mac", "", "any", "\"52:54:00:12:34:56\"", "The hardware address."},
    {"link", "parent", Type::Link, 0, 0, 15, "", "", "parent", "", "no VLAN", "\"eth1\"",
     "The link that carries this VLAN."},
    {"link", "vlan", Type::Number, 0, 1, 4094, "", "", "vlan", "", "no VLAN", "7", "The VLAN's number (IEEE 802.1Q)."},
    {"link", "dhcp4", Type::Flag, 0, 0, 0, "", "", "dhcp4", "", "true", "false", "Ask DHCPv4 servers."},
    {"link", "dhcp6", Type::Flag, 0, 0, 0, "", "", "dhcp6", "", "true", "false",
     "Ask DHCPv6 servers, where the routers' flags call for it."},
    {"link", "ra", Type::Flag, 0, 0, 0, "", "", "ra", "", "true", "false",
     "Heed router advertisements (SLAAC, routes, DNS)."},
    {"link", "link-local4", Type::Flag, 0, 0, 0, "", "", "link-local4", "", "true", "false",
     "Take an address of 169.254.0.0/16 while no DHCPv4 server answers (RFC 3927)."},
    {"link", "addresses", Type::Interface, 8, 0, 0, "", "address", "address", "", "none",
     "[\"192.0.2.5/24\", \"2001:db8::5/64\"]",
     "Addresses by hand, each with the length of its network. DHCPv4 is asked all the same, unless `dhcp4` is false."},
    {"link", "fallback", Type::Flag, 0, 0, 0, "always|fallback", "", "use", "", "false", "true",
     "Addresses, routes, `dns` and `search` by hand hold only while there is no DHCPv4 lease."},
    {"link", "gateway", Type::Gateway, 2, 0, 0, "", "route", "gateway", "", "none", "\"192.0.2.1\"",
     "The default router, at most one of each family."},
    {"link", "gateway-on-link", Type::Flag, 0, 0, 0, "", "", "", "", "false", "true",
     "The router is reached though it stands in none of this link's networks."},
    {"link", "dns", Type::Address, 4, 0, 0, "", "dns", "address", "", "what DHCP and routers say", "[\"192.0.2.53\"]",
     "Name servers; they replace what is learnt on this link."},
    {"link", "search", Type::Domain, 3, 0, 0, "", "search", "name", "", "what DHCP and routers say",
     "[\"example.org\"]", "Domains to look for the hosts' SRV record in; they replace what is learnt on this link."},
    {"link", "mtu", Type::Number, 0, 576, 65'535, "", "", "mtu", "bytes", "as it is", "1400", "The link's MTU."},
    {"link", "metric", Type::Number, 0, 1, 9'999, "", "", "metric", "", "by order and speed", "50",
     "Of its routes; the least one is used. Of links with the same the first found has it, the next the next number "
     "that no other link is given."},
    {"link", "client-id", Type::Choice, 0, 0, 0, "mac|duid", "", "client-id", "", "\"mac\"", "\"duid\"",
     "What DHCPv4 servers know this machine by (option 61)."},
    {"link", "rapid-commit", Type::Flag, 0, 0, 0, "", "", "rapid-commit", "", "false", "true",
     "Take a lease in two packets where the server allows it (RFC 4039)."},
    {"link", "ipv6-only", Type::Flag, 0, 0, 0, "", "", "ipv6-only", "", "false", "true",
     "Do without IPv4 where the DHCPv4 server says that IPv6 suffices (RFC 8925)."},

    {"link.routes", "to", Type::Route, 0, 0, 0, "", "", "destination", "", "must be given", "\"198.51.100.0/24\"",
     "The destination."},
    {"link.routes", "via", Type::Address, 0, 0, 0, "", "", "gateway", "", "on the link", "\"192.0.2.9\"",
     "The router."},

    {"gateway", "sources", Type::Network, 32, 0, 0, "", "source", "network", "",
     "private, link-local, unique local, loopback, documentation", "[\"10.20.0.0/16\", \"2001:db8:7::/48\"]",
     "Who may come; they replace the default."},
    {"gateway", "public-sources", Type::Flag, 0, 0, 0, "", "", "", "", "false", "true",
     "Allow other networks among `sources`: what the Internet routes, and shared address space (100.64.0.0/10)."},
    {"gateway", "balancers", Type::Network, 8, 0, 0, "", "balancer", "network", "", "none", "[\"192.0.2.7\"]",
     "Load balancers in front; they must speak the PROXY protocol (v1 or v2), and nobody else may."},

    {"gateway.limits", "connections", Type::Number, 0, 1, 1'024, "", "", "connections", "",
     "one for 64 KiB of memory, at least 64", "256", "At once, in all."},
    {"gateway.limits", "per-source", Type::Number, 0, 1, 1'024, "", "", "per-source", "", "16", "32",
     "At once, of one IPv4 address or IPv6 /64."},
    {"gateway.limits", "burst", Type::Number, 0, 1, 60'000, "", "", "burst", "", "40", "80",
     "New ones of a source at once."},
    {"gateway.limits", "per-minute", Type::Number, 0, 1, 60'000, "", "", "per-minute", "", "240", "600",
     "New ones of a source in the long run."},
    {"gateway.limits", "first-byte-ms", Type::Number, 0, 10, 600'000, "", "", "first-byte-ms", "milliseconds", "5000",
     "3000", "Until a client has said anything."},
    {"gateway.limits", "bind-ms", Type::Number, 0, 10, 600'000, "", "", "bind-ms", "milliseconds", "5000", "3000",
     "Until its bind is whole."},
    {"gateway.limits", "queue-ms", Type::Number, 0, 10, 600'000, "", "", "queue-ms", "milliseconds", "5000", "3000",
     "Until it has its turn at the host."},
    {"gateway.limits", "connect-ms", Type::Number, 0, 10, 600'000, "", "", "connect-ms", "milliseconds", "3000", "1000",
     "Until the host is connected and has answered the bind."},
    {"gateway.limits", "call-ms", Type::Number, 0, 10, 600'000, "", "", "call-ms", "milliseconds", "20000", "10000",
     "Until the host has answered a call."},
    {"gateway.limits", "session-ms", Type::Number, 0, 10, 600'000, "", "", "session-ms", "milliseconds", "30000",
     "60000", "A connection in all."},

    {"gateway.pool", "name", Type::Text, 0, 0, 24, "", "", "name", "", "must be given", "\"windows\"",
     "In logs and metrics."},
    {"gateway.pool", "upstreams", Type::Endpoint, 8, 0, 0, "", "upstream", "host", "", "the SRV record `_vlmcs._tcp`",
     "[\"kms1.example.org\", \"192.0.2.10:1688\"]", "The hosts, in the order in which they are tried."},
    {"gateway.pool", "domains", Type::Domain, 4, 0, 0, "", "domain", "name", "", "the domains of the network",
     "[\"example.org\"]", "Where to look for the SRV record."},
    {"gateway.pool", "listen", Type::Listener, 4, 0, 0, "", "listener", "port", "", "1688",
     "[1688, \"192.0.2.5:1689\"]",
     "Ports of all addresses, or ADDRESS:PORT. Keep 1688: KMS hosts tell clients their own port."},
    {"gateway.pool", "mode", Type::Choice, 0, 0, 0, "enforce|monitor|learn", "", "mode", "", "\"enforce\"",
     "\"monitor\"",
     "`monitor` judges and logs, but relays all the same; `learn` logs each bind's interfaces and refuses."},
    {"gateway.pool", "alter", Type::Choice, 0, 0, 0, "denied|validated", "", "alter", "", "\"denied\"", "\"validated\"",
     "What becomes of alter_context."},
    {"gateway.pool", "calls", Type::Number, 0, 1, 1'000, "", "", "calls", "", "16", "4", "On one connection."},
    {"gateway.pool", "concurrency", Type::Number, 0, 1, 1'024, "", "", "concurrency", "", "64", "16",
     "Connections to one host at once; who comes then waits."},
    {"gateway.pool", "checks", Type::Flag, 0, 0, 0, "none|active", "", "checks", "", "true", "false",
     "Check the hosts' health by connections of our own."},
    {"gateway.pool", "proxy", Type::Choice, 0, 0, 0, "none|v2", "", "proxy", "", "\"none\"", "\"v2\"",
     "Tell the next gateway who the client is (PROXY protocol)."},
    {"gateway.pool", "source4", Type::Address4, 0, 0, 0, "", "", "source4", "", "as the routes say", "\"192.0.2.5\"",
     "Our address towards IPv4 hosts."},
    {"gateway.pool", "source6", Type::Address6, 0, 0, 0, "", "", "source6", "", "as the routes say", "\"2001:db8::5\"",
     "Our address towards IPv6 hosts."},
    {"gateway.pool", "interface", Type::Link, 0, 0, 15, "", "", "interface", "", "as the routes say", "\"eth1\"",
     "The link towards the hosts."},

    {"gateway.pool.interfaces", "uuid", Type::Uuid, 0, 0, 0, "", "", "uuid", "", "must be given",
     "\"51c82175-844e-4750-b0d8-ec255555bc06\"", "Of the interface."},
    {"gateway.pool.interfaces", "version", Type::Version, 0, 0, 0, "", "", "version", "", "must be given", "\"1.0\"",
     "Of the interface."},
    {"gateway.pool.interfaces", "opnums", Type::Opnums, 0, 0, 0, "", "", "opnums", "", "must be given", "\"0,2-4\"",
     "Operations that may be called."},

    {"log", "ring-bytes", Type::Number, 0, 8'192, 16'777'216, "", "ring", "bytes", "bytes", "65536", "262144",
     "How much of the log is kept."},
    {"log", "learnt", Type::Flag, 0, 0, 0, "", "learnt", "use", "", "true", "false",
     "Send the log to servers that DHCP names, too (option 7)."},

    {"log.target", "kind", Type::Choice, 0, 0, 0, "udp|tcp|tls", "", "kind", "", "must be given", "\"tls\"",
     "How it is reached; `tls` (RFC 5425) is TCP under TLS 1.2."},
    {"log.target", "address", Type::Server, 0, 0, 0, "", "", "address", "", "must be given",
     "\"logs.example.org:6514\"",
     "Where; port 514 if none is said, 6514 for `tls`. A name is looked up, and again when its TTL is over or the "
     "server "
     "does not answer."},
    {"log.target", "format", Type::Choice, 0, 0, 0, "rfc5424|gelf|json", "", "format", "", "\"rfc5424\"", "\"rfc5424\"",
     "What a message looks like; `gelf` and `json` go over TCP or TLS."},
    {"log.target", "framing", Type::Choice, 0, 0, 0, "octet|newline", "", "framing", "", "\"octet\"", "\"octet\"",
     "How messages of RFC 5424 are kept apart over TCP: counted (RFC 6587 3.4.1), or by line ends. Over TLS they are "
     "counted."},
    {"log.target", "severity", Type::Choice, 0, 0, 0, "emergency|alert|critical|error|warning|notice|info|debug", "",
     "severity", "", "\"info\"", "\"notice\"", "It gets these and what is more urgent."},
    {"log.target", "ca", Type::Certificates, 0, 0, 12'288, "", "", "ca", "", "must be given for `tls`",
     "\"-----BEGIN CERTIFICATE-----\\n...\\n-----END CERTIFICATE-----\"",
     "The authorities that the server's certificate must lead to; one that signs itself stands for itself. There is no "
     "TLS without."},
    {"log.target", "server-name", Type::Domain, 0, 0, 0, "", "", "server-name", "", "what `address` says",
     "\"logs.example.org\"", "The name that the server's certificate must be for."},
    {"log.target", "certificate", Type::Certificates, 0, 0, 12'288, "", "", "certificate", "", "none",
     "\"-----BEGIN CERTIFICATE-----\\n...\\n-----END CERTIFICATE-----\"",
     "Our own, for servers that ask for one, and behind it those that lead to its authority; 4,000 bytes together."},
    {"log.target", "key", Type::PrivateKey, 0, 0, 12'288, "", "", "key", "", "none",
     "\"-----BEGIN PRIVATE KEY-----\\n...\\n-----END PRIVATE KEY-----\"",
     "The private key of `certificate`, RSA or ECDSA, not encrypted. It is shown nowhere."},

    {"time", "servers", Type::Server, 4, 0, 0, "", "server", "address", "", "those that DHCP names",
     "[\"192.0.2.123\", \"time.example.org\"]",
     "SNTP servers, in the order in which they are asked, before those of DHCP."},
    {"time", "learnt", Type::Flag, 0, 0, 0, "", "use", "learnt", "", "true", "false",
     "Ask the servers that DHCP names (options 42, and 56 of DHCPv6)."},
    {"time", "max-slew-ms", Type::Number, 0, 1, 5'000, "", "limits", "max-slew-ms", "milliseconds", "500", "1000",
     "A clock that is off by at most so much is slewed, by more it is stepped."},
    {"time", "observe", Type::Flag, 0, 0, 0, "", "mode", "observe", "", "false", "true",
     "Say how far the clock is off and never touch it: for a hypervisor that keeps it."},

    {"web", "enabled", Type::Flag, 0, 0, 0, "", "", "http", "", "true", "false", "Serve it at all."},
    {"web", "logs", Type::Flag, 0, 0, 0, "", "", "logs", "", "true", "false", "Serve `/logs`."},
    {"web", "listen", Type::Listener, 4, 0, 0, "", "listen", "port", "", "80", "[8080, \"192.0.2.5:80\"]",
     "Ports of all addresses, or ADDRESS:PORT."},
    {"web", "sources", Type::Network, 32, 0, 0, "", "source", "network", "",
     "private, link-local, unique local, loopback, documentation", "[\"10.20.0.0/16\"]",
     "Who may look; they replace the default."},
    {"web", "public-sources", Type::Flag, 0, 0, 0, "", "", "", "", "false", "true",
     "Allow other networks among `sources`: what the Internet routes, and shared address space (100.64.0.0/10)."},

    {"service", "arguments", Type::Text, 16, 0, 200, "", "argument", "value", "", "those of the build",
     "[\"--verbose\"]", "The program's arguments; they replace those of the build."},
    {"service", "environment", Type::Variable, 16, 0, 200, "", "environment", "value", "", "none", "[\"MODE=branch\"]",
     "More variables for its environment."},
    {"service", "storage-bytes", Type::Number, 0, 1'048'576, 1'073'741'824, "", "", "storage-bytes", "bytes", "1048576",
     "16777216",
     "What the files that it writes to `$COREKMS_RUN/service` may take, at most half of the machine's memory."},
};

}  // namespace

std::string_view name_of(Program program) {
  switch (program) {
    case Program::System: return "system";
    case Program::Netd: return "netd";
    case Program::Gatewayd: return "gatewayd";
    case Program::Logd: return "logd";
    case Program::Timed: return "timed";
    case Program::Webd: return "webd";
  }
  return "";
}

std::span<const Section> sections() { return kSections; }
std::span<const Key> keys() { return kKeys; }

const Section* find_section(std::string_view path) {
  for (const Section& section : kSections)
    if (section.path == path) return &section;
  return nullptr;
}

const Key* find_key(std::string_view section, std::string_view name) {
  for (const Key& key : kKeys)
    if (key.section == section && key.name == name) return &key;
  return nullptr;
}

std::string_view word_of(std::string_view words, size_t n) {
  Splitter parts(words, '|');
  while (auto part = parts.next())
    if (n-- == 0) return *part;
  return {};
}

}  // namespace ck::config
