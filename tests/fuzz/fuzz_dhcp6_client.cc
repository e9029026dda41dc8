// SPDX-License-Identifier: MIT
// The DHCPv6 client's event stream: link, modes, time, refused addresses and servers' messages in any order. Bytes
// choose the event; messages are made to fit (right transaction, right identifiers) or not, or come raw from the input.
// After each step: a legal edge, no address beyond its end, never a Solicit while no router calls for addresses, a
// Reconfigure followed only when its server's key made it, time that goes on, and no more packets than 14.1 lets pass.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <vector>

#include "base/hmac_md5.h"
#include "engine/dhcp6/client.h"
#include "support/dhcp6_messages.h"
#include "wire/dhcp6/duid.h"

namespace {

using namespace ck::dhcp6;  // NOLINT: the fuzzer is about nothing else
using ck::test::ByteVector;
using ck::test::Options6;

constexpr ck::MacAddress kMac{{2, 0, 0, 0, 0, 0x11}};
constexpr uint32_t kIaid = 0x11;
constexpr uint8_t kKeyByte = 0x6b;

void require(bool holds) {
  if (!holds) std::abort();
}

ByteVector bytes_of(const Duid& duid) { return {duid.begin(), duid.end()}; }

class Run {
 public:
  explicit Run(uint8_t how)
      : client_({.duid = duid_of(kMac),
                 .iaid = kIaid,
                 .rapid_commit = (how & 1) != 0 ? RapidCommit::Yes : RapidCommit::No,
                 .reconfigure = (how & 2) != 0 ? Reconfigure::Accept : Reconfigure::Refuse},
                random_) {}

  void step(const Event& event) {
    Actions actions = client_.step(event, now_);
    require(!actions.list.full());
    for (const Action& action : actions.list) {
      if (const auto* edge = std::get_if<Transition>(&action)) {
        require(is_legal(edge->from, edge->to));
        if (edge->reason == Reason::Reconfigured) require(believable_);
      }
      if (const auto* send = std::get_if<Send>(&action)) check(send->query);
      if (std::get_if<OfferLease>(&action)) offered_ = true;
      if (std::get_if<WithdrawLease>(&action)) offered_ = false;
    }
    if (client_.state() == State::Stopped) offered_ = false;  // whoever stopped it knows
    require(offered_ == (client_.lease() != nullptr));
    timer_ = actions.timer;
    if (const Lease* lease = client_.lease()) {
      require(!lease->addresses.empty() && lease->renew_at <= lease->rebind_at &&
              lease->rebind_at <= lease->expires_at);
      for (const LeasedAddress& one : lease->addresses) {
        require(one.valid_until > now_ && one.preferred_until <= one.valid_until);
        require(timer_ <= one.valid_until);
      }
      require(client_.information() == &lease->information);
    }
    if (client_.state() == State::Idle || client_.state() == State::Stopped) require(timer_ == ck::kNever);
  }

  void check(const Query& query) {
    transaction_ = query.transaction;
    require(++sent_ <= 20 + (now_ - ck::from_ms(0)) / std::chrono::seconds(1));
    require(query.type != MessageType::Solicit || client_.mode() == Mode::Stateful);
    require(query.iaid.has_value() == (query.type != MessageType::InformationRequest));
    uint8_t buffer[kMaxQuery];
    auto bytes = write_query(query, buffer);
    require(bytes && ck::test::read_query6(*bytes).has_value());
  }

  void event(ck::ByteReader& input) {
    auto choice = input.u8();
    switch (*choice % 16) {
      case 0: step(LinkFound{}); return;
      case 1: step(LinkLost{}); return;
      case 2: step(SetMode{static_cast<Mode>(*choice / 16 % 3)}); return;
      case 3: step(AddressRefused{address(input.u8().value_or(0))}); return;
      case 4:
        now_ += std::chrono::milliseconds(static_cast<int64_t>(input.u32().value_or(0)));
        reach_time();
        return;
      case 5:
        if (*choice == 0xf5) step(Stop{});
        return;
      case 6: raw(input); return;
      case 7: reconfigure(input); return;
      case 8:
      case 9:
      case 10:
        if (timer_ != ck::kNever && timer_ > now_) now_ = timer_;
        reach_time();
        return;
      default: reply(*choice / 16, input); return;
    }
  }

 private:
  // What is due at this moment is soon done: the client does not stand still.
  void reach_time() {
    for (int i = 0; i < 4; ++i) {
      step(TimeReached{});
      if (timer_ > now_) return;
    }
    require(false);
  }

  static ck::Ipv6Address address(uint8_t last) {
    ck::Ipv6Address address = ck::test::ip6("2001:db8::");
    address.octets[15] = last % 6;
    return address;
  }

  void receive(const ByteVector& bytes) {
    auto parsed = parse_reply(bytes);
    if (parsed) step(Received{*parsed, ck::test::ip6("fe80::1")});
  }

  void raw(ck::ByteReader& input) {
    auto bytes = input.take(input.u8().value_or(0) % 64);
    if (bytes) receive(ByteVector(bytes->begin(), bytes->end()));
  }

  void reply(unsigned kind, ck::ByteReader& input) {
    uint8_t how = input.u8().value_or(0);
    uint8_t more = input.u8().value_or(0);
    Options6 options;
    if ((how & 0x0f) != 1) options.option(1, bytes_of(duid_of(kMac)));
    uint8_t server = (how & 0x0f) == 2 ? 9 : 1;
    if ((how & 0x0f) != 3) options.option(2, {0, 3, 0, 1, 2, 0, 0, 0, 0, server});
    Options6 inner;
    for (unsigned i = 0; i < more % 6u; ++i) {
      uint32_t preferred = (how & 0x10) != 0 ? input.u32().value_or(0) : 100;
      uint32_t valid = (how & 0x10) != 0 ? input.u32().value_or(0) : 200;
      inner.address(address(input.u8().value_or(0)), preferred, valid);
    }
    if ((how & 0x20) != 0) inner.status(input.u8().value_or(0) % 7);
    uint32_t t1 = (how & 0x40) != 0 ? input.u32().value_or(0) : 0;
    uint32_t t2 = (how & 0x40) != 0 ? input.u32().value_or(0) : 0;
    options.association((how & 0x0f) == 4 ? kIaid + 1 : kIaid, t1, t2, inner);
    if ((more & 0x08) != 0) options.option(14, {});
    if ((more & 0x10) != 0) options.option(7, {input.u8().value_or(0)});
    if ((more & 0x20) != 0) options.option_u32(32, input.u32().value_or(0));
    if ((more & 0x40) != 0) options.option_u32(82, input.u32().value_or(0)).option_u32(83, input.u32().value_or(0));
    if ((more & 0x80) != 0 && server == 1)
      options.authentication(counter_, 1, ByteVector(ck::dhcp6::kKeySize, kKeyByte));
    uint32_t transaction = (how & 0x0f) == 5 ? transaction_ + 1 : transaction_;
    receive(ck::test::message6(kind % 3 == 0 ? 2 : 7, transaction & 0xffffff, options));
  }

  void reconfigure(ck::ByteReader& input) {
    uint8_t how = input.u8().value_or(0);
    constexpr uint8_t kTypes[] = {5, 6, 11, 1};
    Options6 options;
    options.option(1, bytes_of(duid_of(kMac))).option(2, {0, 3, 0, 1, 2, 0, 0, 0, 0, 1});
    options.option(19, {kTypes[how % 4]});
    bool forged = (how & 0x04) != 0;
    bool old = (how & 0x08) != 0;
    if (!old) ++counter_;
    options.authentication(old ? 0 : counter_, 2, ByteVector(16, 0));
    ByteVector bytes = ck::test::message6(10, 0, options);
    ByteVector key(16, forged ? uint8_t{0} : kKeyByte);
    ck::HmacMd5 hmac(key);
    hmac.update(bytes);
    ck::Md5Digest digest = hmac.finish();
    std::copy(digest.begin(), digest.end(), bytes.end() - 16);
    believable_ = !forged && !old;
    receive(bytes);
    believable_ = false;
  }

  ck::SeededRandom random_{42};
  Client client_;
  ck::TimePoint now_ = ck::from_ms(1000);
  ck::TimePoint timer_ = ck::kNever;
  uint32_t transaction_ = 0;
  uint64_t counter_ = 1;
  int64_t sent_ = 0;
  bool believable_ = false;
  bool offered_ = false;
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  ck::ByteReader input(ck::Bytes(data, size));
  Run run(input.u8().value_or(0));
  while (!input.empty()) run.event(input);
  return 0;
}
