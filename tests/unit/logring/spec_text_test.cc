// SPDX-License-Identifier: MIT
#include "engine/logring/spec_text.h"

#include <gtest/gtest.h>

#include <string>

#include "engine/logring/learnt.h"
#include "support/certificates.h"

namespace ck::logring {
namespace {

std::string errors_of(std::string_view text) {
  auto spec = parse_spec(text);
  std::string all;
  if (spec) return "none";
  for (const SpecError& error : spec.error()) {
    if (!all.empty()) all += "; ";
    all += std::to_string(error.line) + ' ' + std::string(error.key.view()) + ' ' + std::string(error.complaint);
  }
  return all;
}

TEST(LogSpec, NothingIsARingAndWhatTheNetworkNames) {
  auto spec = parse_spec("\n# nothing\n");
  ASSERT_TRUE(spec);
  EXPECT_EQ(spec->ring, 65536u);
  EXPECT_TRUE(spec->learnt);
  EXPECT_TRUE(spec->targets.empty());
}

TEST(LogSpec, EveryKeyIsRead) {
  auto spec = parse_spec(
      "ring bytes=8192\n"
      "learnt use=off\n"
      "target kind=udp address=192.0.2.9\n"
      "target kind=tcp address=192.0.2.9:601 severity=error\n"
      "target kind=tcp address=[2001:db8::9]:601 format=rfc5424 framing=newline\n"
      "target kind=tcp address=2001:db8::9 format=gelf\n"
      "target kind=tcp address=192.0.2.9:7000 format=json framing=newline severity=debug\n"
      "target kind=udp address=192.0.2.9:12201 format=gelf\n");
  ASSERT_TRUE(spec) << errors_of("");
  EXPECT_EQ(spec->ring, 8192u);
  EXPECT_FALSE(spec->learnt);
  using syslog::Format;
  using syslog::Framing;
  const auto v4 = *parse_ip("192.0.2.9");
  const auto v6 = *parse_ip("2001:db8::9");
  const TargetSpec expected[] = {
      {.address = v4},
      {Transport::Tcp, {}, v4, 601, Format::Rfc5424, Framing::Octet, syslog::Severity::Error},
      {Transport::Tcp, {}, v6, 601, Format::Rfc5424, Framing::Newline, syslog::Severity::Info},
      {Transport::Tcp, {}, v6, 514, Format::Gelf, Framing::Null, syslog::Severity::Info},
      {Transport::Tcp, {}, v4, 7000, Format::Json, Framing::Newline, syslog::Severity::Debug},
      {Transport::Udp, {}, v4, 12201, Format::Gelf, Framing::None, syslog::Severity::Info},
  };
  ASSERT_EQ(spec->targets.size(), std::size(expected));
  for (size_t i = 0; i < std::size(expected); ++i) EXPECT_EQ(spec->targets[i], expected[i]) << i;
}

TEST(LogSpec, EachErrorNamesItsLineAndKey) {
  EXPECT_EQ(errors_of("nonsense\n"), "1  not a kind of record");
  EXPECT_EQ(errors_of("ring bytes=8191\n"), "1 bytes not 8192 to 16777216 bytes");
  EXPECT_EQ(errors_of("ring size=8192\n"), "1 size not a key of this record");
  EXPECT_EQ(errors_of("\nlearnt use=maybe\n"), "2 use neither on nor off");
  EXPECT_EQ(errors_of("target kind\n"), "1 kind is missing; 1 address is missing; 1 kind not KEY=VALUE");
  EXPECT_EQ(errors_of("target address=192.0.2.1\n"), "1 kind is missing");
  EXPECT_EQ(errors_of("target kind=sctp address=192.0.2.1\n"), "1 kind neither udp, tcp nor tls");
  EXPECT_EQ(errors_of("target kind=udp address=log.example.org\n"),
            "1 address neither ADDRESS nor ADDRESS:PORT (IPv6: [ADDRESS]:PORT)");
  EXPECT_EQ(errors_of("target kind=udp address=[192.0.2.1]:5\n"),
            "1 address neither ADDRESS nor ADDRESS:PORT (IPv6: [ADDRESS]:PORT)");
  for (std::string_view wrong : {"192.0.2.1:0", "192.0.2.1:x", "[2001:db8::1", "2001:db8::1]:5"})
    EXPECT_EQ(errors_of("target kind=udp address=" + std::string(wrong) + "\n"),
              "1 address neither ADDRESS nor ADDRESS:PORT (IPv6: [ADDRESS]:PORT)");
  EXPECT_EQ(errors_of("target kind=udp name=192.0.2.1\n"), "1 name neither NAME nor NAME:PORT");
  EXPECT_EQ(errors_of("target kind=udp name=a..b\n"), "1 name neither NAME nor NAME:PORT");
  EXPECT_EQ(errors_of("target kind=udp name=a.example address=192.0.2.1\n"),
            "1 address a server has either an address or a name");
  EXPECT_EQ(errors_of("target kind=udp name=a.example\ntarget kind=udp name=a.example:514\n"),
            "2 address a second target of this kind, address and port");
  EXPECT_EQ(errors_of("target kind=udp address=0.0.0.0\n"), "1 address not the address of a host");
  EXPECT_EQ(errors_of("target kind=udp address=fe80::1\n"), "1 address a link-local address, without its link");
  EXPECT_EQ(errors_of("target kind=udp address=192.0.2.1 format=cef\n"), "1 format neither rfc5424, gelf nor json");
  EXPECT_EQ(errors_of("target kind=udp address=192.0.2.1 severity=loud\n"),
            "1 severity not a severity: emergency, alert, critical, error, warning, notice, info, debug");
  EXPECT_EQ(errors_of("target kind=tcp address=192.0.2.1 framing=none\n"), "1 framing neither octet nor newline");
  for (std::string_view wrong :
       {"kind=udp address=192.0.2.1 framing=octet", "kind=udp address=192.0.2.1 framing=newline",
        "kind=tcp address=192.0.2.1 format=gelf framing=newline",
        "kind=tcp address=192.0.2.1 format=json framing=octet"})
    EXPECT_EQ(errors_of("target " + std::string(wrong) + "\n"), "1 framing only for rfc5424 over tcp") << wrong;
  EXPECT_EQ(errors_of("target kind=udp address=192.0.2.1\ntarget kind=udp address=192.0.2.1:514\n"),
            "2 address a second target of this kind, address and port");
}

// As state::RecordWriter does.
std::string encoded(std::string_view pem) {
  std::string text;
  for (char character : pem) text += character == '\n' ? "%0a" : character == ' ' ? "%20" : std::string(1, character);
  return text;
}

TEST(LogSpec, TlsNeedsToKnowWhomToTrust) {
  std::string tls = "target kind=tls address=192.0.2.9 ";
  std::string ca = "ca=" + encoded(test::kAuthority);
  std::string ours = " certificate=" + encoded(test::kClient) + " key=" + encoded(test::kClientKey);
  EXPECT_EQ(errors_of(tls + ca + "\n" + tls + ca + ours + "\n"),
            "2 address a second target of this kind, address and port");
  auto spec = parse_spec(tls + ca + "\ntarget kind=tls address=192.0.2.9:601 " + ca + ours +
                         " server-name=logs.example.org format=json\n");
  ASSERT_TRUE(spec);
  EXPECT_EQ(spec->targets[0].port, 6514);
  EXPECT_EQ(spec->targets[0].framing, syslog::Framing::Octet);
  EXPECT_EQ(spec->targets[0].server_name.view(), "");
  ASSERT_TRUE(spec->targets[0].credentials);
  EXPECT_FALSE(spec->targets[0].credentials->has_certificate());
  EXPECT_EQ(spec->targets[1].port, 601);
  EXPECT_EQ(spec->targets[1].framing, syslog::Framing::Newline);
  EXPECT_EQ(spec->targets[1].server_name.view(), "logs.example.org");
  EXPECT_TRUE(spec->targets[1].credentials->has_certificate());

  EXPECT_EQ(errors_of(tls + "\n"), "1 ca is missing: whom to trust");
  EXPECT_EQ(errors_of(tls + "ca=x\n"), "1 ca not certificates in PEM form, all of them whole");
  EXPECT_EQ(errors_of(tls + "ca=%4\n"), "1 ca badly encoded");
  EXPECT_EQ(errors_of(tls + "ca=" + std::string(20'000, 'a') + "\n"), "1 ca longer than 12288 bytes");
  EXPECT_EQ(errors_of(tls + ca + " key=x\n"), "1 certificate must be given with a key");
  EXPECT_EQ(errors_of(tls + ca + " server-name=a..b\n"), "1 server-name not a host name");
  EXPECT_EQ(errors_of(tls + ca + " framing=newline\n"), "1 framing over tls it is octet (RFC 5425 4.3)");
  for (std::string_view key : {"ca", "certificate", "key", "server-name"})
    EXPECT_EQ(errors_of("target kind=tcp address=192.0.2.9 " + std::string(key) + "=x\n"),
              "1 " + std::string(key) + " only for kind tls");
}

TEST(LogSpec, AServerMayBeGivenByName) {
  std::string ca = " ca=" + encoded(test::kAuthority);
  auto spec = parse_spec(
      "target kind=udp name=logs.example.org\ntarget kind=udp name=logs.example.org:5514\n"
      "target kind=tls name=logs.example.org" +
      ca +
      "\n"
      "target kind=tls name=a.example.org:601 server-name=b.example.org" +
      ca + "\n");
  ASSERT_TRUE(spec);
  EXPECT_EQ(spec->targets[0], (TargetSpec{.name = "logs.example.org"}));
  EXPECT_EQ(spec->targets[1].port, 5514);
  EXPECT_EQ(spec->targets[2].port, 6514);
  EXPECT_EQ(spec->targets[2].server_name.view(), "logs.example.org");  // whom its certificate must be for
  EXPECT_EQ(spec->targets[3].server_name.view(), "b.example.org");
}

TEST(LogSpec, MoreThanThereIsRoomForIsAnError) {
  std::string text;
  for (size_t i = 1; i <= kMaxTargets - kMaxLearnt + 1; ++i)
    text += "target kind=udp address=192.0.2." + std::to_string(i) + "\n";
  EXPECT_EQ(errors_of(text), std::to_string(kMaxTargets - kMaxLearnt + 1) + "  one too many");
  text.clear();
  for (int i = 0; i < 50; ++i) text += "target kind=tcp\n";
  auto spec = parse_spec(text);
  ASSERT_FALSE(spec);
  EXPECT_EQ(spec.error().size(), state::kMaxSpecErrors);
}

TEST(LogServers, AreThoseOfNetdEachOnce) {
  auto servers = read_log_servers(
      "link index=2 name=eth0\n"
      "log-server link=eth0 address=192.0.2.9 source=dhcp\n"
      "log-server link=eth1 address=192.0.2.9 source=dhcp\n"
      "log-server link=eth0 address=0.0.0.0\n"
      "log-server link=eth0 address=224.0.0.1\n"
      "log-server link=eth0 address=255.255.255.255\n"
      "log-server link=eth0 address=nonsense\n"
      "log-server link=eth0\n"
      "log-server link=eth0 address=192.0.2.10\n"
      "log-server link=eth0 address=192.0.2.11\n");
  ASSERT_EQ(servers.size(), kMaxLearnt);
  EXPECT_EQ(servers[0], *parse_ip("192.0.2.9"));
  EXPECT_EQ(servers[1], *parse_ip("192.0.2.10"));
}

}  // namespace
}  // namespace ck::logring
