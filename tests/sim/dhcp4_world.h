// SPDX-License-Identifier: MIT
// A simulated link for the DHCPv4 client under virtual time: one client, servers, and a network between them that
// loses, repeats and reorders. Messages go through the product's codec as bytes. After every step the invariants are
// checked: only legal edges, no lease in use past its end, no standing still at one moment. The packets of a failed run
// are kept as a pcap file.
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

#include "base/random.h"
#include "engine/dhcp4/client.h"
#include "support/dhcp4_messages.h"
#include "wire/ethernet/udp4.h"

namespace ck::sim {

using dhcp4::State;

constexpr MacAddress kClientMac{{0x52, 0x54, 0, 0x12, 0x34, 0x56}};

// How a server behaves; may be changed while the world runs.
struct Server {
  Ipv4Address address{0xc0000201};  // 192.0.2.1
  Ipv4Address gives{0xc000026b};    // 192.0.2.107
  uint32_t lease_seconds = 3600;
  std::optional<uint32_t> t1;
  std::optional<uint32_t> t2;
  bool online = true;
  bool refuses = false;       // NAK to every REQUEST
  bool mute = false;          // offers, and is silent to every REQUEST
  bool mtu_shy = false;       // silent to what asks for the interface MTU
  bool knows_client = true;   // false: silent to REQUESTs of addresses that it did not give (not authoritative)
  bool authoritative = true;  // NAK to a REQUEST of an address that it does not give
  Duration delay = 2ms;
  unsigned discovers = 0;
  unsigned requests = 0;
};

class World {
 public:
  explicit World(uint64_t seed = 1, const dhcp4::Settings& settings = {.host_name = "sim"})
      : random_(seed), client_random_(seed + 1), client(kClientMac, settings, client_random_) {
    servers.emplace_back();
  }
  ~World() { keep_capture(); }

  // The network's vices, in percent.
  unsigned loss = 0;
  unsigned duplication = 0;
  Duration jitter = 0ms;  // up to that much more delay, each packet by itself: reorders

  void carrier(bool on) {
    carrier_ = on;
    if (on)
      step(dhcp4::CarrierFound{});
    else
      step(dhcp4::CarrierLost{});
  }
  // Something that the owner says.
  void tell(const dhcp4::Event& event) { step(event); }
  // Time passes and nothing is done: a machine that was suspended. Packets on their way are gone.
  void jump(Duration duration) {
    packets_.clear();
    now += duration;
  }
  void run_for(Duration duration) { run_until(now + duration); }
  void run_until(TimePoint end) {
    while (!failed_) {
      TimePoint packet = packets_.empty() ? kNever : packets_.begin()->first;
      TimePoint next = std::min(packet, timer_);
      if (next > end) break;
      if (next > now) now = next;
      if (packet <= timer_) {
        auto deliver = std::move(packets_.begin()->second);
        packets_.erase(packets_.begin());
        deliver();
      } else {
        timer_ = kNever;
        step(dhcp4::TimeReached{});
      }
    }
    now = end;
  }
  // Runs until the client is in `state`; false when that took longer than `limit`.
  bool run_to(State state, Duration limit) {
    TimePoint end = now + limit;
    while (client.state() != state && now < end && !failed_) run_for(1ms);
    return client.state() == state;
  }

  const dhcp4::Lease* lease() const { return client.lease(); }
  TimePoint now = from_ms(1000);
  std::vector<Server> servers;
  unsigned sent = 0;
  unsigned offers = 0;  // OfferLease actions
  unsigned withdrawals = 0;
  std::set<std::pair<State, State>> edges;
  std::vector<TimePoint> send_times;

 private:
  SeededRandom random_;
  SeededRandom client_random_;

 public:
  dhcp4::Client client;

 private:
  bool chance(unsigned percent) { return random_.below(100) < percent; }

  void step(const dhcp4::Event& event) {
    dhcp4::Actions actions = client.step(event, now);
    for (const dhcp4::Action& action : actions.list) {
      if (const auto* send = std::get_if<dhcp4::Send>(&action)) transmit(*send);
      if (const auto* edge = std::get_if<dhcp4::Transition>(&action)) {
        edges.insert({edge->from, edge->to});
        check(is_legal(edge->from, edge->to), "illegal edge");
      }
      if (std::get_if<dhcp4::OfferLease>(&action)) {
        ++offers;
        check(client.lease() != nullptr, "an offer without a lease");
      }
      if (std::get_if<dhcp4::WithdrawLease>(&action)) {
        ++withdrawals;
      }
    }
    timer_ = actions.timer;
    check(client.lease() == nullptr || client.lease()->expires_at > now, "a lease in use past its end");
    standing_ = now == last_step_ ? standing_ + 1 : 0;
    last_step_ = now;
    check(standing_ < 200, "standing still");
  }

  void transmit(const dhcp4::Send& send) {
    ++sent;
    send_times.push_back(now);
    uint8_t buffer[dhcp4::kMaxMessage];
    auto bytes = dhcp4::write_query(send.query, buffer);
    ASSERT_TRUE(bytes.has_value());
    test::ByteVector message(bytes->begin(), bytes->end());
    capture(message, send.query.client, send.to.value_or(Ipv4Address{0xffffffff}), 68, 67);
    if (!carrier_) return;
    for (size_t i = 0; i < servers.size(); ++i)
      if (!send.to || *send.to == servers[i].address)
        travel(servers[i].delay, [this, i, message] { serve(servers[i], message); });
  }

  // A packet on its way: lost, late, twice.
  void travel(Duration delay, std::function<void()> deliver) {
    unsigned copies = chance(duplication) ? 2 : 1;
    for (unsigned copy = 0; copy < copies; ++copy) {
      if (chance(loss)) continue;
      packets_.emplace(now + delay + Duration(random_.between(0, jitter.count())), deliver);
    }
  }

  void serve(Server& server, const test::ByteVector& message) {
    auto query = test::read_query(message);
    ASSERT_TRUE(query.has_value());
    if (!server.online) return;
    const test::ByteVector& asked = query->options[55];
    if (server.mtu_shy && std::find(asked.begin(), asked.end(), 26) != asked.end()) return;
    if (query->type == 1) {
      ++server.discovers;
      answer(server, 2, *query);
      return;
    }
    if (query->type != 3) return;
    ++server.requests;
    auto selected = query->address_option(54);
    if (selected && *selected != server.address) return;  // another server was chosen
    if (server.mute) return;
    Ipv4Address wanted = query->address_option(50).value_or(query->client);
    if (server.refuses || (wanted != server.gives && server.authoritative)) return answer(server, 6, *query);
    if (wanted != server.gives || !server.knows_client) return;
    answer(server, 5, *query);
  }

  void answer(Server& server, uint8_t type, const test::QueryView& query) {
    test::ReplyBytes reply(type, query.transaction, query.mac, type == 6 ? Ipv4Address{} : server.gives);
    reply.option_u32(54, server.address.value);
    if (type != 6) {
      reply.option_u32(51, server.lease_seconds).option_u32(1, 0xffffff00);
      reply.option_addresses(3, {server.address}).option_addresses(6, {server.address}).option_text(15, "example.org");
      if (server.t1) reply.option_u32(58, *server.t1);
      if (server.t2) reply.option_u32(59, *server.t2);
    }
    test::ByteVector bytes = reply.bytes();
    capture(bytes, server.address, server.gives, 67, 68);
    travel(server.delay, [this, bytes] {
      if (!carrier_) return;
      auto parsed = dhcp4::parse_reply(bytes);
      ASSERT_TRUE(parsed.has_value());
      step(dhcp4::Received{*parsed});
    });
  }

  void check(bool holds, const char* what) {
    EXPECT_TRUE(holds) << what << " at " << to_ms(now) << " ms in " << name_of(client.state());
    if (!holds) failed_ = true;
  }

  void capture(const test::ByteVector& payload, Ipv4Address from, Ipv4Address to, uint16_t source,
               uint16_t destination) {
    if (captured_.size() == 500) captured_.pop_front();
    captured_.push_back({now, payload, from, to, source, destination});
  }

  // Raw IPv4 packets (link type 101).
  void keep_capture() {
    if (!::testing::Test::HasFailure()) return;
    const auto* info = ::testing::UnitTest::GetInstance()->current_test_info();
    std::string name = ::testing::TempDir() + info->test_suite_name() + "." + info->name() + ".pcap";
    std::FILE* file = std::fopen(name.c_str(), "wb");
    if (file == nullptr) return;
    auto put = [&](std::initializer_list<uint32_t> words) { std::fwrite(words.begin(), 4, words.size(), file); };
    put({0xa1b2c3d4, 0x00040002, 0, 0, 65535, 101});
    for (const Captured& packet : captured_) {
      uint8_t buffer[2048];
      auto bytes =
          ethernet::write_udp4({packet.from, packet.to, packet.source, packet.destination, packet.payload}, buffer);
      auto ms = static_cast<uint64_t>(to_ms(packet.at));
      auto size = static_cast<uint32_t>(bytes->size());
      put({static_cast<uint32_t>(ms / 1000), static_cast<uint32_t>(ms % 1000 * 1000), size, size});
      std::fwrite(bytes->data(), 1, bytes->size(), file);
    }
    std::fclose(file);
    std::fprintf(stderr, "packets kept in %s\n", name.c_str());
  }

  struct Captured {
    TimePoint at;
    test::ByteVector payload;
    Ipv4Address from;
    Ipv4Address to;
    uint16_t source;
    uint16_t destination;
  };

  bool carrier_ = false;
  bool failed_ = false;
  TimePoint timer_ = kNever;
  TimePoint last_step_ = from_ms(0);
  unsigned standing_ = 0;
  std::multimap<TimePoint, std::function<void()>> packets_;
  std::deque<Captured> captured_;
};

}  // namespace ck::sim
