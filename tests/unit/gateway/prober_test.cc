// SPDX-License-Identifier: MIT
#include "engine/gateway/prober.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

#include "support/rpc_bytes.h"

namespace ck::gateway {
namespace {

using test::ack;
using test::ByteVector;

// The stub of an answer to inq_if_ids.
ByteVector interface_list(const std::vector<dcerpc::SyntaxId>& interfaces, ByteOrder order, uint32_t status = 0) {
  ByteVector body(8 + 16 + interfaces.size() * 24);
  ByteWriter out(body, order);
  out.u32(0).u16(0).zeros(2);
  out.u32(1).u32(static_cast<uint32_t>(interfaces.size())).u32(static_cast<uint32_t>(interfaces.size()));
  for (size_t i = 0; i < interfaces.size(); ++i) out.u32(static_cast<uint32_t>(2 + i));
  for (const dcerpc::SyntaxId& id : interfaces) {
    std::array<uint8_t, 20> syntax{};
    ByteWriter one(syntax, order);
    dcerpc::write_syntax(id, order, one);
    out.bytes(Bytes(syntax).first(16)).u16(id.major).u16(id.minor);
  }
  out.u32(status);
  body.resize(out.size());
  return body;
}

struct Check {
  std::vector<uint8_t> memory = std::vector<uint8_t>(2 * kBufferStride);
  Buffers buffers{memory};
  Prober prober{buffers, dcerpc::kKmsInterface};
  TimePoint now = from_ms(1000);

  ByteVector said() {
    ByteVector bytes(prober.to_send().begin(), prober.to_send().end());
    prober.sent(bytes.size());
    return bytes;
  }
  ProbeStep hear(const ByteVector& bytes, size_t piece = SIZE_MAX) {
    ProbeStep step = ProbeStep::Continue;
    for (size_t at = 0; at < bytes.size() && step == ProbeStep::Continue;) {
      EXPECT_TRUE(prober.wants_bytes());
      auto room = prober.room();
      size_t count = std::min({room.size(), bytes.size() - at, piece});
      std::copy_n(bytes.begin() + static_cast<ptrdiff_t>(at), count, room.begin());
      at += count;
      step = prober.received(count, now);
    }
    return step;
  }
  // Up to the answer of is_server_listening.
  void climb(ByteOrder order = ByteOrder::Little, size_t piece = SIZE_MAX) {
    EXPECT_EQ(prober.start(now), ProbeStep::Connect);
    EXPECT_EQ(prober.connected(), ProbeStep::Continue);
    auto bind = said();
    auto header = dcerpc::parse_header(bind, dcerpc::Direction::FromClient);
    ASSERT_TRUE(header);
    EXPECT_EQ(dcerpc::parse_bind(*header, bind)->contexts[0].abstract, dcerpc::kManagement);
    EXPECT_EQ(hear(ack({.order = order, .call_id = header->call_id}), piece), ProbeStep::Continue);
    auto request = said();
    header = dcerpc::parse_header(request, dcerpc::Direction::FromClient);
    EXPECT_EQ(dcerpc::parse_request(*header, request)->opnum, 2);
    ByteVector body(16);
    ByteWriter out(body, order);
    out.zeros(8).u32(0).u32(1);
    EXPECT_EQ(hear(test::pdu_of(dcerpc::PduType::Response, header->call_id, order, 3, body), piece),
              ProbeStep::Continue);
  }
  ProbeStep list(const std::vector<dcerpc::SyntaxId>& interfaces, ByteOrder order = ByteOrder::Little,
                 uint32_t status = 0, size_t piece = SIZE_MAX) {
    auto request = said();
    auto header = dcerpc::parse_header(request, dcerpc::Direction::FromClient);
    EXPECT_EQ(dcerpc::parse_request(*header, request)->opnum, 0);
    EXPECT_EQ(dcerpc::parse_request(*header, request)->stub_size, 0) << "nothing but the question";
    auto body = interface_list(interfaces, order, status);
    return hear(test::pdu_of(dcerpc::PduType::Response, header->call_id, order, 3, body), piece);
  }
};

TEST(Prober, ClimbsToTheTopInEachByteOrderAndInAnyPieces) {
  for (ByteOrder order : {ByteOrder::Little, ByteOrder::Big}) {
    for (size_t piece : {size_t{1}, size_t{7}, SIZE_MAX}) {
      Check check;
      check.climb(order, piece);
      EXPECT_EQ(check.list({dcerpc::kManagement, dcerpc::kKmsInterface}, order, 0, piece), ProbeStep::Done);
      EXPECT_TRUE(check.prober.result().up);
      EXPECT_EQ(check.prober.result().rung, Rung::Serving);
      EXPECT_EQ(check.buffers.taken(), 0u);
      EXPECT_EQ(check.prober.deadline(), kNever);
    }
  }
}

TEST(Prober, AGreetingGoesBeforeTheBindOfEachConnectionAndNothingElse) {
  Check check;
  ByteVector greeting(Prober::kMaxGreeting, 'G');
  Prober prober(check.buffers, dcerpc::kKmsInterface, greeting);
  (void)prober.start(check.now);
  for (ProbeStep end : {ProbeStep::Connect, ProbeStep::Done}) {
    (void)prober.connected();
    Bytes said = prober.to_send();
    ASSERT_EQ(said.size(), greeting.size() + dcerpc::kBindSize);
    EXPECT_TRUE(std::equal(greeting.begin(), greeting.end(), said.begin()));
    EXPECT_TRUE(dcerpc::parse_header(said.subspan(greeting.size()), dcerpc::Direction::FromClient));
    EXPECT_EQ(prober.closed(check.now), end);
  }
}

TEST(Prober, AHostThatDoesNotServeTheInterfaceIsDown) {
  Check check;
  check.climb();
  EXPECT_EQ(check.list({dcerpc::kManagement}), ProbeStep::Done);
  EXPECT_FALSE(check.prober.result().up);
  EXPECT_EQ(check.prober.result().rung, Rung::Listening);
  EXPECT_FALSE(check.prober.result().fault.empty());
}

TEST(Prober, OtherMajorOrMinorVersionsAreOtherInterfaces) {
  auto other = dcerpc::kKmsInterface;
  other.minor = 1;
  for (ByteOrder order : {ByteOrder::Little, ByteOrder::Big}) {
    Check check;
    check.climb(order);
    EXPECT_EQ(check.list({other}, order), ProbeStep::Done);
    EXPECT_FALSE(check.prober.result().up);
  }
}

TEST(Prober, AHostWithoutManagementIsAskedByABindAlone) {
  auto refusals = {test::nak(0), ack({.results = {{2, 1, {}}}}), ByteVector(100, 'H')};
  for (const ByteVector& refusal : refusals) {
    Check check;
    EXPECT_EQ(check.prober.start(check.now), ProbeStep::Connect);
    (void)check.prober.connected();
    (void)check.said();
    EXPECT_EQ(check.hear(refusal), ProbeStep::Connect) << "another connection";
    (void)check.prober.connected();
    auto bind = check.said();
    auto header = dcerpc::parse_header(bind, dcerpc::Direction::FromClient);
    EXPECT_EQ(dcerpc::parse_bind(*header, bind)->contexts[0].abstract, dcerpc::kKmsInterface);
    EXPECT_EQ(check.hear(ack({.call_id = header->call_id})), ProbeStep::Done);
    EXPECT_TRUE(check.prober.result().up);
    EXPECT_EQ(check.prober.result().rung, Rung::Bound);
  }
}

TEST(Prober, TheFaultOfAListIsNoVerdict) {
  Check check;
  check.climb();
  EXPECT_EQ(check.list({dcerpc::kKmsInterface}, ByteOrder::Little, 5), ProbeStep::Connect);
}

TEST(Prober, WhatIsWrongIsSaidInWords) {
  Check refused;
  (void)refused.prober.start(refused.now);
  EXPECT_EQ(refused.prober.failed("Connection refused"), ProbeStep::Done);
  EXPECT_EQ(refused.prober.result().rung, Rung::Nothing);
  EXPECT_EQ(refused.prober.result().fault, "Connection refused");

  Check silent;
  (void)silent.prober.start(silent.now);
  silent.now += kProbePatience;
  EXPECT_EQ(silent.prober.expired(silent.now), ProbeStep::Done);
  EXPECT_EQ(silent.prober.result().fault, "no connection in time");

  Check mute;  // takes the connection and never says a word
  (void)mute.prober.start(mute.now);
  for (ProbeStep end : {ProbeStep::Connect, ProbeStep::Done}) {
    (void)mute.prober.connected();
    mute.now += kProbePatience;
    EXPECT_EQ(mute.prober.expired(mute.now), end);
  }
  EXPECT_EQ(mute.prober.result().rung, Rung::Connected);
  EXPECT_NE(mute.prober.result().fault.find("TCP connects but nothing answers the bind"), std::string_view::npos);

  Check web;
  (void)web.prober.start(web.now);
  for (ProbeStep end : {ProbeStep::Connect, ProbeStep::Done}) {
    (void)web.prober.connected();
    EXPECT_EQ(web.hear(ByteVector(40, 'H')), end);
  }
  EXPECT_NE(web.prober.result().fault.find("not DCE/RPC"), std::string_view::npos);

  Check closes;
  (void)closes.prober.start(closes.now);
  for (ProbeStep end : {ProbeStep::Connect, ProbeStep::Done}) {
    (void)closes.prober.connected();
    EXPECT_EQ(closes.prober.closed(closes.now), end);
  }
  EXPECT_NE(closes.prober.result().fault.find("makes it close"), std::string_view::npos);
}

TEST(Prober, ALyingListIsRead) {
  // A count that claims more than is there, or than there was room for.
  for (uint8_t claim : {uint8_t{2}, uint8_t{0xff}}) {
    constexpr size_t at = 32;
    Check check;
    check.climb();
    auto request = check.said();
    auto header = dcerpc::parse_header(request, dcerpc::Direction::FromClient);
    auto pdu = test::pdu_of(dcerpc::PduType::Response, header->call_id, ByteOrder::Little, 3,
                            interface_list({dcerpc::kKmsInterface}, ByteOrder::Little));
    pdu[at] = pdu[at + 1] = pdu[at + 2] = pdu[at + 3] = claim;
    EXPECT_NE(check.hear(pdu), ProbeStep::Continue);
    EXPECT_FALSE(check.prober.result().up);
  }
}

}  // namespace
}  // namespace ck::gateway
