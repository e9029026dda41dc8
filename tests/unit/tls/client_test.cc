// SPDX-License-Identifier: MIT
#include "engine/tls/client.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "support/tls_world.h"

namespace ck::tls {
namespace {

using test::TlsServer;
using test::TlsWorld;
using test::Want;

// What becomes of a connection: "ready", or why not.
std::string outcome(const Want& want, TlsServer& server) {
  TlsWorld world(want, server, 7);
  world.run();
  return world.client.state() == State::Ready ? "ready" : std::string(world.client.error());
}
std::string outcome(const Want& want) {
  TlsServer server(1);
  return outcome(want, server);
}

Bytes bytes(std::string_view text) { return {reinterpret_cast<const uint8_t*>(text.data()), text.size()}; }

TEST(TlsClient, TextArrivesWholeInPiecesOfAnySize) {
  for (size_t piece : {size_t{1}, size_t{7}, size_t{500}, SIZE_MAX}) {
    TlsServer server(1);
    TlsWorld world({}, server, 2);
    world.piece = piece;
    EXPECT_EQ(world.client.write(bytes("too early")), 0u);
    world.run();
    ASSERT_EQ(world.client.state(), State::Ready) << world.client.error();
    std::string all(10'000, 'x');
    for (size_t i = 0; i < all.size(); ++i) all[i] = static_cast<char>('a' + i % 23);
    for (size_t at = 0; at < all.size();) {
      size_t count = world.client.write(bytes(all).subspan(at));
      EXPECT_GT(count, 0u);
      EXPECT_EQ(world.client.write(bytes("x")), 0u);  // the record before it is not gone
      at += count;
      world.run();
    }
    EXPECT_EQ(server.text, all);
    world.client.close();
    world.run();
    EXPECT_TRUE(server.was_closed);
    EXPECT_EQ(world.client.error(), "");
  }
}

TEST(TlsClient, WhatTheServerSaysIsThrownAwayAndItsEndIsNot) {
  TlsServer server(1);
  TlsWorld world({}, server, 2);
  world.run();
  for (int i = 0; i < 20; ++i) server.say(std::string(1000, 'y'));
  world.run();
  EXPECT_EQ(world.client.state(), State::Ready);
  server.close();
  world.run();
  EXPECT_EQ(world.client.state(), State::Over);
  EXPECT_EQ(world.client.error(), "closed by the server");
}

TEST(TlsClient, TheCertificateMustBeForThePeer) {
  EXPECT_EQ(outcome({}), "ready");
  EXPECT_EQ(outcome({.name = "A.Logs.Example.Org"}), "ready");
  EXPECT_EQ(outcome({.name = "", .address = "192.0.2.9"}), "ready");
  EXPECT_EQ(outcome({.name = "", .address = "2001:db8::9"}), "ready");
  EXPECT_EQ(outcome({.name = "a.b.logs.example.org"}),
            "the certificate is not for a.b.logs.example.org but for logs.example.org, *.logs.example.org, 192.0.2.9 "
            "and others");
  EXPECT_EQ(outcome({.name = "", .address = "192.0.2.10"}),
            "the certificate is not for 192.0.2.10 but for logs.example.org, *.logs.example.org, 192.0.2.9 and others");
  EXPECT_EQ(outcome({.name = "logs"}).substr(0, 35), "the certificate is not for logs but");  // a name outranks CN
  TlsServer by_common_name(1, test::kRsa, test::kRsaKey);
  EXPECT_EQ(outcome({}, by_common_name), "ready");
  TlsServer of_no_address(1, test::kRsa, test::kRsaKey);
  EXPECT_EQ(outcome({.name = ""}, of_no_address), "the certificate is not for 192.0.2.9 but for logs.example.org");
}

TEST(TlsClient, ItMustBeOfOurAuthorityInTimeAndStrong) {
  EXPECT_EQ(outcome({.ca = test::kOther}),
            "the certificate of logs.example.org is signed by none of the authorities in `ca`, but by Test Authority");
  EXPECT_EQ(outcome({.name = "x.example", .ca = test::kOther, .utc_ms = 0}),
            "the certificate of x.example is signed by none of the authorities in `ca`, but by Test Authority");
  EXPECT_EQ(outcome({.utc_ms = 1'700'000'000'000}),
            "the certificate of the authority Test Authority is not valid before 2026-11-26 07:00:15 UTC (the clock "
            "says 2023-11-14 22:13:20 UTC)");
  TlsServer self(1, test::kSelf);
  EXPECT_EQ(outcome({.ca = test::kSelf, .utc_ms = 5'000'000'000'000}, self),
            "the certificate of logs.example.org has expired on 2126-11-02 07:22:16 UTC (the clock says 2128-06-11 "
            "08:53:20 UTC)");
  TlsServer again(1, test::kSelf);
  EXPECT_EQ(outcome({.ca = test::kSelf}, again), "ready");
  TlsServer stranger(1, test::kSelf);
  EXPECT_EQ(outcome({}, stranger),
            "the certificate of logs.example.org is signed by none of the authorities in `ca`, but by logs");
  EXPECT_EQ(outcome({.ca = test::kServer}),  // no authority
            "the certificate of logs.example.org is signed by none of the authorities in `ca`, but by Test Authority");
  TlsServer weak(1, test::kWeak, test::kWeakKey);
  EXPECT_EQ(outcome({}, weak),
            "the certificate of logs.example.org is too weak (SHA-256, RSA of 2048 bits or a curve of 256 bits are the "
            "least)");
}

TEST(TlsClient, AnAuthorityThatWasRenewedCountsInWhateverOrder) {
  for (bool first : {true, false}) {
    std::string both(first ? test::kAuthorityBefore : test::kAuthority);
    both += first ? test::kAuthority : test::kAuthorityBefore;
    EXPECT_EQ(outcome({.ca = both}), "ready") << first;
  }
  EXPECT_EQ(outcome({.ca = test::kAuthorityBefore}).substr(0, 64),
            "the certificate of the authority Test Authority has expired on 2");
}

TEST(TlsClient, ACertificateOfOursIsGivenToWhoAsks) {
  for (auto [certificate, key] : {std::pair{test::kClient, test::kClientKey}, {test::kRsa, test::kRsaKey}, {"", ""}}) {
    TlsServer server(1, test::kServer, test::kServerKey, TlsServer::Ask::Certificate);
    std::string ended = outcome({.certificate = certificate, .key = key}, server);
    EXPECT_EQ(ended == "ready", !key.empty()) << ended;
    EXPECT_EQ(server.error == 0, !key.empty());
  }
}

TEST(TlsClient, WhatIsNoTlsIsSaid) {
  auto parsed = Credentials::parse({.ca = test::kAuthority, .certificate = {}, .key = {}});
  for (auto [answer, expected] :
       {std::pair<std::string_view, std::string_view>{"220 mail.example.org ESMTP ready\r\n",
                                                      "what the server says is not TLS"},
        {std::string_view("\x15\x03\x03\x00\x02\x02\x46", 7), "the server refuses the handshake: protocol version"},
        {std::string_view("\x15\x03\x03\x00\x02\x02\x63", 7), "the server refuses the handshake: alert 99"}}) {
    SeededRandom random(3);
    Client client(*parsed, "a.example", *parse_ip("192.0.2.9"), random, test::kIn2030);
    ASSERT_FALSE(client.unsent().empty());
    client.sent(client.unsent().size());
    std::copy(answer.begin(), answer.end(), client.room().begin());
    client.received(answer.size());
    EXPECT_EQ(client.state(), State::Over);
    EXPECT_EQ(client.error(), expected);
    EXPECT_TRUE(client.room().empty());
  }
}

TEST(TlsClient, ABitThatChangesOnTheWayIsNeverTaken) {
  size_t length = 0;
  for (size_t at = 0; at <= length; at += 11) {
    TlsServer server(1);
    TlsWorld world({}, server, 2);
    world.damage_at = at == 0 ? SIZE_MAX : at - 1;
    world.run();
    if (at == 0) {
      ASSERT_EQ(world.client.state(), State::Ready);
      length = world.heard;
    } else {
      EXPECT_NE(world.client.state(), State::Ready) << at;
    }
  }
}

}  // namespace
}  // namespace ck::tls
