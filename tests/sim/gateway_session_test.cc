// SPDX-License-Identifier: MIT
// The session between a simulated client and simulated upstreams: all orders of partial reads, failures at each byte of
// either side. Whatever happens, what one side receives is a prefix of what the other sent, in whole PDUs, followed by
// at most one refusal, and the session ends within its deadline.
#include <gtest/gtest.h>

#include "sim/gateway_driver.h"

namespace ck::gateway {
namespace {

using dcerpc::PduType;
using test::ack;
using test::append;
using test::bind;
using test::ByteVector;
using test::exchange_of;
using test::pdu;
using test::refusal_in;
using test::request;
using test::response;
using test::SimRelay;
using test::SimUpstream;
using test::whole;

bool begins_with(const ByteVector& bytes, const ByteVector& start) {
  return bytes.size() >= start.size() && std::equal(start.begin(), start.end(), bytes.begin());
}

TEST(GatewaySession, AnyOrderAndSizeOfPiecesGivesTheSameBytes) {
  for (uint64_t seed = 1; seed <= 300; ++seed) {
    SimRelay run;
    run.random = SeededRandom(seed);
    auto exchange = exchange_of(seed % 2 == 0 ? ByteOrder::Big : ByteOrder::Little, 1 + seed % 4);
    if (seed % 3 == 0) {
      exchange.client.push_back(request({.call_id = 9, .stub = dcerpc::kMaxFragment - 24}));
      exchange.server.push_back(response({.call_id = 9, .stub = dcerpc::kMaxFragment - 24}));
    }
    // One call at a time, as the bind asked: the next is sent when the last was answered.
    size_t calls = exchange.client.size();
    run.script = whole({exchange.client[0], exchange.client[1]});
    run.upstreams = {{.answers = exchange.server}};
    run.piece = std::array<size_t, 5>{1, 2, 17, 200, SIZE_MAX}[seed % 5];
    for (size_t next = 2; next <= calls; ++next) {
      size_t due = 0;
      for (size_t i = 0; i < next; ++i) due += exchange.server[i].size();
      while (run.client_received.size() < due) ASSERT_TRUE(run.move()) << seed;
      if (next < calls) append(run.script, exchange.client[next]);
    }
    run.client_leaves_at = run.script.size();
    run.run();
    EXPECT_EQ(run.session.verdict(), Verdict::Answered) << seed;
    EXPECT_EQ(run.session.closer(), Session::Closer::Client);
    EXPECT_EQ(run.upstreams[0].received, whole(exchange.client)) << seed;
    EXPECT_EQ(run.client_received, whole(exchange.server)) << seed;
    EXPECT_EQ(run.now, run.begin) << "no deadline was waited for";
  }
}

TEST(GatewaySession, AnUpstreamThatFailsAtAnyByteBeforeItsAnswerIsReplaced) {
  auto exchange = exchange_of();
  for (size_t at = 0; at < exchange.server[0].size(); ++at) {
    for (bool receiving : {true, false}) {
      if (receiving && at > exchange.client[0].size()) continue;
      SimRelay run;
      run.random = SeededRandom(at + 1);
      run.script = whole(exchange.client);
      run.client_leaves_at = run.script.size();
      run.piece = 1 + at % 40;
      SimUpstream bad{.answers = exchange.server};
      (receiving ? bad.close_after_received : bad.close_after_sent) = at;
      run.upstreams = {bad, {.answers = exchange.server}};
      run.run();
      EXPECT_EQ(run.session.verdict(), Verdict::Answered) << at;
      EXPECT_EQ(run.tried, (std::vector<size_t>{0, 1}));
      EXPECT_EQ(run.upstreams[1].received, run.script) << "the same bytes";
      EXPECT_EQ(run.client_received, whole(exchange.server)) << "nothing of the first one's";
    }
  }
}

TEST(GatewaySession, AnUpstreamThatFailsAfterItsAnswerEndsTheSessionWithWholePdusAndAFault) {
  auto exchange = exchange_of();
  size_t total = whole(exchange.server).size();
  for (size_t at = exchange.server[0].size(); at < total; ++at) {
    SimRelay run;
    run.random = SeededRandom(at);
    run.script = whole(exchange.client);
    run.piece = 1 + at % 50;
    SimUpstream bad{.answers = exchange.server};
    bad.close_after_sent = at;
    run.upstreams = {bad, {.answers = exchange.server}};
    run.run();
    bool idle = run.session.verdict() == Verdict::Unanswered;  // it closed before the call came
    EXPECT_TRUE(idle || run.session.verdict() == Verdict::UpstreamCut) << text_of(run.session.verdict());
    EXPECT_EQ(run.tried, (std::vector<size_t>{0})) << "too late for another one";
    EXPECT_TRUE(begins_with(run.client_received, exchange.server[0]));
    auto refusal = refusal_in(run.client_received);
    ASSERT_EQ(refusal.has_value(), !idle) << at;
    if (idle) continue;
    EXPECT_EQ(refusal->code, 0x6bau);
    EXPECT_EQ(refusal->call_id, 2u);
    EXPECT_TRUE(refusal->executed_maybe) << "nobody knows whether the host carried it out";
  }
}

TEST(GatewaySession, AClientThatLeavesAtAnyByteEndsIt) {
  auto exchange = exchange_of();
  ByteVector script = whole(exchange.client);
  for (size_t at = 0; at < script.size(); ++at) {
    SimRelay run;
    run.random = SeededRandom(at + 7);
    run.script = script;
    run.client_leaves_at = at;
    run.piece = 1 + at % 60;
    run.upstreams = {{.answers = exchange.server}};
    run.run();
    Verdict expected = at == 0 ? Verdict::Probe : at < 72 ? Verdict::ClientLeft : Verdict::Unanswered;
    EXPECT_EQ(run.session.verdict(), expected) << at;
    EXPECT_EQ(run.now, run.begin) << at;
    EXPECT_EQ(run.upstreams[0].received.size(), at < 72 ? 0u : 72u) << "only whole PDUs are passed on";
  }
}

TEST(GatewaySession, ABitThatFlipsNeverReachesTheUpstreamAsAnInvalidPdu) {
  auto exchange = exchange_of();
  ByteVector script = whole(exchange.client);
  for (size_t at = 0; at < 72 + 24; ++at) {
    for (unsigned bit = 0; bit < 8; ++bit) {
      SimRelay run;
      run.random = SeededRandom(at * 8 + bit);
      run.script = script;
      run.script[at] ^= static_cast<uint8_t>(1 << bit);
      run.client_leaves_at = script.size();
      run.upstreams = {{.answers = exchange.server}};
      run.run();  // SimUpstream::take() checks each PDU that comes
      EXPECT_NE(run.session.verdict(), Verdict::Open);
      (void)refusal_in(run.client_received);  // whole PDUs only
    }
  }
}

// ---- addresses side by side ----------------------------------------------------------------------------------------

TEST(GatewaySession, AddressesOfOneUpstreamAreTriedSideBySide) {
  auto exchange = exchange_of();
  SimRelay run;
  run.script = whole(exchange.client);
  run.client_leaves_at = run.script.size();
  run.upstreams = {
      {.connects = false, .member = 0}, {.connects = false, .member = 0}, {.answers = exchange.server, .member = 0}};
  run.run();
  EXPECT_EQ(run.session.verdict(), Verdict::Answered);
  EXPECT_EQ(run.tried, (std::vector<size_t>{0, 1, 2}));
  EXPECT_EQ(run.now, run.begin + 500ms) << "two attempts' delay";
}

TEST(GatewaySession, AnAddressThatRefusesMakesTheNextOneGoAtOnce) {
  auto exchange = exchange_of();
  SimRelay run;
  run.script = whole(exchange.client);
  run.client_leaves_at = run.script.size();
  run.upstreams = {{.refuses = true, .member = 0}, {.answers = exchange.server, .member = 0}};
  run.run();
  EXPECT_EQ(run.session.verdict(), Verdict::Answered);
  EXPECT_EQ(run.now, run.begin);
}

TEST(GatewaySession, AnotherMemberIsNotTriedBesideTheFirst) {
  SimRelay run;
  auto exchange = exchange_of();
  run.script = whole(exchange.client);
  run.client_leaves_at = run.script.size();
  run.upstreams = {
      {.connects = false, .member = 0}, {.connects = false, .member = 0}, {.answers = exchange.server, .member = 1}};
  run.run();
  EXPECT_EQ(run.session.verdict(), Verdict::Answered);
  ASSERT_EQ(run.tried, (std::vector<size_t>{0, 1, 2}));
  EXPECT_EQ(run.tried_at[1], run.begin + 250ms);
  EXPECT_EQ(run.tried_at[2], run.begin + 1s) << "each host keeps its own count of clients";
}

// ---- deadlines -----------------------------------------------------------------------------------------------------

TEST(GatewaySession, ASilentClientIsClosedAfterFiveSeconds) {
  SimRelay run;
  run.upstreams = {{}};
  run.run();
  EXPECT_EQ(run.session.verdict(), Verdict::ClientSlow);
  EXPECT_EQ(run.now, run.begin + 5s);
  EXPECT_TRUE(run.client_received.empty());
}

TEST(GatewaySession, AClientThatTricklesIsClosedFiveSecondsAfterItsFirstByte) {
  SimRelay run;
  auto script = bind({});
  for (size_t i = 0; run.session.state() == SessionState::Collect; ++i) {
    ASSERT_LT(i, script.size());
    run.session.client_room()[0] = script[i];
    run.act(run.session.client_received(1, run.now));
    run.now += 400ms;
    run.act(run.session.expired(run.now));
  }
  EXPECT_EQ(run.session.verdict(), Verdict::ClientSlow);
  EXPECT_LE(run.now, run.begin + 5s + 400ms);
}

TEST(GatewaySession, UpstreamsThatDoNotConnectAreGivenUpOneByOne) {
  SimRelay run;
  run.script = bind({});
  run.upstreams.resize(3);
  for (SimUpstream& upstream : run.upstreams) upstream.connects = false;
  run.run();
  EXPECT_EQ(run.session.verdict(), Verdict::UpstreamsFailed);
  EXPECT_EQ(run.tried, (std::vector<size_t>{0, 1, 2}));
  EXPECT_EQ(run.now, run.begin + 1s + 1s + 3s);
  EXPECT_EQ(run.session.fault(), "no connection in time");
  auto refusal = refusal_in(run.client_received);
  ASSERT_TRUE(refusal);
  EXPECT_EQ(refusal->type, PduType::BindNak);
  EXPECT_EQ(refusal->code, 1u);
}

TEST(GatewaySession, AnUpstreamThatSaysNothingIsLeftAfterFiveSecondsWhileThereAreOthers) {
  SimRelay run;
  auto exchange = exchange_of();
  run.script = whole(exchange.client);
  run.client_leaves_at = run.script.size();
  run.upstreams = {{.silent = true}, {.answers = exchange.server}};
  run.run();
  EXPECT_EQ(run.session.verdict(), Verdict::Answered);
  EXPECT_EQ(run.now, run.begin + 5s);

  SimRelay alone;
  alone.script = run.script;
  alone.upstreams = {{.silent = true}};
  alone.run();
  EXPECT_EQ(alone.session.verdict(), Verdict::UpstreamsFailed);
  EXPECT_EQ(alone.now, alone.begin + 20s);
}

TEST(GatewaySession, ACallWithoutAnAnswerEndsAfterTwentySecondsWithAFaultForIt) {
  SimRelay run;
  auto exchange = exchange_of();
  run.script = whole(exchange.client);
  run.upstreams = {{.answers = {exchange.server[0]}}};
  run.run();
  EXPECT_EQ(run.session.verdict(), Verdict::CallTimeout);
  EXPECT_EQ(run.now, run.begin + 20s);
  auto refusal = refusal_in(run.client_received);
  ASSERT_TRUE(refusal);
  EXPECT_EQ(refusal->call_id, 2u);
  EXPECT_TRUE(refusal->executed_maybe);
}

TEST(GatewaySession, AClientThatDoesNotReadIsEndedWithoutBlamingTheUpstream) {
  for (bool upstream_closes : {false, true}) {
    SimRelay run;
    auto exchange = exchange_of();
    run.script = whole(exchange.client);
    SimUpstream upstream{.answers = exchange.server};
    if (upstream_closes) upstream.close_after_sent = exchange.server[0].size();
    run.upstreams = {upstream};
    run.client_reads = false;
    run.run();
    EXPECT_TRUE(run.client_received.empty());
    EXPECT_EQ(run.session.verdict(), Verdict::ClientStuck) << text_of(run.session.verdict());
    EXPECT_EQ(run.now, run.begin + 20s);
    EXPECT_TRUE(run.session.fault().empty());
  }
}

TEST(GatewaySession, NoSessionIsLongerThanThirtySeconds) {
  SimRelay run;
  run.script = bind({});
  run.upstreams = {{.answers = {ack({})}}};
  run.run();
  EXPECT_EQ(run.session.verdict(), Verdict::SessionTooLong);
  EXPECT_EQ(run.now, run.begin + 30s);
}

TEST(GatewaySession, WhoGetsNoPlaceAtTheHostIsRefusedAfterFiveSeconds) {
  SimRelay run;
  run.script = bind({.call_id = 77});
  run.upstreams = {{.answers = {ack({})}}};
  run.queues = true;
  run.run();
  EXPECT_EQ(run.session.verdict(), Verdict::QueueTimeout);
  EXPECT_EQ(run.now, run.begin + 5s);
  auto refusal = refusal_in(run.client_received);
  ASSERT_TRUE(refusal);
  EXPECT_EQ(refusal->code, 1u) << "temporary congestion";
  EXPECT_EQ(refusal->call_id, 77u);
}

TEST(GatewaySession, WhoGetsAPlaceInTimeIsServed) {
  SimRelay run;
  auto exchange = exchange_of();
  run.script = whole(exchange.client);
  run.client_leaves_at = run.script.size();
  run.upstreams = {{.answers = exchange.server}};
  run.queues = true;
  while (run.session.state() != SessionState::Queue) ASSERT_TRUE(run.move());
  run.now += 4999ms;
  run.act(run.session.expired(run.now));
  run.act(run.session.choose(run.candidates(), run.now));
  run.run();
  EXPECT_EQ(run.session.verdict(), Verdict::Answered);
}

TEST(GatewaySession, WithoutAnUpstreamTheClientIsRefusedOnceItsBindIsWhole) {
  SimRelay run;
  run.script = bind({});
  run.run();
  EXPECT_EQ(run.session.verdict(), Verdict::NoUpstream);
  EXPECT_EQ(run.now, run.begin);
  EXPECT_TRUE(run.finished);
  ASSERT_TRUE(refusal_in(run.client_received));
}

// ---- refusals ------------------------------------------------------------------------------------------------------

TEST(GatewaySession, WhatIsRefusedBeforeTheBindIsAnsweredGetsABindNak) {
  for (ByteOrder order : {ByteOrder::Little, ByteOrder::Big}) {
    for (size_t piece : {size_t{1}, SIZE_MAX}) {
      SimRelay run;
      run.piece = piece;
      run.script = bind({.order = order, .call_id = 0x01020304, .group = 5});
      run.upstreams = {{}};
      run.run();
      EXPECT_EQ(run.session.verdict(), Verdict::AssociationGroup);
      EXPECT_EQ(run.session.closer(), Session::Closer::Gateway);
      EXPECT_TRUE(run.tried.empty()) << "no host sees it";
      auto refusal = refusal_in(run.client_received);
      ASSERT_TRUE(refusal);
      EXPECT_EQ(refusal->type, PduType::BindNak);
      EXPECT_EQ(refusal->code, 0u);
      EXPECT_EQ(refusal->call_id, 0x01020304u);
      EXPECT_EQ(run.client_received[4], order == ByteOrder::Little ? 0x10 : 0x00);
    }
  }
}

TEST(GatewaySession, WhatIsRefusedAfterwardsGetsAFaultThatSaysItWasNotExecuted) {
  auto exchange = exchange_of();
  SimRelay run;
  run.script = whole({exchange.client[0], request({.call_id = 9, .opnum = 3})});
  run.upstreams = {{.answers = exchange.server}};
  run.run();
  EXPECT_EQ(run.session.verdict(), Verdict::OpnumDenied);
  EXPECT_EQ(run.upstreams[0].received, exchange.client[0]) << "the request went nowhere";
  auto refusal = refusal_in(run.client_received);
  ASSERT_TRUE(refusal);
  EXPECT_EQ(refusal->type, PduType::Fault);
  EXPECT_EQ(refusal->code, 0x1c010002u);
  EXPECT_EQ(refusal->call_id, 9u);
  EXPECT_FALSE(refusal->executed_maybe);
}

TEST(GatewaySession, ARefusalWaitsForThePduThatIsOnItsWay) {
  auto exchange = exchange_of();
  for (size_t taken = 1; taken < exchange.server[1].size(); taken += 37) {
    SimRelay run;
    run.script = whole(exchange.client);
    run.upstreams = {{.answers = exchange.server}};
    while (run.client_received.size() < exchange.server[0].size()) ASSERT_TRUE(run.move());
    run.client_reads = false;
    while (run.move()) {
    }
    ASSERT_EQ(run.session.to_client().size(), exchange.server[1].size());
    run.client_received.insert(run.client_received.end(), run.session.to_client().begin(),
                               run.session.to_client().begin() + static_cast<ptrdiff_t>(taken));
    run.act(run.session.client_sent(taken, run.now));
    append(run.script, exchange.client[0]);  // a second bind, in the middle of the answer
    while (run.move()) {
    }
    run.client_reads = true;
    run.run();
    EXPECT_EQ(run.session.verdict(), Verdict::SecondBind);
    EXPECT_TRUE(begins_with(run.client_received, whole(exchange.server)));
    auto refusal = refusal_in(run.client_received);
    ASSERT_TRUE(refusal) << taken;
    EXPECT_EQ(refusal->type, PduType::BindNak);
  }
}

TEST(GatewaySession, GarbageThatNamesNoByteOrderGetsNothingButItsEnd) {
  SimRelay run;
  run.script = ByteVector(200, 0x47);
  run.upstreams = {{}};
  run.run();
  EXPECT_EQ(run.session.verdict(), Verdict::Version);
  EXPECT_TRUE(run.client_received.empty());
}

TEST(GatewaySession, AClientThatIsRefusedWhateverItSaysIsToldOnceItsBindIsWhole) {
  SimRelay run;
  run.script = bind({.call_id = 3});
  run.upstreams = {{}};
  run.act(run.session.refuse(Verdict::Full, run.now));
  run.run();
  EXPECT_EQ(run.session.verdict(), Verdict::Full);
  auto refusal = refusal_in(run.client_received);
  ASSERT_TRUE(refusal);
  EXPECT_EQ(refusal->code, 2u) << "local limit";

  SimRelay silent;
  silent.act(silent.session.refuse(Verdict::SourceRate, silent.now));
  silent.run();
  EXPECT_EQ(silent.session.verdict(), Verdict::SourceRate);
  EXPECT_EQ(silent.now, silent.begin + 2s) << "it keeps its place for no longer than that";

  SimRelay denied;
  denied.act(denied.session.refuse(Verdict::SourceDenied, denied.now));
  EXPECT_EQ(denied.session.state(), SessionState::Closed) << "before a byte is read";
}

TEST(GatewaySession, ARefusalIsReadEvenByAClientThatStillSends) {
  SimRelay run;
  run.script = whole({request({}), ByteVector(50'000, 1)});
  run.piece = 1000;
  run.run();
  EXPECT_EQ(run.session.verdict(), Verdict::NotABind);
  EXPECT_TRUE(refusal_in(run.client_received));
  EXPECT_EQ(run.script_sent, run.script.size()) << "what it sent was taken and thrown away";
}

TEST(GatewaySession, AClientThatDoesNotTakeItsRefusalIsLeftAfterASecond) {
  SimRelay run;
  run.script = request({});
  run.client_reads = false;
  run.run();
  EXPECT_EQ(run.session.verdict(), Verdict::NotABind);
  EXPECT_EQ(run.now, run.begin + 1s);
}

TEST(GatewaySession, ABindIsAnsweredByNothingButAnAnswer) {
  auto exchange = exchange_of();
  for (PduType type : {PduType::Response, PduType::Shutdown, PduType::AlterContextResponse, PduType::BindAck}) {
    SimRelay run;
    run.script = whole(exchange.client);
    run.client_leaves_at = run.script.size();
    run.upstreams = {{.answers = {pdu(type, 60, 1)}}, {.answers = exchange.server}};
    run.run();
    EXPECT_EQ(run.session.verdict(), Verdict::Answered) << dcerpc::name_of(type);
    EXPECT_EQ(run.tried, (std::vector<size_t>{0, 1}));
  }
}

TEST(GatewaySession, ANoOfTheHostIsAnAnswer) {
  auto exchange = exchange_of();
  for (const ByteVector& no : {test::nak(4), test::fault(0x1c010003, 1)}) {
    SimRelay run;
    run.script = whole(exchange.client);
    run.upstreams = {{.answers = {no}}, {.answers = exchange.server}};
    run.run();
    EXPECT_EQ(run.session.verdict(), Verdict::Rejected);
    EXPECT_EQ(run.tried, (std::vector<size_t>{0}));
    EXPECT_EQ(run.client_received, no);
  }
}

TEST(GatewaySession, AnInvalidPduOfAnUpstreamThatHadAnsweredEndsItWithAFault) {
  auto exchange = exchange_of();
  auto authenticated = exchange.server[1];
  authenticated[10] = 8;
  for (const ByteVector& bad : {authenticated, response({.call_id = 7}), ack({}), response({.flags = 1})}) {
    SimRelay run;
    run.script = whole(exchange.client);
    run.upstreams = {{.answers = {exchange.server[0], bad}}};
    run.run();
    EXPECT_EQ(run.session.verdict(), Verdict::UpstreamInvalid);
    EXPECT_FALSE(run.session.fault().empty());
    auto refusal = refusal_in(run.client_received);
    ASSERT_TRUE(refusal);
    EXPECT_EQ(run.client_received.size(), exchange.server[0].size() + 32) << "and nothing of the bad one";
    EXPECT_EQ(refusal->code, 0x6bau);
  }
}

TEST(GatewaySession, AShutdownOfTheServerIsPassedOnAndEndsIt) {
  auto exchange = exchange_of();
  SimRelay run;
  run.script = whole(exchange.client);
  exchange.server[1] = whole({exchange.server[1], pdu(PduType::Shutdown, 16, 0)});
  run.upstreams = {{.answers = exchange.server}};
  run.run();
  EXPECT_EQ(run.session.verdict(), Verdict::Answered);
  EXPECT_EQ(run.client_received, whole(exchange.server));
}

TEST(GatewaySession, MonitoringRelaysWhatItFindsFaultWith) {
  auto other = bind({.group = 9, .contexts = {{.abstract = dcerpc::kManagement}}});
  auto exchange = exchange_of();
  exchange.client = {other, request({.opnum = 5})};
  SimRelay run;
  run.policy.mode = Mode::Monitor;
  run.script = whole(exchange.client);
  run.client_leaves_at = run.script.size();
  run.upstreams = {{.answers = exchange.server}};
  run.run();
  EXPECT_EQ(run.session.verdict(), Verdict::Answered);
  EXPECT_EQ(run.session.remark(), Verdict::AssociationGroup) << "the first thing that was wrong";
  EXPECT_EQ(run.upstreams[0].received, run.script);
}

// ---- before and beside the PDUs ------------------------------------------------------------------------------------

TEST(GatewaySession, APrefaceIsTheCallersUntilItIsAdmitted) {
  auto exchange = exchange_of();
  for (size_t piece : {size_t{1}, size_t{20}, SIZE_MAX}) {
    SimRelay run;
    Session session({.buffers = run.buffers, .policy = run.policy, .limits = run.limits}, Content::Preface, run.begin);
    ByteVector script(30, 'P');
    append(script, exchange.client[0]);
    Step step = Step::Continue;
    for (size_t at = 0; at < script.size() && step != Step::Choose;) {
      auto room = session.client_room();
      size_t count = std::min({piece, room.size(), script.size() - at});
      std::copy_n(script.begin() + static_cast<ptrdiff_t>(at), count, room.begin());
      at += count;
      step = session.client_received(count, run.now);
      if (step == Step::Admit && session.preface().size() >= 30) step = session.admit(30, run.now);
    }
    EXPECT_EQ(step, Step::Choose);
    (void)session.abort();
    EXPECT_EQ(run.buffers.taken(), 0u);
  }
}

TEST(GatewaySession, AGreetingGoesBeforeTheBindToEachUpstream) {
  auto exchange = exchange_of();
  SimRelay run;
  run.script = whole(exchange.client);
  ByteVector greeting(28, 'G');
  run.session.set_greeting(greeting);
  run.upstreams = {{.answers = exchange.server}};
  while (run.session.state() != SessionState::Answer) ASSERT_TRUE(run.move());
  EXPECT_EQ(ByteVector(run.session.to_upstream().begin(), run.session.to_upstream().end()), greeting);
  run.act(run.session.upstream_sent(20, run.now));
  EXPECT_EQ(run.session.to_upstream().size(), 8u);
  run.act(run.session.upstream_sent(8, run.now));
  EXPECT_EQ(run.session.to_upstream().size(), exchange.client[0].size());
}

TEST(GatewaySession, AConnectionThatWaitsHoldsNoBuffer) {
  auto exchange = exchange_of();
  SimRelay run;
  run.upstreams = {{.answers = exchange.server}};
  EXPECT_EQ(run.buffers.taken(), 0u);
  (void)run.session.client_room();
  EXPECT_EQ(run.buffers.taken(), 1u);
  run.act(run.session.client_received(0, run.now));  // nothing came
  EXPECT_EQ(run.buffers.taken(), 0u);
  run.script = exchange.client[0];
  while (run.client_received.size() < exchange.server[0].size()) ASSERT_TRUE(run.move());
  EXPECT_EQ(run.session.state(), SessionState::Relay);
  EXPECT_EQ(run.buffers.taken(), 0u) << "bound and idle";
}

TEST(GatewaySession, EveryEventInEveryStateIsHarmless) {
  // Reached states: each prefix of a whole exchange; then all events that a caller may report at any time.
  auto exchange = exchange_of();
  for (int stop = 0; stop < 14; ++stop) {
    for (int event = 0; event < 9; ++event) {
      SimRelay run;
      run.random = SeededRandom(static_cast<uint64_t>(stop) + 1);
      run.script = whole(exchange.client);
      run.upstreams = {{.answers = exchange.server}, {.answers = exchange.server}};
      for (int i = 0; i < stop; ++i)
        (void)(run.move_client_in() || run.move_connect() || run.move_upstream_out() || run.move_upstream_in() ||
               run.move_client_out());
      switch (event) {
        case 0: run.act(run.session.client_closed(run.now)); break;
        case 1: run.act(run.session.upstream_closed(run.now)); break;
        case 2: run.act(run.session.attempt_failed(0, "reset", run.now)); break;
        case 3: run.act(run.session.upstream_connected(0, run.now)); break;
        case 4: run.act(run.session.expired(run.now + 3600s)); break;
        case 5: run.act(run.session.choose({}, run.now)); break;
        case 6: run.act(run.session.upstream_lost("reset", run.now)); break;
        case 7: run.act(run.session.client_lost(run.now)); break;
        case 8: run.act(run.session.refuse(Verdict::Full, run.now)); break;
      }
      EXPECT_FALSE(name_of(run.session.state()).empty());
      run.act(run.session.abort());
      EXPECT_EQ(run.session.deadline(), kNever);
      EXPECT_FALSE(run.session.wants_client() || run.session.wants_upstream());
      EXPECT_TRUE(run.session.to_client().empty() && run.session.to_upstream().empty());
      EXPECT_EQ(run.buffers.taken(), 0u);
    }
  }
}

}  // namespace
}  // namespace ck::gateway
