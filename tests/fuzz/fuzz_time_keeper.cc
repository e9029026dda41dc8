// SPDX-License-Identifier: MIT
// The Keeper against servers that answer anything at any time, some of it with the right nonce: it never asks to set
// the clock to what is absurd, nor more often than questions were answered, and nobody is asked in a hurry for ever.
#include <algorithm>
#include <cstdlib>

#include "engine/time/keeper.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using namespace ck;
  using namespace ck::timekeeping;
  constexpr Micros kYear{31'557'600'000'000};
  constexpr Micros kStart{1'795'615'523'000'000};
  constexpr Bounds kBounds{.earliest = kStart - kYear, .latest = kStart + 50 * kYear};
  SeededRandom random(1);
  Keeper keeper({.bounds = kBounds}, random);
  Servers servers;
  for (uint32_t i = 0; i < kMaxServers; ++i) (void)servers.push_back({.address = Ipv4Address{0xc0000201 + i}});
  Instant at{.now = from_ms(1000), .utc = kStart};
  TimePoint begin = at.now;
  keeper.set_servers(servers, at.now);
  std::array<std::array<uint8_t, sntp::kMessageSize>, kMaxServers> asked{};
  size_t questions = 0;
  size_t answers = 0;
  ByteReader input({data, size});
  while (auto what = input.u8()) {
    while (auto question = keeper.next_question(at)) {
      asked[question->slot] = question->message;
      ++questions;
    }
    size_t slot = *what & 3;
    auto pass = Duration((*what >> 4) * (*what >> 4) * 50);
    at.now += pass;
    at.utc += Micros(pass);
    switch (*what >> 2 & 3) {
      case 0: keeper.expired(at.now); break;
      case 1: keeper.send_failed(slot, "no route", at.now); break;
      case 2: {
        if (auto message = input.take(std::min<size_t>(sntp::kMessageSize, input.remaining())))
          keeper.received(slot, *message, at);
        ++answers;
        break;
      }
      case 3: {  // an answer of the right form: what counts is in the input
        std::array<uint8_t, sntp::kMessageSize> message{};
        Bytes rest = input.take(std::min<size_t>(11, input.remaining())).value_or(Bytes());
        message[0] = 0x24;
        message[1] = 2;
        std::copy_n(asked[slot].begin() + 40, 8, message.begin() + 24);
        if (rest.size() > 2) {
          message[0] = rest[0] & 1 ? 0x24 : rest[0];
          message[1] = rest[1];
          auto time = sntp::to_timestamp(at.utc) + (rest.size() == 11 ? *ByteReader(rest.subspan(3)).u64() : 0);
          ByteWriter(MutableBytes(message).subspan(32)).u64(time).u64(time + (rest[2] & 1));
        }
        keeper.received(slot, message, at);
        ++answers;
        break;
      }
    }
    keeper.expired(at.now);
    if (auto correction = keeper.take_correction()) {
      if (answers == 0) std::abort();
      Micros to = at.utc + correction->offset;
      // Half of the time that the answer took may be added.
      if (to < kBounds.earliest - Micros(10'000'000) || to > kBounds.latest + Micros(10'000'000)) std::abort();
      bool slew = correction->kind == Correction::Kind::Slew;
      if (slew && (correction->offset > Micros(500'000) || correction->offset < Micros(-500'000))) std::abort();
      if (slew) {
        keeper.slewed();
      } else {
        at.utc = to;
        keeper.stepped(correction->offset, at.now);
      }
    }
    while (keeper.take_news()) {
    }
    if (keeper.source() && !keeper.association(*keeper.source()).sample()) std::abort();
  }
  auto seconds = static_cast<size_t>((at.now - begin).count() / 1000);
  if (questions > kMaxServers * (seconds + 2) + answers) std::abort();
  return 0;
}
