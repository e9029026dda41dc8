// SPDX-License-Identifier: MIT
// A simulated link for the DHCPv6 client under virtual time: one client, servers, and a network between them that
// loses, repeats and reorders. Messages go through the product's codec as bytes. After every step the invariants are
// checked: only legal edges, no address in use past its end, no standing still at one moment. The packets of a failed
// run are kept as a pcap file.
#pragma once

#include <gtest/gtest.h>

#include <algorithm>
#include <cstdio>
#include <deque>
#include <functional>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "base/hmac_md5.h"
#include "base/random.h"
#include "engine/dhcp6/client.h"
#include "support/dhcp6_messages.h"
#include "wire/dhcp6/duid.h"

namespace ck::sim {

constexpr MacAddress kClient6Mac{{0x52, 0x54, 0, 0x12, 0x34, 0x56}};

// How a server behaves; may be changed while the world runs.
struct Server6 {
  uint8_t number = 1;  // makes its DUID and its link-local address
  std::vector<Ipv6Address> gives = {test::ip6("2001:db8:1::100")};
  uint32_t preferred_seconds = 3600;
  uint32_t valid_seconds = 7200;
  uint32_t t1 = 0;
  uint32_t t2 = 0;
  std::optional<uint8_t> preference;
  std::optional<uint32_t> sol_max_rt;
  std::optional<uint32_t> inf_max_rt;
  std::optional<uint32_t> refresh_seconds;
  bool online = true;
  bool rapid = false;           // commits at once when asked to
  bool knows_client = true;     // false: NoBinding to Renew and Rebind
  bool on_link = true;          // false: NotOnLink to Confirm
  uint16_t request_status = 0;  // to Requests: a failure instead of a lease
  uint16_t solicit_status = 0;  // to Solicits
  uint16_t status = 0;          // to everything
  bool gives_new_after_decline = true;
  std::optional<uint8_t> key;  // of Reconfigure, 16 times this byte
  uint64_t counter = 100;
  Duration delay = 2ms;
  std::map<uint8_t, unsigned> heard;  // by message type

  test::ByteVector duid() const { return {0, 3, 0, 1, 2, 0, 0, 0, 0, number}; }
  Ipv6Address address() const {
    Ipv6Address address = test::ip6("fe80::1:0");
    address.octets[15] = number;
    return address;
  }
  dhcp6::Duid client_side_duid() const { return dhcp6::duid_of(MacAddress{{2, 0, 0, 0, 0, number}}); }
};

class World6 {
 public:
  explicit World6(uint64_t seed = 1, dhcp6::RapidCommit rapid = dhcp6::RapidCommit::Yes,
                  dhcp6::Reconfigure reconfigure = dhcp6::Reconfigure::Refuse)
      : random_(seed),
        client_random_(seed + 1),
        client({.duid = dhcp6::duid_of(kClient6Mac),
                .iaid = dhcp6::iaid_of(kClient6Mac),
                .rapid_commit = rapid,
                .reconfigure = reconfigure},
               client_random_) {
    servers.emplace_back();
  }
  ~World6() { keep_capture(); }

  // The network's vices, in percent.
  unsigned loss = 0;
  unsigned duplication = 0;
  Duration jitter = 0ms;  // up to that much more delay, each packet by itself: reorders

  void link(bool on) {
    link_ = on;
    if (on)
      step(dhcp6::LinkFound{});
    else
      step(dhcp6::LinkLost{});
  }
  void mode(dhcp6::Mode mode) { step(dhcp6::SetMode{mode}); }
  void begin(dhcp6::Mode what = dhcp6::Mode::Stateful) {
    mode(what);
    link(true);
  }
  void refuse(const Ipv6Address& address) { step(dhcp6::AddressRefused{address}); }
  void stop() { step(dhcp6::Stop{}); }
  void jump(Duration duration) {  // a suspended machine: nothing happened meanwhile
    now += duration;
    step(dhcp6::TimeReached{});
  }

  // A Reconfigure from a server, as its key makes it; `spoil` may change the finished bytes.
  void reconfigure(Server6& server, uint8_t type, const std::function<void(test::ByteVector&)>& spoil = {}) {
    ++server.counter;
    test::Options6 options;
    options.option(1, client_duid()).option(2, server.duid()).option(19, {type});
    options.authentication(server.counter, 2, test::ByteVector(16, 0));
    test::ByteVector bytes = test::message6(10, 0, options);
    test::ByteVector key(16, server.key.value_or(0));
    HmacMd5 hmac(key);
    hmac.update(bytes);
    Md5Digest digest = hmac.finish();
    std::copy(digest.begin(), digest.end(), bytes.end() - 16);
    if (spoil) spoil(bytes);
    receive(bytes, server.address());
  }

  void run_for(Duration duration) { run_until(now + duration); }
  void run_until(TimePoint end) {
    while (!failed_) {
      if (next() > end) break;
      now = std::max(now, next());
      if (!packets_.empty() && packets_.begin()->first <= timer_) {
        auto deliver = std::move(packets_.begin()->second);
        packets_.erase(packets_.begin());
        deliver();
      } else {
        timer_ = kNever;
        step(dhcp6::TimeReached{});
      }
    }
    now = end;
  }
  // Runs until the client is in `state`; false when that took longer than `limit`.
  bool run_to(dhcp6::State state, Duration limit) {
    TimePoint end = now + limit;
    while (client.state() != state && now < end && !failed_) run_until(std::min(end, std::max(next(), now)));
    return client.state() == state;
  }

  const dhcp6::Lease* lease() const { return client.lease(); }
  unsigned sent_of(uint8_t type) const {
    return static_cast<unsigned>(
        std::count_if(sent.begin(), sent.end(), [&](const Sent& s) { return s.type == type; }));
  }

  struct Sent {
    TimePoint at;
    uint8_t type;
    uint32_t transaction;
  };
  TimePoint now = from_ms(1000);
  std::vector<Server6> servers;
  std::vector<Sent> sent;
  unsigned offers = 0;
  unsigned withdrawals = 0;
  unsigned informations = 0;
  std::set<std::pair<dhcp6::State, dhcp6::State>> edges;
  test::Query6View last;

 private:
  SeededRandom random_;
  SeededRandom client_random_;

 public:
  dhcp6::Client client;

 private:
  TimePoint next() const { return packets_.empty() ? timer_ : std::min(packets_.begin()->first, timer_); }
  bool chance(unsigned percent) { return random_.below(100) < percent; }

  static test::ByteVector client_duid() {
    test::ByteVector duid = {0, 3, 0, 1};
    duid.insert(duid.end(), kClient6Mac.octets.begin(), kClient6Mac.octets.end());
    return duid;
  }

  void step(const dhcp6::Event& event) {
    dhcp6::Actions actions = client.step(event, now);
    check(!actions.list.full(), "too many actions at once");
    for (const dhcp6::Action& action : actions.list) {
      if (const auto* send = std::get_if<dhcp6::Send>(&action)) transmit(*send);
      if (const auto* edge = std::get_if<dhcp6::Transition>(&action)) {
        edges.insert({edge->from, edge->to});
        check(is_legal(edge->from, edge->to), "illegal edge");
      }
      if (std::get_if<dhcp6::OfferLease>(&action)) ++offers;
      if (std::get_if<dhcp6::WithdrawLease>(&action)) ++withdrawals;
      if (std::get_if<dhcp6::OfferInformation>(&action)) ++informations;
    }
    timer_ = actions.timer;
    if (const dhcp6::Lease* lease = client.lease()) {
      check(!lease->addresses.empty(), "a lease without addresses");
      check(lease->renew_at <= lease->rebind_at && lease->rebind_at <= lease->expires_at, "times out of order");
      for (const auto& one : lease->addresses) check(one.valid_until > now, "an address in use past its end");
    }
    standing_ = now == last_step_ ? standing_ + 1 : 0;
    last_step_ = now;
    check(standing_ < 200, "standing still");
  }

  void transmit(const dhcp6::Send& send) {
    uint8_t buffer[dhcp6::kMaxQuery];
    auto bytes = dhcp6::write_query(send.query, buffer);
    ASSERT_TRUE(bytes.has_value());
    test::ByteVector message(bytes->begin(), bytes->end());
    auto query = test::read_query6(message);
    ASSERT_TRUE(query.has_value());
    last = *query;
    sent.push_back({now, query->type, query->transaction});
    capture(message, test::ip6("fe80::c"), test::ip6("ff02::1:2"), 547);
    if (!link_) return;
    for (size_t i = 0; i < servers.size(); ++i)
      travel(servers[i].delay, [this, i, view = *query] { serve(servers[i], view); });
  }

  // A packet on its way: lost, late, twice.
  void travel(Duration delay, const std::function<void()>& deliver) {
    unsigned copies = chance(duplication) ? 2 : 1;
    for (unsigned copy = 0; copy < copies; ++copy) {
      if (chance(loss)) continue;
      packets_.emplace(now + delay + Duration(random_.between(0, jitter.count())), deliver);
    }
  }

  void serve(Server6& server, test::Query6View query) {
    if (!server.online) return;
    if (query.has(2) && query.options[2] != server.duid()) return;
    ++server.heard[query.type];
    test::Options6 options;
    options.option(1, query.options[1]).option(2, server.duid());
    options.option_addresses(23, {test::ip6("2001:db8::53")});
    if (server.sol_max_rt) options.option_u32(82, *server.sol_max_rt);
    if (server.inf_max_rt) options.option_u32(83, *server.inf_max_rt);
    uint8_t type = 7;
    switch (query.type) {
      case 1:
        if (server.solicit_status != 0)
          put_lease(server, query, server.solicit_status, options);
        else
          put_lease(server, query, server.status, options);
        if (server.preference) options.option(7, {*server.preference});
        if (server.rapid && query.has(14))
          options.option(14, {});
        else
          type = 2;
        break;
      case 3: put_lease(server, query, server.status != 0 ? server.status : server.request_status, options); break;
      case 5:
      case 6:
        put_lease(server, query, server.status != 0 ? server.status : server.knows_client ? 0 : 3, options);
        break;
      case 4: options.status(server.on_link ? 0 : 4); break;
      case 9:
        if (server.gives_new_after_decline)
          for (Ipv6Address& address : server.gives) ++address.octets[15];
        options.status(0);
        break;
      case 8: options.status(0); break;
      case 11:
        if (server.refresh_seconds) options.option_u32(32, *server.refresh_seconds);
        if (server.status != 0) options.status(server.status);
        break;
      default: return;
    }
    if (server.key && query.has(20)) options.authentication(server.counter, 1, test::ByteVector(16, *server.key));
    test::ByteVector bytes = test::message6(type, query.transaction, options);
    travel(server.delay, [this, bytes, from = server.address()] {
      if (link_) receive(bytes, from);
    });
  }

  static void put_lease(const Server6& server, const test::Query6View& query, uint16_t status,
                        test::Options6& options) {
    test::Options6 inner;
    if (status != 0) {
      inner.status(status, "no");
    } else {
      for (const Ipv6Address& address : server.gives)
        inner.address(address, server.preferred_seconds, server.valid_seconds);
    }
    options.association(query.iaid, server.t1, server.t2, inner);
  }

  void receive(const test::ByteVector& bytes, const Ipv6Address& from) {
    capture(bytes, from, test::ip6("fe80::c"), 546);
    auto parsed = dhcp6::parse_reply(bytes);
    ASSERT_TRUE(parsed.has_value());
    step(dhcp6::Received{*parsed, from});
  }

  void check(bool holds, const char* what) {
    if (failed_) return;
    EXPECT_TRUE(holds) << what << " at " << to_ms(now) << " ms in " << name_of(client.state());
    if (!holds) failed_ = true;
  }

  // As raw IPv6 packets; nothing checks their checksum.
  void capture(const test::ByteVector& payload, const Ipv6Address& from, const Ipv6Address& to, uint16_t port) {
    test::ByteVector packet = {0x60, 0, 0, 0};
    auto size = static_cast<uint16_t>(payload.size() + 8);
    test::append_u16(packet, size);
    packet.insert(packet.end(), {17, 1});
    test::append(packet, from);
    test::append(packet, to);
    test::append_u16(packet, port == 547 ? 546 : 547);
    test::append_u16(packet, port);
    test::append_u16(packet, size);
    test::append_u16(packet, 0);
    test::append(packet, payload);
    if (captured_.size() == 500) captured_.pop_front();
    captured_.emplace_back(now, packet);
  }

  void keep_capture() {
    if (!::testing::Test::HasFailure()) return;
    const auto* info = ::testing::UnitTest::GetInstance()->current_test_info();
    std::string name = ::testing::TempDir() + info->test_suite_name() + "." + info->name() + ".pcap";
    std::FILE* file = std::fopen(name.c_str(), "wb");
    if (file == nullptr) return;
    auto put = [&](std::initializer_list<uint32_t> words) { std::fwrite(words.begin(), 4, words.size(), file); };
    put({0xa1b2c3d4, 0x00040002, 0, 0, 65535, 101});
    for (const auto& [at, packet] : captured_) {
      auto ms = static_cast<uint64_t>(to_ms(at));
      auto size = static_cast<uint32_t>(packet.size());
      put({static_cast<uint32_t>(ms / 1000), static_cast<uint32_t>(ms % 1000 * 1000), size, size});
      std::fwrite(packet.data(), 1, packet.size(), file);
    }
    std::fclose(file);
    std::fprintf(stderr, "packets kept in %s\n", name.c_str());
  }

  std::deque<std::pair<TimePoint, test::ByteVector>> captured_;
  bool link_ = false;
  bool failed_ = false;
  TimePoint timer_ = kNever;
  TimePoint last_step_ = from_ms(0);
  unsigned standing_ = 0;
  std::multimap<TimePoint, std::function<void()>> packets_;
};

}  // namespace ck::sim
