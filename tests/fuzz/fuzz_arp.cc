// SPDX-License-Identifier: MIT
// ARP packets and the engines that live on them: what is read can be written again, and whatever arrives in whatever
// order, addresses stay in their range and no event causes more than a few packets.
#include <cstdint>
#include <cstdlib>

#include "engine/linklocal/client.h"

namespace {

using namespace ck;  // NOLINT: the fuzzer is about nothing else

constexpr MacAddress kOwn{{2, 0, 0, 0, 0, 1}};

void require(bool holds) {
  if (!holds) std::abort();
}

void check_guard(acd::Guard& guard, const acd::Event& event, TimePoint now, TimePoint& timer) {
  acd::Actions actions = guard.step(event, now);
  require(actions.list.size() <= 4);
  for (const acd::Action& action : actions.list)
    if (std::holds_alternative<acd::Conflict>(action)) require(guard.state() == acd::State::Idle);
  require(guard.state() != acd::State::Idle || actions.timer == kNever);
  timer = actions.timer;
}

void check_client(linklocal::Client& client, const linklocal::Event& event, TimePoint now) {
  linklocal::Actions actions = client.step(event, now);
  require(!actions.list.full());
  if (auto address = client.candidate()) require(*address >= linklocal::kFirst && *address <= linklocal::kLast);
  require(client.is_started() || !client.address());
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (auto packet = arp::parse_packet(Bytes(data, size))) {
    uint8_t buffer[arp::kPacketSize];
    auto written = arp::write_packet(*packet, buffer);
    require(written && arp::parse_packet(*written) == *packet);
  }
  SeededRandom random(1);
  acd::Guard guard(kOwn, random);
  linklocal::Client client(kOwn, random);
  TimePoint now = from_ms(1000);
  TimePoint timer = kNever;
  bool kept = false;  // the guard's address is never given up
  ByteReader input(Bytes(data, size));
  while (auto choice = input.u8()) {
    Ipv4Address address{0xc0000200u + *choice / 16 % 2};
    arp::Packet packet = arp::announcement({{2, 0, 0, 0, 0, static_cast<uint8_t>(input.u8().value_or(9))}},
                                           client.candidate().value_or(address));
    if ((*choice & 0x80) != 0) packet.sender = address;
    if ((*choice & 0x40) != 0) packet = arp::probe(packet.sender_mac, packet.sender);
    switch (*choice % 8) {
      case 0: {
        acd::Use use = (*choice & 0x20) != 0 ? acd::Use::Always : acd::Use::AtOnce;
        if (guard.address() != address) kept = use == acd::Use::Always;
        check_guard(guard, acd::Claim{address, use}, now, timer);
        break;
      }
      case 1:
        if (guard.address() != address) kept = false;
        check_guard(guard, acd::Claim{address, acd::Use::AfterProbing}, now, timer);
        break;
      case 2:
        check_guard(guard, acd::Abandon{}, now, timer);
        check_client(client, linklocal::Stop{}, now);
        break;
      case 3:
        check_guard(guard, acd::LinkFound{}, now, timer);
        check_client(client, linklocal::LinkFound{}, now);
        break;
      case 4:
        check_guard(guard, acd::LinkLost{}, now, timer);
        check_client(client, linklocal::LinkLost{}, now);
        break;
      case 5:
        now += Duration(input.u16().value_or(0));
        check_guard(guard, acd::TimeReached{}, now, timer);
        check_client(client, linklocal::TimeReached{}, now);
        break;
      case 6:
        kept = kept && guard.address().has_value();
        check_guard(guard, acd::Received{packet}, now, timer);
        require(!kept || guard.address().has_value());
        check_client(client, linklocal::Received{packet}, now);
        break;
      case 7: check_client(client, linklocal::Start{}, now); break;
      default: break;
    }
  }
  return 0;
}
