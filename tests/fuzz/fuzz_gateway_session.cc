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
  std::array<uint8_t, dcerpc::kMaxFragment> client_buffer{};
  std::array<uint8_t, dcerpc::kMaxFragment> upstream_buffer{};
  TimePoint begin = from_ms(1000);
  TimePoint now = begin;
  gateway::Session session(client_buffer, upstream_buffer, now);
  uint64_t client_in = 0;
  uint64_t client_out = 0;
  uint64_t upstream_in = 0;
  uint64_t upstream_out = 0;  // to the present one

  gateway::Candidates candidates;
  for (unsigned i = input.byte() & 3; i > 0; --i)
    (void)candidates.push_back({.port = 1688, .member = static_cast<uint8_t>(i)});

  while (input.size > 0) {
    auto step = gateway::Step::Continue;
    switch (input.byte() % 12) {
      case 0:
      case 1: {
        auto room = session.client_room();
        size_t count = input.byte() & 1 ? make_pdu(input, room) : input.fill(room, input.byte());
        client_in += count;
        if (count > 0) step = session.client_received(count, now);
        break;
      }
      case 2:
      case 3: {
        auto room = session.upstream_room();
        size_t count = input.byte() & 1 ? make_pdu(input, room) : input.fill(room, input.byte());
        upstream_in += count;
        if (count > 0) step = session.upstream_received(count, now);
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
      case 6: step = session.upstream_connected(now); break;
      case 7: step = session.upstream_closed(now); break;
      case 8: step = session.upstream_failed("reset", now); break;
      case 9: step = session.client_closed(now); break;
      case 10:
      case 11:
        now += Duration(input.byte() * 40);
        if (now >= session.deadline()) step = session.expired(now);
        break;
    }
    if (step == gateway::Step::Choose) step = session.choose(candidates, now);
    if (step == gateway::Step::Close && session.state() != gateway::SessionState::Closed) std::abort();
    if (step == gateway::Step::Connect) upstream_out = 0;
    if (client_out > upstream_in || upstream_out > client_in) std::abort();
    if (session.state() == gateway::SessionState::Closed) {
      if (session.end() == gateway::End::Open) std::abort();
      break;
    }
    if (now > session.deadline() && session.expired(now) == gateway::Step::Continue) std::abort();
    if (now > begin + gateway::kLimits.session && session.state() != gateway::SessionState::Closed) std::abort();
  }
  return 0;
}
