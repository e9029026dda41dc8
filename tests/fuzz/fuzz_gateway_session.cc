// SPDX-License-Identifier: MIT
// The session's stream of events: each input byte picks what happens next, the bytes after it are what a peer sends or
// how much of it. Whatever happens it must not trap, must not pass on more than it received, and must end in time.
#include <algorithm>
#include <array>
#include <cstdlib>

#include "engine/gateway/session.h"

namespace {

using namespace ck;

struct Input {
  const uint8_t* data;
  size_t size;
  uint8_t byte() {
    if (size == 0) return 0;
    --size;
    return *data++;
  }
  size_t fill(MutableBytes room, size_t count) {
    count = std::min({count, room.size(), size});
    std::copy_n(data, count, room.begin());
    data += count;
    size -= count;
    return count;
  }
};

// A whole PDU of a type and length that the input names, so that the deep states are reached.
size_t make_pdu(Input& input, MutableBytes room) {
  size_t length = 16u + input.byte() + 16u * (input.byte() & 0x7f);
  length = std::min(length, room.size());
  if (length < 16) return 0;
  std::fill_n(room.begin(), length, uint8_t{0});
  ByteWriter out(room);
  out.u8(5).u8(0).u8(input.byte() % 20).u8(input.byte()).u8(0x10).zeros(3);
  out.u8(static_cast<uint8_t>(length)).u8(static_cast<uint8_t>(length >> 8)).u16(0).u32(1);
  return length;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  Input input{data, size};
  static std::array<uint8_t, 2 * gateway::kBufferStride> memory;
  gateway::Buffers buffers(memory);
  gateway::Policy policy = gateway::Policy::standard();
  uint8_t kind = input.byte();
  policy.mode = kind % 5 == 0 ? gateway::Mode::Monitor : kind % 11 == 0 ? gateway::Mode::Learn : gateway::Mode::Enforce;
  policy.alter = kind & 1 ? gateway::Alter::Validated : gateway::Alter::Denied;
  gateway::Limits limits;
  TimePoint begin = from_ms(1000);
  TimePoint now = begin;
  auto first = kind % 7 == 0 ? gateway::Content::Preface : gateway::Content::Pdus;
  gateway::Session session({.buffers = buffers, .policy = policy, .limits = limits}, first, now);
  uint64_t client_in = 0;
  uint64_t client_out = 0;
  uint64_t upstream_in = 0;
  uint64_t upstream_out = 0;  // to the present one

  gateway::Candidates candidates;
  for (unsigned i = input.byte() & 7; i > 0; --i)
    (void)candidates.push_back({.port = 1688, .member = static_cast<uint8_t>(i / 2)});

  while (input.size > 0) {
    auto step = gateway::Step::Continue;
    switch (input.byte() % 14) {
      case 0:
      case 1: {
        if (!session.wants_client()) break;
        auto room = session.client_room();
        size_t count = input.byte() & 1 ? make_pdu(input, room) : input.fill(room, input.byte());
        client_in += count;
        step = session.client_received(count, now);
        break;
      }
      case 2:
      case 3: {
        if (!session.wants_upstream()) break;
        auto room = session.upstream_room();
        size_t count = input.byte() & 1 ? make_pdu(input, room) : input.fill(room, input.byte());
        upstream_in += count;
        step = session.upstream_received(count, now);
        break;
      }
      case 4: {
        size_t count = std::min<size_t>(session.to_client().size(), 1u + input.byte() * 32u);
        client_out += count;
        if (count > 0) step = session.client_sent(count, now);
        break;
      }
      case 5: {
        size_t count = std::min<size_t>(session.to_upstream().size(), 1u + input.byte() * 32u);
        upstream_out += count;
        if (count > 0) step = session.upstream_sent(count, now);
        break;
      }
      case 6: step = session.upstream_connected(input.byte() % gateway::kMaxCandidates, now); break;
      case 7: step = session.upstream_closed(now); break;
      case 8: step = session.attempt_failed(input.byte() % gateway::kMaxCandidates, "reset", now); break;
      case 9: step = session.client_closed(now); break;
      case 10: step = session.upstream_lost("reset", now); break;
      case 11: step = session.refuse(gateway::Verdict::Full, now); break;
      case 12:
      case 13:
        now += Duration(input.byte() * 40);
        if (now >= session.deadline()) step = session.expired(now);
        break;
    }
    if (step == gateway::Step::Admit)
      step = session.admit(std::min<size_t>(input.byte(), session.preface().size()), now);
    if (step == gateway::Step::Choose) step = kind & 2 ? session.enqueue(now) : session.choose(candidates, now);
    while (step == gateway::Step::Connect) {
      upstream_out = 0;
      if (session.attempt_state(session.attempt()) != gateway::AttemptState::Trying) std::abort();
      step = input.byte() & 3 ? gateway::Step::Continue : session.attempt_failed(session.attempt(), "refused", now);
    }
    if (step == gateway::Step::Close && session.state() != gateway::SessionState::Closed) std::abort();
    // At most one refusal is said in an upstream's place; nothing else that it did not send.
    if (client_out > upstream_in + dcerpc::kMaxAnswer || upstream_out > client_in) std::abort();
    if (session.state() == gateway::SessionState::Closed) {
      if (session.verdict() == gateway::Verdict::Open || buffers.taken() != 0) std::abort();
      break;
    }
    for (int turns = 0; now > session.deadline(); ++turns) {
      auto late = session.expired(now);
      while (late == gateway::Step::Connect) late = session.attempt_failed(session.attempt(), "refused", now);
      if (turns > 20) std::abort();
    }
    if (now > begin + limits.session + 2 * limits.linger + 11s && session.state() != gateway::SessionState::Closed)
      std::abort();
  }
  return 0;
}
