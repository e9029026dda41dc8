// SPDX-License-Identifier: MIT
// One test a rule: a connection that is right in all but one thing, and the verdict that it gets.
#include "engine/gateway/inspector.h"

#include <gtest/gtest.h>

#include <functional>
#include <vector>

#include "support/rpc_bytes.h"

namespace ck::gateway {
namespace {

using namespace dcerpc;  // NOLINT: the names of the wire
using test::ack;
using test::bind;
using test::fault;
using test::nak;
using test::request;
using test::response;
using ByteVector = std::vector<uint8_t>;

const SyntaxId kFeatures{*parse_uuid("6cb71c2c-9812-4540-0300-000000000000"), 1, 0};
const SyntaxId kOtherInterface{*parse_uuid("12345678-1234-abcd-ef00-0123456789ab"), 1, 0};

struct Line {
  Policy policy = Policy::standard();
  Inspector inspector{policy};

  std::optional<Verdict> client(const ByteVector& pdu) {
    auto header = parse_header(pdu, Direction::FromClient);
    if (!header) return verdict_of(header.error());
    return inspector.from_client(*header, pdu);
  }
  std::optional<Verdict> server(const ByteVector& pdu) {
    auto header = parse_header(pdu, Direction::FromServer);
    if (!header) return Verdict::UpstreamInvalid;
    return inspector.from_server(*header, pdu);
  }
  // Bound, not yet answered; and accepted.
  void offer() { EXPECT_EQ(client(bind({})), std::nullopt); }
  void open() {
    offer();
    EXPECT_EQ(server(ack({})), std::nullopt);
  }
};

struct Row {
  Verdict verdict;
  std::function<std::optional<Verdict>(Line&)> play;
};

ByteVector long_bind() {
  test::BindOf of{.contexts = {}};
  for (uint16_t id = 0; id < 8; ++id)
    of.contexts.push_back({.id = id, .transfers = {kNdr, kNdr, kNdr, kNdr}});  // 8 * 104 + 28
  auto pdu = bind(of);
  pdu.resize(kMaxBindSize + 1);
  test::set_length(pdu, ByteOrder::Little);
  return pdu;
}

ByteVector with_auth(ByteVector pdu) {
  pdu[10] = 16;
  return pdu;
}

const Row kRows[] = {
    {Verdict::Version,
     [](Line& line) {
       auto pdu = bind({});
       pdu[0] = 4;
       return line.client(pdu);
     }},
    {Verdict::UnknownType,
     [](Line& line) {
       auto pdu = bind({});
       pdu[2] = 20;
       return line.client(pdu);
     }},
    {Verdict::WrongDirection, [](Line& line) { return line.client(ack({})); }},
    {Verdict::DataRepresentation,
     [](Line& line) {
       auto pdu = bind({});
       pdu[4] = 0x20;
       return line.client(pdu);
     }},
    {Verdict::TooShort,
     [](Line& line) {
       auto pdu = bind({});
       pdu[8] = 27;
       return line.client(pdu);
     }},
    {Verdict::TooLong,
     [](Line& line) {
       auto pdu = bind({});
       pdu[8] = 0xd1;
       pdu[9] = 0x16;  // 5841
       return line.client(pdu);
     }},
    {Verdict::Authenticated, [](Line& line) { return line.client(with_auth(bind({}))); }},
    {Verdict::ReservedFlag, [](Line& line) { return line.client(bind({.flags = 0x0b})); }},
    {Verdict::NotABind, [](Line& line) { return line.client(request({})); }},
    {Verdict::SecondBind,
     [](Line& line) {
       line.open();
       return line.client(bind({}));
     }},
    {Verdict::BindFragmented, [](Line& line) { return line.client(bind({.flags = kFirstFragment})); }},
    {Verdict::BindTooLong, [](Line& line) { return line.client(long_bind()); }},
    {Verdict::BindMalformed, [](Line& line) { return line.client(bind({.contexts = {}})); }},
    {Verdict::AssociationGroup, [](Line& line) { return line.client(bind({.group = 0x5a5a})); }},
    {Verdict::DuplicateContext, [](Line& line) { return line.client(bind({.contexts = {{.id = 1}, {.id = 1}}})); }},
    {Verdict::ManagementInterface,
     [](Line& line) { return line.client(bind({.contexts = {{.abstract = kManagement}}})); }},
    {Verdict::InterfaceDenied,
     [](Line& line) { return line.client(bind({.contexts = {{.id = 0}, {.id = 1, .abstract = kOtherInterface}}})); }},
    {Verdict::TransferDenied,
     [](Line& line) { return line.client(bind({.contexts = {{.transfers = {kNdr, kOtherInterface}}}})); }},
    {Verdict::FeaturesTwice,
     [](Line& line) {
       return line.client(
           bind({.contexts = {{.id = 0}, {.id = 1, .transfers = {kFeatures}}, {.id = 2, .transfers = {kFeatures}}}}));
     }},
    {Verdict::Learning,
     [](Line& line) {
       line.policy.mode = Mode::Learn;
       return line.client(bind({.contexts = {{.abstract = kOtherInterface}}}));
     }},
    {Verdict::AlterDenied,
     [](Line& line) {
       line.open();
       return line.client(bind({.type = PduType::AlterContext, .call_id = 2, .contexts = {{.id = 1}}}));
     }},
    {Verdict::CallFragmented,
     [](Line& line) {
       line.open();
       return line.client(request({.flags = kFirstFragment}));
     }},
    {Verdict::CallMaybe,
     [](Line& line) {
       line.open();
       return line.client(request({.flags = 3 | kMaybe}));
     }},
    {Verdict::ContextUnknown,
     [](Line& line) {
       line.open();
       return line.client(request({.context = 1}));
     }},
    {Verdict::ContextRejected,
     [](Line& line) {
       EXPECT_EQ(line.client(bind({.contexts = {{.id = 0}, {.id = 1, .transfers = {kNdr64}}}})), std::nullopt);
       EXPECT_EQ(line.server(ack({.results = {{}, {2, 2, {}}}})), std::nullopt);
       return line.client(request({.context = 1}));
     }},
    {Verdict::OpnumDenied,
     [](Line& line) {
       line.open();
       return line.client(request({.opnum = 1}));
     }},
    {Verdict::HintTooLarge,
     [](Line& line) {
       line.open();
       return line.client(request({.hint = 251, .stub = 250}));
     }},
    {Verdict::CallWithinCall,
     [](Line& line) {
       line.open();
       EXPECT_EQ(line.client(request({.call_id = 2})), std::nullopt);
       return line.client(request({.call_id = 3}));
     }},
    {Verdict::CallIdInUse,
     [](Line& line) {
       line.open();
       EXPECT_EQ(line.client(request({.call_id = 2})), std::nullopt);
       return line.client(request({.call_id = 2}));
     }},
    {Verdict::TooManyCalls,
     [](Line& line) {
       line.open();
       for (uint32_t id = 2; id < 2 + line.policy.calls; ++id) {
         EXPECT_EQ(line.client(request({.call_id = id})), std::nullopt);
         EXPECT_EQ(line.server(response({.call_id = id})), std::nullopt);
       }
       return line.client(request({.call_id = 99}));
     }},
    {Verdict::CancelWithoutCall,
     [](Line& line) {
       line.open();
       return line.client(test::pdu(PduType::Cancel, 16, 2));
     }},
    // What only a host can do wrong.
    {Verdict::UpstreamInvalid,
     [](Line& line) {
       line.offer();
       return line.server(ack({.call_id = 2}));
     }},
    {Verdict::UpstreamInvalid,
     [](Line& line) {
       line.offer();
       return line.server(response({.call_id = 1}));
     }},
    {Verdict::UpstreamInvalid,
     [](Line& line) {
       line.offer();
       return line.server(ack({.results = {{}, {}}}));
     }},
    {Verdict::UpstreamInvalid,
     [](Line& line) {
       line.offer();
       return line.server(ack({.results = {{0, 0, kNdr64}}}));
     }},
    {Verdict::UpstreamInvalid,
     [](Line& line) {
       line.offer();
       return line.server(ack({.results = {{3, 1, {}}}}));
     }},
    {Verdict::UpstreamInvalid,
     [](Line& line) {
       line.offer();
       return line.server(ack({.flags = kFirstFragment}));
     }},
    {Verdict::UpstreamInvalid,
     [](Line& line) {
       line.open();
       return line.server(ack({}));
     }},
    {Verdict::UpstreamInvalid,
     [](Line& line) {
       line.open();
       return line.server(response({}));  // nobody called
     }},
    {Verdict::UpstreamInvalid,
     [](Line& line) {
       line.open();
       EXPECT_EQ(line.client(request({})), std::nullopt);
       return line.server(response({.call_id = 9}));
     }},
    {Verdict::UpstreamInvalid,
     [](Line& line) {
       line.open();
       EXPECT_EQ(line.client(request({})), std::nullopt);
       return line.server(response({.context = 1}));
     }},
    {Verdict::UpstreamInvalid,
     [](Line& line) {
       line.open();
       EXPECT_EQ(line.client(request({})), std::nullopt);
       return line.server(response({.flags = kFirstFragment}));
     }},
    {Verdict::UpstreamInvalid,
     [](Line& line) {
       line.open();
       return line.server(ack({.type = PduType::AlterContextResponse, .call_id = 2, .address = ""}));
     }},
};

TEST(Inspector, EachRowOfTheTableThatAPduCanEarnIsEarned) {
  std::vector<bool> earned(kVerdicts);
  for (size_t i = 0; i < std::size(kRows); ++i) {
    Line line;
    EXPECT_EQ(kRows[i].play(line), kRows[i].verdict) << "row " << i << ", " << name_of(kRows[i].verdict);
    bool of_server = kRows[i].verdict == Verdict::UpstreamInvalid;
    EXPECT_EQ(line.inspector.fault_text().empty(), !of_server) << i;
    earned[static_cast<size_t>(kRows[i].verdict)] = true;
  }
  for (const VerdictRow& row : verdict_table()) {
    bool of_pdus = row.verdict >= Verdict::Version && row.verdict <= Verdict::CancelWithoutCall;
    EXPECT_TRUE(!of_pdus || earned[static_cast<size_t>(row.verdict)]) << row.name;
  }
}

TEST(Inspector, AWholeExchangePassesInBothByteOrders) {
  for (ByteOrder order : {ByteOrder::Little, ByteOrder::Big}) {
    Line line;
    EXPECT_EQ(line.client(bind({.order = order})), std::nullopt);
    EXPECT_FALSE(line.inspector.is_bind_answered());
    EXPECT_EQ(line.server(ack({.order = order})), std::nullopt);
    EXPECT_TRUE(line.inspector.is_bind_answered());
    EXPECT_EQ(line.client(request({.order = order, .hint = 250})), std::nullopt);
    EXPECT_EQ(line.inspector.running(), 1u);
    EXPECT_EQ(line.server(response({.order = order})), std::nullopt);
    EXPECT_EQ(line.inspector.running(), 0u);
    ASSERT_EQ(line.inspector.seen().interfaces.size(), 1u);
    EXPECT_EQ(line.inspector.seen().interfaces[0], kKmsInterface);
    EXPECT_EQ(line.inspector.seen().transfer, TransferKind::Ndr);
    EXPECT_EQ(line.inspector.seen().opnum, 0);
    EXPECT_EQ(line.inspector.seen().outcome, BindOutcome::Accepted);
    EXPECT_EQ(line.inspector.seen().answers, 1);
  }
}

TEST(Inspector, EachInterfaceOfABindIsNotedOnce) {
  Line line;
  EXPECT_EQ(line.client(bind({.contexts = {{.id = 0}, {.id = 1, .abstract = kOtherInterface}, {.id = 2}}})),
            Verdict::InterfaceDenied);
  ASSERT_EQ(line.inspector.seen().interfaces.size(), 2u);
  EXPECT_EQ(line.inspector.seen().interfaces[0], kKmsInterface);
  EXPECT_EQ(line.inspector.seen().interfaces[1], kOtherInterface);
}

TEST(Inspector, TheThreeElementsOfAWindowsBindPass) {
  Line line;
  EXPECT_EQ(line.client(bind({.flags = 3 | kConcurrent,
                              .contexts = {{.id = 0, .transfers = {kNdr}},
                                           {.id = 1, .transfers = {kNdr64}},
                                           {.id = 2, .transfers = {kFeatures}}}})),
            std::nullopt);
  EXPECT_EQ(line.server(ack({.results = {{2, 2, {}}, {0, 0, kNdr64}, {3, 3, {}}}})), std::nullopt);
  EXPECT_EQ(line.inspector.seen().transfer, TransferKind::Ndr64);
  EXPECT_EQ(line.client(request({.call_id = 2, .context = 1})), std::nullopt);
  EXPECT_EQ(line.client(request({.call_id = 3, .context = 2})), Verdict::ContextUnknown)
      << "a negotiation is no context";
}

TEST(Inspector, SeveralCallsAtOnceAreForThoseWhoAskedForIt) {
  Line line;
  EXPECT_EQ(line.client(bind({.flags = 3 | kConcurrent})), std::nullopt);
  EXPECT_EQ(line.server(ack({})), std::nullopt);
  for (uint32_t id = 2; id < 6; ++id) EXPECT_EQ(line.client(request({.call_id = id})), std::nullopt) << id;
  EXPECT_EQ(line.client(request({.call_id = 6})), Verdict::CallWithinCall);
  EXPECT_EQ(line.client(test::pdu(PduType::Cancel, 16, 4)), std::nullopt);
  for (uint32_t id : {4u, 2u, 5u, 3u}) EXPECT_EQ(line.server(fault(5, id)), std::nullopt) << id;
  EXPECT_EQ(line.inspector.running(), 0u);
}

TEST(Inspector, WindowsEchoesTheLowerHalfOfAContextId) {
  Line line;
  EXPECT_EQ(line.client(bind({.contexts = {{.id = 0xffff}}})), std::nullopt);
  EXPECT_EQ(line.server(ack({})), std::nullopt);
  EXPECT_EQ(line.client(request({.context = 0xffff})), std::nullopt);
  EXPECT_EQ(line.server(response({.context = 0x00ff})), std::nullopt);
}

TEST(Inspector, AnAlterationIsJudgedAsABindIsWhereItIsAllowed) {
  Line line;
  line.policy.alter = Alter::Validated;
  line.open();
  auto alter = [](test::ContextOf context, uint32_t call_id) {
    return bind({.type = PduType::AlterContext, .call_id = call_id, .group = 0x5a5a, .contexts = {context}});
  };
  EXPECT_EQ(line.client(alter({.id = 1, .transfers = {kNdr64}}, 2)), std::nullopt);
  EXPECT_EQ(line.inspector.running(), 1u);
  auto answer = ack({.type = PduType::AlterContextResponse, .call_id = 2, .address = "", .results = {{0, 0, kNdr64}}});
  EXPECT_EQ(line.server(answer), std::nullopt);
  EXPECT_EQ(line.client(request({.call_id = 3, .context = 1})), std::nullopt);
  EXPECT_EQ(line.server(response({.call_id = 3, .context = 1})), std::nullopt);
  EXPECT_EQ(line.client(alter({.id = 2, .abstract = kOtherInterface}, 4)), Verdict::InterfaceDenied);
}

TEST(Inspector, ARejectedBindIsNoVerdictButIsSeen) {
  Line line;
  EXPECT_EQ(line.client(bind({})), std::nullopt);
  EXPECT_EQ(line.server(nak(4)), std::nullopt);
  EXPECT_EQ(line.inspector.seen().outcome, BindOutcome::Nak);
  EXPECT_EQ(line.inspector.seen().nak_reason, 4);

  Line other;
  EXPECT_EQ(other.client(bind({})), std::nullopt);
  EXPECT_EQ(other.server(ack({.results = {{2, 1, {}}}})), std::nullopt);
  EXPECT_EQ(other.inspector.seen().outcome, BindOutcome::Rejected);
}

TEST(Inspector, AnotherServerStartsFromTheSameBind) {
  Line line;
  EXPECT_EQ(line.client(bind({})), std::nullopt);
  EXPECT_EQ(line.server(ack({.results = {{2, 1, {}}}})), std::nullopt);
  line.inspector.forget_answer();
  EXPECT_FALSE(line.inspector.is_bind_answered());
  EXPECT_EQ(line.server(ack({})), std::nullopt);
  EXPECT_EQ(line.client(request({})), std::nullopt);
}

TEST(Inspector, MonitoringFollowsWhatItFindsFaultWith) {
  Line line;
  line.policy.mode = Mode::Monitor;
  EXPECT_EQ(line.client(bind({.contexts = {{.abstract = kOtherInterface}}})), Verdict::InterfaceDenied);
  EXPECT_EQ(line.server(ack({})), std::nullopt);
  EXPECT_TRUE(line.inspector.is_bind_answered());
  EXPECT_EQ(line.client(request({.opnum = 7})), Verdict::InterfaceDenied);
  EXPECT_EQ(line.inspector.running(), 1u);
  EXPECT_EQ(line.server(response({})), std::nullopt);
  EXPECT_EQ(line.inspector.running(), 0u);
}

TEST(VerdictTable, EveryRefusalOfAPduIsSaidInBothWays) {
  for (const VerdictRow& row : verdict_table()) {
    EXPECT_FALSE(row.name.empty());
    EXPECT_FALSE(row.text.empty());
    bool of_pdus = row.verdict >= Verdict::Version && row.verdict <= Verdict::CancelWithoutCall;
    bool is_bind = row.verdict == Verdict::SecondBind;  // a bind is always answered as one
    EXPECT_EQ(of_pdus && (!row.nak || (!row.fault && !is_bind)), false) << row.name;
    EXPECT_EQ(row.blame == Blame::Nobody && (row.nak || row.fault), false) << row.name;
  }
}

}  // namespace
}  // namespace ck::gateway
