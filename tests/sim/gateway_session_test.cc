// SPDX-License-Identifier: MIT
// The session between a simulated client and simulated upstreams, under virtual time: bytes move in pieces of any size
// and in any order, upstreams fail at every byte, clients leave at every byte. Whatever happens, what one side receives
// is a prefix of what the other sent, in whole PDUs, and the session ends within its deadline.
#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <vector>

#include "base/random.h"
#include "engine/gateway/session.h"
#include "support/rpc_bytes.h"

namespace ck::gateway {
namespace {

using dcerpc::PduType;
using test::append;
using test::pdu;
using ByteVector = std::vector<uint8_t>;

// An upstream: after each whole PDU that it received it sends its next answer; it may close after so many bytes
// received or sent.
struct SimUpstream {
  std::vector<ByteVector> answers;
  bool connects = true;
  bool silent = false;
  size_t close_after_received = SIZE_MAX;
  size_t close_after_sent = SIZE_MAX;

  ByteVector received;
  ByteVector outgoing;
  size_t sent = 0;
  size_t parsed = 0;
  size_t answered = 0;

  void take(Bytes bytes) {
    received.insert(received.end(), bytes.begin(), bytes.end());
    while (received.size() - parsed >= dcerpc::kHeaderSize) {
      auto header = dcerpc::parse_header(Bytes(received).subspan(parsed), dcerpc::Direction::FromClient);
      ASSERT_TRUE(header) << "an invalid PDU came through";
      if (received.size() - parsed < header->fragment_length) break;
      parsed += header->fragment_length;
      if (!silent && received.size() < close_after_received && answered < answers.size())
        append(outgoing, answers[answered++]);
    }
  }
  bool is_closed() const { return received.size() >= close_after_received || sent >= close_after_sent; }
};

struct Relay {
  SeededRandom random{1};
  std::array<uint8_t, dcerpc::kMaxFragment> client_buffer{};
  std::array<uint8_t, dcerpc::kMaxFragment> upstream_buffer{};
  TimePoint begin = from_ms(50'000);
  TimePoint now = begin;
  Session session{client_buffer, upstream_buffer, begin};

  ByteVector script;  // what the client sends
  size_t script_sent = 0;
  size_t client_leaves_at = SIZE_MAX;  // closes its sending half after so many bytes
  bool client_closed = false;
  bool client_reads = true;
  ByteVector client_received;

  std::vector<SimUpstream> upstreams;
  std::vector<size_t> tried;
  int present = -1;
  bool connecting = false;
  bool upstream_closed = false;
  size_t piece = SIZE_MAX;  // bytes that move at once, at most

  void act(Step step) {
    if (step == Step::Choose) {
      Candidates candidates;
      for (size_t i = 0; i < upstreams.size(); ++i)
        (void)candidates.push_back(
            {.address = Ipv4Address{0xc0000201}, .port = 1688, .member = static_cast<uint8_t>(i)});
      step = session.choose(candidates, now);
    }
    if (step == Step::Connect) {
      present = session.candidate().member;
      tried.push_back(static_cast<size_t>(present));
      connecting = true;
      upstream_closed = false;
    }
    if (step == Step::Close) EXPECT_EQ(session.state(), SessionState::Closed);
  }
  SimUpstream* upstream() { return present >= 0 ? &upstreams[static_cast<size_t>(present)] : nullptr; }
  size_t some(size_t most) {
    most = std::min(most, piece);
    return piece == SIZE_MAX ? most : 1 + random.below(static_cast<uint32_t>(most));
  }

  bool move_client_in() {
    auto room = session.client_room();
    size_t end = std::min(script.size(), client_leaves_at);
    if (room.empty()) return false;
    if (script_sent < end) {
      size_t count = some(std::min(room.size(), end - script_sent));
      std::copy_n(script.begin() + static_cast<ptrdiff_t>(script_sent), count, room.begin());
      script_sent += count;
      act(session.client_received(count, now));
      return true;
    }
    if (client_closed || client_leaves_at == SIZE_MAX) return false;
    client_closed = true;
    act(session.client_closed(now));
    return true;
  }
  bool move_client_out() {
    Bytes pending = session.to_client();
    if (pending.empty() || !client_reads) return false;
    Bytes part = pending.first(some(pending.size()));
    client_received.insert(client_received.end(), part.begin(), part.end());
    act(session.client_sent(part.size(), now));
    return true;
  }
  bool move_connect() {
    if (!session.is_connecting() || !connecting) return false;
    if (!upstream()->connects) return false;  // lets it wait
    connecting = false;
    act(session.upstream_connected(now));
    return true;
  }
  bool move_upstream_out() {
    Bytes pending = session.to_upstream();
    if (pending.empty()) return false;
    Bytes part = pending.first(some(pending.size()));
    upstream()->take(part);
    act(session.upstream_sent(part.size(), now));
    return true;
  }
  bool move_upstream_in() {
    auto room = session.upstream_room();
    if (room.empty() || upstream_closed) return false;
    SimUpstream& from = *upstream();
    size_t end = std::min(from.outgoing.size(), from.close_after_sent);
    if (from.sent < end) {
      size_t count = some(std::min(room.size(), end - from.sent));
      std::copy_n(from.outgoing.begin() + static_cast<ptrdiff_t>(from.sent), count, room.begin());
      from.sent += count;
      act(session.upstream_received(count, now));
      return true;
    }
    if (!from.is_closed()) return false;
    upstream_closed = true;
    act(session.upstream_closed(now));
    return true;
  }

  // Until the session is closed.
  void run() {
    for (int steps = 0; session.state() != SessionState::Closed; ++steps) {
      ASSERT_LT(steps, 200'000) << "the session does not end";
      bool moved = false;
      uint32_t first = random.below(5);
      for (uint32_t i = 0; i < 5 && !moved && session.state() != SessionState::Closed; ++i) {
        switch ((first + i) % 5) {
          case 0: moved = move_client_in(); break;
          case 1: moved = move_client_out(); break;
          case 2: moved = move_connect(); break;
          case 3: moved = move_upstream_out(); break;
          case 4: moved = move_upstream_in(); break;
        }
      }
      if (moved) continue;
      ASSERT_NE(session.deadline(), kNever) << "waits for ever";
      ASSERT_GE(session.deadline(), now);
      now = session.deadline();
      act(session.expired(now));
    }
    EXPECT_LE(now, begin + kLimits.session);
  }
};

ByteVector whole(const std::vector<ByteVector>& parts) {
  ByteVector all;
  for (const ByteVector& part : parts) append(all, part);
  return all;
}

struct Exchange {
  std::vector<ByteVector> client;
  std::vector<ByteVector> server;
};

Exchange plain(ByteOrder order = ByteOrder::Little) {
  return {{pdu(PduType::Bind, 72, 1, order), pdu(PduType::Request, 260, 2, order)},
          {pdu(PduType::BindAck, 60, 1, order), pdu(PduType::Response, 284, 2, order)}};
}

TEST(GatewaySession, AnyOrderAndSizeOfPiecesGivesTheSameBytes) {
  for (uint64_t seed = 1; seed <= 300; ++seed) {
    Relay run;
    run.random = SeededRandom(seed);
    auto exchange = plain(seed % 2 == 0 ? ByteOrder::Big : ByteOrder::Little);
    if (seed % 3 == 0) {  // larger ones, more of them, and an answer in two fragments
      exchange.client.push_back(pdu(PduType::Request, dcerpc::kMaxFragment, 3));
      exchange.server.push_back(whole({pdu(PduType::Response, 5000, 3, ByteOrder::Little, 1),
                                       pdu(PduType::Response, 900, 3, ByteOrder::Little, 2)}));
    }
    run.script = whole(exchange.client);
    run.client_leaves_at = run.script.size();
    run.upstreams = {{.answers = exchange.server}};
    run.piece = std::array<size_t, 5>{1, 2, 17, 200, SIZE_MAX}[seed % 5];
    run.run();
    EXPECT_EQ(run.session.end(), End::Answered) << seed;
    EXPECT_EQ(run.upstreams[0].received, run.script) << seed;
    EXPECT_EQ(run.client_received, whole(exchange.server)) << seed;
    EXPECT_EQ(run.now, run.begin) << "no deadline was waited for";
  }
}

TEST(GatewaySession, AnUpstreamThatFailsAtAnyByteBeforeItsAnswerIsReplaced) {
  auto exchange = plain();
  for (size_t at = 0; at < exchange.server[0].size(); ++at) {
    for (bool receiving : {true, false}) {
      if (receiving && at > exchange.client[0].size()) continue;
      Relay run;
      run.random = SeededRandom(at + 1);
      run.script = whole(exchange.client);
      run.client_leaves_at = run.script.size();
      run.piece = 1 + at % 40;
      SimUpstream bad{.answers = exchange.server};
      (receiving ? bad.close_after_received : bad.close_after_sent) = at;
      run.upstreams = {bad, {.answers = exchange.server}};
      run.run();
      EXPECT_EQ(run.session.end(), End::Answered) << at;
      EXPECT_EQ(run.tried, (std::vector<size_t>{0, 1}));
      EXPECT_EQ(run.upstreams[1].received, run.script) << "the same bytes";
      EXPECT_EQ(run.client_received, whole(exchange.server)) << "nothing of the first one's";
    }
  }
}

TEST(GatewaySession, AnUpstreamThatFailsAfterItsAnswerEndsTheSessionWithWholePdus) {
  auto exchange = plain();
  size_t total = whole(exchange.server).size();
  for (size_t at = exchange.server[0].size(); at < total; ++at) {
    Relay run;
    run.random = SeededRandom(at);
    run.script = whole(exchange.client);
    run.piece = 1 + at % 50;
    SimUpstream bad{.answers = exchange.server};
    bad.close_after_sent = at;
    run.upstreams = {bad, {.answers = exchange.server}};
    run.run();
    EXPECT_TRUE(run.session.end() == End::UpstreamCut || run.session.end() == End::Unanswered)
        << text_of(run.session.end());
    EXPECT_EQ(run.tried, (std::vector<size_t>{0})) << "too late for another one";
    EXPECT_EQ(run.client_received, exchange.server[0]);
  }
}

TEST(GatewaySession, AClientThatLeavesAtAnyByteEndsIt) {
  auto exchange = plain();
  ByteVector script = whole(exchange.client);
  for (size_t at = 0; at < script.size(); ++at) {
    Relay run;
    run.random = SeededRandom(at + 7);
    run.script = script;
    run.client_leaves_at = at;
    run.piece = 1 + at % 60;
    run.upstreams = {{.answers = exchange.server}};
    run.run();
    End expected = at == 0 ? End::Probe : at < 72 ? End::ClientLeft : End::Unanswered;
    EXPECT_EQ(run.session.end(), expected) << at;
    EXPECT_EQ(run.now, run.begin) << at;
    EXPECT_EQ(run.upstreams[0].received.size(), at < 72 ? 0u : 72u) << "only whole PDUs are passed on";
  }
}

TEST(GatewaySession, ASpoiltByteInAHeaderNeverReachesTheUpstreamAsAnInvalidPdu) {
  auto exchange = plain();
  ByteVector script = whole(exchange.client);
  for (size_t at : {0u, 1u, 2u, 4u, 5u, 6u, 7u, 8u, 9u, 10u, 11u, 72u, 74u, 76u, 80u, 81u, 82u}) {
    for (unsigned bit = 0; bit < 8; ++bit) {
      Relay run;
      run.random = SeededRandom(at * 8 + bit);
      run.script = script;
      run.script[at] ^= static_cast<uint8_t>(1 << bit);
      run.client_leaves_at = script.size();
      run.upstreams = {{.answers = exchange.server}};
      run.run();  // SimUpstream::take() checks each PDU that comes
      EXPECT_NE(run.session.end(), End::Open);
    }
  }
}

// ---- deadlines -----------------------------------------------------------------------------------------------------

TEST(GatewaySession, ASilentClientIsClosedAfterFiveSeconds) {
  Relay run;
  run.upstreams = {{}};
  run.run();
  EXPECT_EQ(run.session.end(), End::ClientSlow);
  EXPECT_EQ(run.now, run.begin + 5s);
}

TEST(GatewaySession, AClientThatTricklesIsClosedFiveSecondsAfterItsFirstByte) {
  Relay run;
  auto bind = pdu(PduType::Bind, 72, 1);
  for (size_t i = 0; run.session.state() == SessionState::Collect; ++i) {
    ASSERT_LT(i, bind.size());
    run.session.client_room()[0] = bind[i];
    run.act(run.session.client_received(1, run.now));
    run.now += 400ms;
    run.act(run.session.expired(run.now));
  }
  EXPECT_EQ(run.session.end(), End::ClientSlow);
  EXPECT_LE(run.now, run.begin + 5s + 400ms);
}

TEST(GatewaySession, UpstreamsThatDoNotConnectAreGivenUpOneByOne) {
  Relay run;
  run.script = pdu(PduType::Bind, 72, 1);
  run.upstreams.resize(3);
  for (SimUpstream& upstream : run.upstreams) upstream.connects = false;
  run.run();
  EXPECT_EQ(run.session.end(), End::UpstreamFailed);
  EXPECT_EQ(run.tried, (std::vector<size_t>{0, 1, 2}));
  EXPECT_EQ(run.now, run.begin + 1s + 1s + 3s);
  EXPECT_EQ(run.session.fault(), "no connection in time");
}

TEST(GatewaySession, AnUpstreamThatSaysNothingIsLeftAfterFiveSecondsWhileThereAreOthers) {
  Relay run;
  auto exchange = plain();
  run.script = whole(exchange.client);
  run.client_leaves_at = run.script.size();
  run.upstreams = {{.silent = true}, {.answers = exchange.server}};
  run.run();
  EXPECT_EQ(run.session.end(), End::Answered);
  EXPECT_EQ(run.now, run.begin + 5s);

  Relay alone;
  alone.script = run.script;
  alone.upstreams = {{.silent = true}};
  alone.run();
  EXPECT_EQ(alone.session.end(), End::UpstreamFailed);
  EXPECT_EQ(alone.now, alone.begin + 20s);
}

TEST(GatewaySession, ACallWithoutAnAnswerEndsAfterTwentySeconds) {
  Relay run;
  auto exchange = plain();
  run.script = whole(exchange.client);
  run.upstreams = {{.answers = {exchange.server[0]}}};
  run.run();
  EXPECT_EQ(run.session.end(), End::CallTimeout);
  EXPECT_EQ(run.now, run.begin + 20s);
}

TEST(GatewaySession, AClientThatDoesNotReadIsEndedWithoutBlamingTheUpstream) {
  for (bool upstream_closes : {false, true}) {
    Relay run;
    auto exchange = plain();
    run.script = whole(exchange.client);
    for (uint32_t call = 3; call < 40; ++call) {
      append(run.script, pdu(PduType::Request, 5000, call));
      exchange.server.push_back(pdu(PduType::Response, 5000, call));
    }
    SimUpstream upstream{.answers = exchange.server};
    if (upstream_closes) upstream.close_after_sent = exchange.server[0].size();
    run.upstreams = {upstream};
    run.client_reads = false;
    run.run();
    EXPECT_TRUE(run.client_received.empty());
    EXPECT_EQ(run.session.end(), End::ClientStuck) << text_of(run.session.end());
    EXPECT_EQ(run.now, run.begin + 20s);
    EXPECT_TRUE(run.session.fault().empty());
  }
}

TEST(GatewaySession, NoSessionIsLongerThanThirtySeconds) {
  Relay run;
  run.script = pdu(PduType::Bind, 72, 1);
  run.upstreams = {{.answers = {pdu(PduType::BindAck, 60, 1)}}};
  run.run();
  EXPECT_EQ(run.session.end(), End::SessionTimeout);
  EXPECT_EQ(run.now, run.begin + 30s);
}

TEST(GatewaySession, WithoutAnUpstreamTheClientIsClosedOnceItsBindIsWhole) {
  Relay run;
  run.script = pdu(PduType::Bind, 72, 1);
  run.run();
  EXPECT_EQ(run.session.end(), End::NoUpstream);
  EXPECT_EQ(run.now, run.begin);
}

// ---- what is not relayed
// ----------------------------------------------------------------------------------------------

TEST(GatewaySession, TheFirstPduIsABindAndOnlyTheFirst) {
  Relay request_first;
  request_first.script = pdu(PduType::Request, 100, 1);
  request_first.upstreams = {{}};
  request_first.run();
  EXPECT_EQ(request_first.session.end(), End::NotABind);
  EXPECT_TRUE(request_first.tried.empty());

  Relay second_bind;
  auto exchange = plain();
  second_bind.script = whole({exchange.client[0], exchange.client[0]});
  second_bind.upstreams = {{.answers = exchange.server}};
  second_bind.run();
  EXPECT_EQ(second_bind.session.end(), End::SecondBind);
  EXPECT_EQ(second_bind.upstreams[0].received, exchange.client[0]);
}

TEST(GatewaySession, ABindIsAnsweredByNothingButAnAnswer) {
  auto exchange = plain();
  for (PduType type : {PduType::Response, PduType::Shutdown, PduType::AlterContextResponse}) {
    Relay run;
    run.script = whole(exchange.client);
    run.client_leaves_at = run.script.size();
    run.upstreams = {{.answers = {pdu(type, 60, 1)}}, {.answers = exchange.server}};
    run.run();
    EXPECT_EQ(run.session.end(), End::Answered);
    EXPECT_EQ(run.tried, (std::vector<size_t>{0, 1}));
  }
  for (PduType type : {PduType::BindNak, PduType::Fault}) {
    Relay run;
    run.script = exchange.client[0];
    run.client_leaves_at = run.script.size();
    run.upstreams = {{.answers = {pdu(type, 60, 1)}}, {.answers = exchange.server}};
    run.run();
    EXPECT_EQ(run.session.end(), End::Unanswered) << dcerpc::name_of(type);
    EXPECT_EQ(run.tried, (std::vector<size_t>{0})) << "a refusal is an answer";
    EXPECT_EQ(run.client_received, pdu(type, 60, 1));
  }
}

TEST(GatewaySession, AnInvalidPduOfAnUpstreamThatHadAnsweredEndsIt) {
  auto exchange = plain();
  Relay run;
  run.script = whole(exchange.client);
  auto bad = exchange.server[1];
  bad[10] = 8;  // auth_length
  run.upstreams = {{.answers = {exchange.server[0], bad}}};
  run.run();
  EXPECT_EQ(run.session.end(), End::UpstreamInvalid);
  EXPECT_EQ(run.session.drop(), dcerpc::Drop::Authenticated);
  EXPECT_EQ(run.client_received, exchange.server[0]);
}

TEST(GatewaySession, AShutdownOfTheServerIsPassedOnAndEndsIt) {
  auto exchange = plain();
  Relay run;
  run.script = whole(exchange.client);
  exchange.server[1] = whole({exchange.server[1], pdu(PduType::Shutdown, 16, 0)});
  run.upstreams = {{.answers = exchange.server}};
  run.run();
  EXPECT_EQ(run.session.end(), End::Answered);
  EXPECT_EQ(run.client_received, whole(exchange.server));
}

TEST(GatewaySession, EveryEventInEveryStateIsHarmless) {
  // Reached states: each prefix of a whole exchange; then all events that a caller may report at any time.
  auto exchange = plain();
  for (int stop = 0; stop < 12; ++stop) {
    for (int event = 0; event < 7; ++event) {
      Relay run;
      run.random = SeededRandom(static_cast<uint64_t>(stop) + 1);
      run.script = whole(exchange.client);
      run.upstreams = {{.answers = exchange.server}, {.answers = exchange.server}};
      for (int i = 0; i < stop; ++i)
        (void)(run.move_client_in() || run.move_connect() || run.move_upstream_out() || run.move_upstream_in() ||
               run.move_client_out());
      switch (event) {
        case 0: run.act(run.session.client_closed(run.now)); break;
        case 1: run.act(run.session.upstream_closed(run.now)); break;
        case 2: run.act(run.session.upstream_failed("reset", run.now)); break;
        case 3: run.act(run.session.upstream_connected(run.now)); break;
        case 4: run.act(run.session.expired(run.now + 3600s)); break;
        case 5: run.act(run.session.choose({}, run.now)); break;
        case 6: run.act(run.session.close(End::Aborted)); break;
      }
      EXPECT_FALSE(name_of(run.session.state()).empty());
      run.act(run.session.close(End::Aborted));
      EXPECT_EQ(run.session.deadline(), kNever);
      EXPECT_TRUE(run.session.client_room().empty() && run.session.upstream_room().empty());
      EXPECT_TRUE(run.session.to_client().empty() && run.session.to_upstream().empty());
    }
  }
}

}  // namespace
}  // namespace ck::gateway
