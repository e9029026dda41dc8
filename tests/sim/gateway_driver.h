// SPDX-License-Identifier: MIT
// A simulated client and simulated upstreams around one gateway session, under virtual time. Bytes move in pieces of
// any size and in any order that the random generator draws.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <vector>

#include "base/random.h"
#include "engine/gateway/session.h"
#include "support/rpc_bytes.h"

namespace ck::test {

// An upstream: after each whole PDU that it received it sends its next answer; it may close after so many bytes
// received or sent.
struct SimUpstream {
  std::vector<ByteVector> answers;
  bool connects = true;
  bool refuses = false;  // the connection fails at once
  bool silent = false;
  size_t close_after_received = SIZE_MAX;
  size_t close_after_sent = SIZE_MAX;
  uint8_t member = 255;  // its own index, unless several addresses belong to one member

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

struct SimRelay {
  SeededRandom random{1};
  gateway::Policy policy = gateway::Policy::standard();
  gateway::Limits limits;
  std::vector<uint8_t> memory = std::vector<uint8_t>(2 * gateway::kBufferStride);
  gateway::Buffers buffers{memory};
  TimePoint begin = from_ms(50'000);
  TimePoint now = begin;
  gateway::Session session{{.buffers = buffers, .policy = policy, .limits = limits}, gateway::Content::Pdus, begin};

  ByteVector script;  // what the client sends
  size_t script_sent = 0;
  size_t client_leaves_at = SIZE_MAX;  // closes its sending half after so many bytes
  bool client_closed = false;
  bool client_reads = true;
  ByteVector client_received;
  bool finished = false;  // our sending half to the client is closed

  std::vector<SimUpstream> upstreams;
  std::vector<size_t> tried;
  std::vector<TimePoint> tried_at;
  std::vector<size_t> connecting;  // attempts under way
  bool upstream_closed = false;
  bool queues = false;      // the host has no place
  size_t piece = SIZE_MAX;  // bytes that move at once, at most

  gateway::Candidates candidates() const {
    gateway::Candidates all;
    for (size_t i = 0; i < upstreams.size(); ++i) {
      auto member = upstreams[i].member == 255 ? static_cast<uint8_t>(i) : upstreams[i].member;
      (void)all.push_back({.address = Ipv4Address{0xc0000201}, .port = 1688, .member = member});
    }
    return all;
  }

  void act(gateway::Step step) {
    using gateway::Step;
    if (step == Step::Choose) step = queues ? session.enqueue(now) : session.choose(candidates(), now);
    while (step == Step::Connect) {
      size_t attempt = session.attempt();
      tried.push_back(attempt);
      tried_at.push_back(now);
      upstream_closed = false;
      if (upstreams[attempt].refuses) {
        step = session.attempt_failed(attempt, "refused", now);
        continue;
      }
      connecting.push_back(attempt);
      step = Step::Continue;
    }
    std::erase_if(connecting, [&](size_t i) {
      return !session.is_connecting() || session.attempt_state(i) != gateway::AttemptState::Trying;
    });
    if (step == Step::Finish) finished = true;
    if (step == Step::Close) {
      EXPECT_EQ(session.state(), gateway::SessionState::Closed);
      EXPECT_EQ(buffers.taken(), 0u) << "a buffer is lost";
    }
  }
  SimUpstream& upstream() {
    for (size_t i = 0; i < upstreams.size(); ++i)
      if (session.attempt_state(i) == gateway::AttemptState::Connected) return upstreams[i];
    ADD_FAILURE() << "no upstream is connected";
    return upstreams[0];
  }
  bool has_upstream() const {
    return session.state() == gateway::SessionState::Answer || session.state() == gateway::SessionState::Relay;
  }
  size_t some(size_t most) {
    most = std::min(most, piece);
    return piece == SIZE_MAX ? most : 1 + random.below(static_cast<uint32_t>(most));
  }

  bool move_client_in() {
    if (!session.wants_client()) return false;
    size_t end = std::min(script.size(), client_leaves_at);
    if (script_sent < end) {
      auto room = session.client_room();
      size_t count = some(std::min(room.size(), end - script_sent));
      std::copy_n(script.begin() + static_cast<ptrdiff_t>(script_sent), count, room.begin());
      script_sent += count;
      act(session.client_received(count, now));
      return true;
    }
    bool leaves = client_leaves_at != SIZE_MAX || finished;
    if (client_closed || !leaves) return false;
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
    for (size_t attempt : connecting) {
      if (!upstreams[attempt].connects) continue;  // lets it wait
      act(session.upstream_connected(attempt, now));
      return true;
    }
    return false;
  }
  bool move_upstream_out() {
    Bytes pending = session.to_upstream();
    if (pending.empty()) return false;
    Bytes part = pending.first(some(pending.size()));
    upstream().take(part);
    act(session.upstream_sent(part.size(), now));
    return true;
  }
  bool move_upstream_in() {
    if (!session.wants_upstream() || upstream_closed) return false;
    SimUpstream& from = upstream();
    size_t end = std::min(from.outgoing.size(), from.close_after_sent);
    if (from.sent < end) {
      auto room = session.upstream_room();
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

  // One thing that can happen now; false when nothing can before the deadline.
  bool move() {
    bool moved = false;
    uint32_t first = random.below(5);
    for (uint32_t i = 0; i < 5 && !moved && session.state() != gateway::SessionState::Closed; ++i) {
      switch ((first + i) % 5) {
        case 0: moved = move_client_in(); break;
        case 1: moved = move_client_out(); break;
        case 2: moved = move_connect(); break;
        case 3: moved = move_upstream_out(); break;
        case 4: moved = move_upstream_in(); break;
      }
    }
    return moved;
  }

  // Until the session is closed.
  void run() {
    for (int steps = 0; session.state() != gateway::SessionState::Closed; ++steps) {
      ASSERT_LT(steps, 200'000) << "the session does not end";
      if (move()) continue;
      ASSERT_NE(session.deadline(), kNever) << "waits for ever";
      ASSERT_GE(session.deadline(), now);
      now = session.deadline();
      act(session.expired(now));
    }
    EXPECT_LE(now, begin + limits.session + 2 * limits.linger);
  }
};

inline ByteVector whole(const std::vector<ByteVector>& parts) {
  ByteVector all;
  for (const ByteVector& part : parts) append(all, part);
  return all;
}

struct Exchange {
  std::vector<ByteVector> client;
  std::vector<ByteVector> server;
};

// bind, bind_ack, and so many calls of `stub` bytes.
inline Exchange exchange_of(ByteOrder order = ByteOrder::Little, uint32_t calls = 1, size_t stub = 250) {
  Exchange exchange{{bind({.order = order})}, {ack({.order = order})}};
  for (uint32_t id = 2; id < 2 + calls; ++id) {
    exchange.client.push_back(request({.order = order, .call_id = id, .stub = stub}));
    exchange.server.push_back(response({.order = order, .call_id = id, .stub = stub + 30}));
  }
  return exchange;
}

// The refusal that a client got: the last PDU it received, which must be whole.
struct Refusal {
  PduType type = PduType::Request;
  uint32_t call_id = 0;
  uint32_t code = 0;  // reason or status
  bool executed_maybe = false;
};
inline std::optional<Refusal> refusal_in(const ByteVector& received) {
  Bytes rest(received);
  std::optional<Refusal> last;
  while (!rest.empty()) {
    auto header = dcerpc::parse_header(rest, dcerpc::Direction::FromServer);
    if (!header || header->fragment_length > rest.size()) {
      ADD_FAILURE() << "the client received half a PDU";
      return std::nullopt;
    }
    Bytes pdu = rest.first(header->fragment_length);
    last.reset();
    if (header->type == PduType::BindNak)
      last = Refusal{header->type, header->call_id, *dcerpc::parse_bind_nak(*header, pdu), false};
    if (header->type == PduType::Fault)
      last = Refusal{header->type, header->call_id, dcerpc::parse_fault(*header, pdu)->status,
                     (header->flags & dcerpc::kDidNotExecute) == 0};
    rest = rest.subspan(header->fragment_length);
  }
  return last;
}

}  // namespace ck::test
