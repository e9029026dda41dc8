// SPDX-License-Identifier: MIT
// The DHCPv4 client's event stream: carrier, time, replies and the owner's word in any order. Bytes choose the event;
// replies are made to fit (right transaction) or not; the first byte makes the settings. After each step: a legal edge,
// a lease only before its end, a timer not beyond it, nothing sent without carrier, and silence after a stop.
#include <cstdint>
#include <cstdlib>

#include "engine/dhcp4/client.h"

namespace {

using namespace ck::dhcp4;  // NOLINT: the fuzzer is about nothing else

constexpr ck::MacAddress kMac{{2, 0, 0, 0, 0, 1}};

void require(bool holds) {
  if (!holds) std::abort();
}

Settings settings_of(uint8_t choice) {
  return {.host_name = "fuzz",
          .rapid_commit = (choice & 1) != 0 ? RapidCommit::Yes : RapidCommit::No,
          .ipv6_only = (choice & 2) != 0 ? Ipv6Only::Yes : Ipv6Only::No};
}

class Run {
 public:
  explicit Run(uint8_t settings) : client_(kMac, settings_of(settings), random_) {}

  void step(const Event& event) {
    bool down = client_.state() == State::Down && !std::holds_alternative<CarrierFound>(event);
    Actions actions = client_.step(event, now_);
    for (const Action& action : actions.list) {
      if (const auto* edge = std::get_if<Transition>(&action)) require(is_legal(edge->from, edge->to));
      if (const auto* send = std::get_if<Send>(&action)) {
        require(!down);
        transaction_ = send->query.transaction;
        uint8_t buffer[kMaxMessage];
        require(write_query(send->query, buffer).has_value());
      }
      if (std::get_if<OfferLease>(&action)) require(client_.lease() != nullptr);
    }
    require(!actions.list.full());
    timer_ = actions.timer;
    const Lease* lease = client_.lease();
    if (std::holds_alternative<Stop>(event))
      require(client_.state() == State::Down && timer_ == ck::kNever && lease == nullptr);
    if (std::holds_alternative<Conflict>(event)) require(lease == nullptr);
    require(lease == nullptr || (lease->expires_at > now_ && timer_ <= lease->expires_at));
  }

  void event(ck::ByteReader& input) {
    auto choice = input.u8();
    switch (*choice % 16) {
      case 0: step(CarrierFound{}); return;
      case 1: step(CarrierLost{}); return;
      case 2:
        if (timer_ != ck::kNever && timer_ > now_) now_ = timer_;
        step(TimeReached{});
        return;
      case 3:
        now_ += std::chrono::milliseconds(static_cast<int64_t>(input.u32().value_or(0)));
        step(TimeReached{});
        return;
      case 4: step(Conflict{}); return;
      case 5: step(Stop{}); return;
      case 6: {
        auto seconds = std::chrono::seconds(static_cast<int64_t>(input.u32().value_or(0)));
        step(Remember{{ck::Ipv4Address{input.u32().value_or(0)}, 24}, now_ + seconds});
        return;
      }
      default: break;
    }
    uint8_t how = input.u8().value_or(0);
    Reply reply{.type = static_cast<MessageType>(*choice / 16 % 10),
                .transaction = transaction_,
                .hardware = kMac,
                .yours = {0xc0000200u + input.u8().value_or(7) % 4},
                .server = ck::Ipv4Address{0xc0000201}};
    reply.lease_seconds = 3600;
    if ((how & 1) != 0) reply.lease_seconds = input.u32().value_or(1);
    if ((how & 2) != 0) reply.renewal_seconds = input.u32().value_or(0);
    if ((how & 4) != 0) reply.rebinding_seconds = input.u32().value_or(0);
    if ((how & 8) != 0) reply.server.reset();
    if ((how & 16) != 0) reply.server = ck::Ipv4Address{0xc00002fe};
    if ((how & 32) != 0) reply.lease_seconds.reset();
    if ((how & 192) == 192) ++reply.transaction;
    if ((how & 192) == 64) reply.rapid_commit = RapidCommit::Yes;
    if ((how & 192) == 128) reply.ipv6_only_seconds = input.u32().value_or(0);
    if (reply.lease_seconds == 0u) reply.lease_seconds.reset();  // the parser lets no such thing through
    step(Received{reply});
  }

 private:
  ck::SeededRandom random_{42};
  Client client_;
  ck::TimePoint now_ = ck::from_ms(1000);
  ck::TimePoint timer_ = ck::kNever;
  uint32_t transaction_ = 0;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  ck::ByteReader input(ck::Bytes(data, size));
  Run run(input.u8().value_or(0));
  while (!input.empty()) run.event(input);
  return 0;
}
