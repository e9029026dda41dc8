// SPDX-License-Identifier: MIT
// Machines that want the same address at the same moment (RFC 5227 2.1.1): by the book all of them give it up. What
// must not be is that they do so in step for ever. Each machine is a DHCPv4 client and the guard of its lease, joined
// as netd joins them; the link-local pair is two of linklocal::Client.
#include <gtest/gtest.h>

#include <deque>
#include <functional>
#include <map>
#include <optional>
#include <set>
#include <vector>

#include "engine/acd/guard.h"
#include "engine/dhcp4/client.h"
#include "engine/linklocal/client.h"

namespace ck::acd {
namespace {

constexpr Ipv4Address kServer{0xc0000201};  // 192.0.2.1
constexpr Ipv4Address kFirst{0xc000026b};   // 192.0.2.107

MacAddress mac_of(uint8_t number) { return {{0x52, 0x54, 0, 0, 0, number}}; }

// What the server does when an address was declined.
enum class Server : uint8_t { GivesAnother, Insists };

class Office {
 public:
  struct Machine {
    Machine(uint8_t number, uint64_t seed, Office& office)
        : own(mac_of(number)),
          random(seed * 256 + number),
          client(own, {.host_name = "pair"}, random),
          guard(own, random),
          office(office) {}

    void tell(const dhcp4::Event& event) {
      dhcp4::Actions actions = client.step(event, office.now);
      client_timer = actions.timer;
      for (const dhcp4::Action& action : actions.list) {
        if (const auto* send = std::get_if<dhcp4::Send>(&action)) office.serve(*this, send->query);
        if (std::holds_alternative<dhcp4::OfferLease>(action)) {
          ++offers;
          step(Claim{client.lease()->address.address.v4, Use::AtOnce});
        }
        if (std::holds_alternative<dhcp4::WithdrawLease>(action)) step(Abandon{});
      }
    }
    void step(const Event& event) {
      Actions actions = guard.step(event, office.now);
      guard_timer = actions.timer;
      bool lost = false;
      for (const Action& action : actions.list) {
        if (const auto* send = std::get_if<Send>(&action)) office.carry(*this, send->packet);
        lost |= std::holds_alternative<Conflict>(action);
      }
      if (!lost) return;
      conflicts.push_back(office.now);
      tell(dhcp4::Conflict{});
    }
    void hear(const arp::Packet& packet) {
      bool asked = packet.operation == arp::Operation::Request && client.lease() != nullptr &&
                   packet.target == client.lease()->address.address.v4 && packet.sender != packet.target;
      // The kernel's answer, to the one who asks.
      if (asked) office.answer(packet.sender_mac, {arp::Operation::Reply, own, packet.target, packet.sender_mac, {}});
      step(Received{packet});
    }
    std::optional<Ipv4Address> address() const {
      if (client.lease() == nullptr) return std::nullopt;
      return client.lease()->address.address.v4;
    }

    MacAddress own;
    SeededRandom random;
    dhcp4::Client client;
    Guard guard;
    Office& office;
    TimePoint client_timer = kNever;
    TimePoint guard_timer = kNever;
    std::vector<TimePoint> conflicts;
    unsigned offers = 0;
  };

  Office(Server server, uint64_t seed) : server_(server) {
    for (uint8_t number = 1; number <= 2; ++number) machines.emplace_back(number, seed, *this);
  }

  // All machines are switched on at the same moment.
  void start() {
    for (Machine& machine : machines) {
      machine.step(LinkFound{});
      machine.tell(dhcp4::CarrierFound{});
    }
  }
  void run_for(Duration duration) {
    TimePoint end = now + duration;
    for (;;) {
      TimePoint next = packets_.empty() ? kNever : packets_.begin()->first;
      for (const Machine& machine : machines) next = std::min({next, machine.client_timer, machine.guard_timer});
      if (next > end) break;
      ASSERT_LT(++steps_, 1'000'000u) << "standing still";
      now = std::max(now, next);
      if (!packets_.empty() && packets_.begin()->first == next) {
        auto deliver = std::move(packets_.begin()->second);
        packets_.erase(packets_.begin());
        deliver();
        continue;
      }
      for (Machine& machine : machines) {
        if (machine.client_timer <= now) machine.tell(dhcp4::TimeReached{});
        if (machine.guard_timer <= now) machine.step(TimeReached{});
      }
    }
    now = end;
  }

  TimePoint now = from_ms(1'000'000);
  std::deque<Machine> machines;
  unsigned declines = 0;

 private:
  void later(std::function<void()> deliver) { packets_.emplace(now + 1ms, std::move(deliver)); }

  void carry(const Machine& from, const arp::Packet& packet) {
    for (Machine& machine : machines)
      if (&machine != &from) later([&machine, packet] { machine.hear(packet); });
  }
  void answer(const MacAddress& to, const arp::Packet& packet) {
    for (Machine& machine : machines)
      if (machine.own == to) later([&machine, packet] { machine.hear(packet); });
  }
  // Two servers that do not know of each other, say: nothing keeps an address from being given twice but a DECLINE.
  void serve(Machine& machine, const dhcp4::Query& query) {
    using dhcp4::MessageType;
    if (query.type == MessageType::Decline) {
      ++declines;
      if (server_ == Server::GivesAnother && query.requested) {
        declined_.insert(*query.requested);
        given_.clear();
      }
      return;
    }
    if (query.type != MessageType::Discover && query.type != MessageType::Request) return;
    dhcp4::Reply reply{.type = query.type == MessageType::Discover ? MessageType::Offer : MessageType::Ack,
                       .transaction = query.transaction,
                       .hardware = query.hardware,
                       .yours = given(query.hardware),
                       .server = kServer};
    reply.prefix_length = 24;
    reply.lease_seconds = 24 * 3600;
    later([&machine, reply] { machine.tell(dhcp4::Received{reply}); });
  }
  Ipv4Address given(const MacAddress& mac) {
    if (declined_.empty()) return kFirst;
    auto known = given_.find(mac.octets[5]);
    if (known != given_.end()) return known->second;
    Ipv4Address address{kFirst.value + static_cast<uint32_t>(declined_.size()) + static_cast<uint32_t>(given_.size())};
    given_[mac.octets[5]] = address;
    return address;
  }

  Server server_;
  std::set<Ipv4Address> declined_;
  std::map<uint8_t, Ipv4Address> given_;
  std::multimap<TimePoint, std::function<void()>> packets_;
  unsigned steps_ = 0;
};

TEST(AcdPair, BothDeclineAndEachHasAnAddressOfItsOwnSoon) {
  for (uint64_t seed = 0; seed < 50; ++seed) {
    Office office(Server::GivesAnother, seed);
    office.start();
    office.run_for(1s);
    EXPECT_EQ(office.declines, 2u) << seed;
    for (const auto& machine : office.machines) EXPECT_FALSE(machine.address()) << seed;
    office.run_for(30s);
    ASSERT_TRUE(office.machines[0].address()) << seed;
    ASSERT_TRUE(office.machines[1].address()) << seed;
    EXPECT_NE(office.machines[0].address(), office.machines[1].address()) << seed;
    office.run_for(12h);
    EXPECT_EQ(office.declines, 2u) << seed;
  }
}

// A server that gives both the same address whatever they say: one of them gets to keep it, the other asks on, seldom.
TEST(AcdPair, OneWinsWhereTheServerInsists) {
  for (uint64_t seed = 0; seed < 50; ++seed) {
    Office office(Server::Insists, seed);
    office.start();
    office.run_for(1h);
    size_t before[] = {office.machines[0].conflicts.size(), office.machines[1].conflicts.size()};
    office.run_for(1h);
    size_t winners = 0;
    for (size_t i = 0; i < 2; ++i) {
      const auto& machine = office.machines[i];
      size_t later = machine.conflicts.size() - before[i];
      if (later == 0 && machine.address() == kFirst) ++winners;
      EXPECT_LE(later, 60u) << seed;  // RFC 5227 2.1.1: one attempt in RATE_LIMIT_INTERVAL
    }
    EXPECT_EQ(winners, 1u) << seed;
  }
}

// ---- link-local addresses

struct LinkLocalMachine {
  LinkLocalMachine(const MacAddress& own, uint64_t seed) : random(seed), client(own, random) {}
  SeededRandom random;
  linklocal::Client client;
  TimePoint timer = kNever;
};

// The first candidate follows from the hardware address: two that share it are found among a few hundred.
std::pair<MacAddress, MacAddress> pair_with_one_candidate() {
  std::map<Ipv4Address, MacAddress> candidates;
  for (unsigned number = 0; number < 0xffff; ++number) {
    MacAddress mac{{2, 0, 0, 0, static_cast<uint8_t>(number >> 8), static_cast<uint8_t>(number)}};
    LinkLocalMachine machine(mac, 1);
    (void)machine.client.step(linklocal::LinkFound{}, from_ms(0));
    (void)machine.client.step(linklocal::Start{}, from_ms(0));
    auto [known, fresh] = candidates.emplace(*machine.client.candidate(), mac);
    if (!fresh) return {known->second, mac};
  }
  return {};
}

TEST(AcdPair, LinkLocalMachinesOfOneCandidateEndWithAnAddressEach) {
  auto [first, second] = pair_with_one_candidate();
  ASSERT_NE(first, second);
  for (uint64_t seed = 0; seed < 50; ++seed) {
    std::deque<LinkLocalMachine> machines;
    machines.emplace_back(first, seed);
    machines.emplace_back(second, seed + 1000);
    TimePoint now = from_ms(1000);
    std::multimap<TimePoint, std::pair<size_t, arp::Packet>> packets;
    unsigned sent = 0;
    auto step = [&](size_t index, const linklocal::Event& event) {
      linklocal::Actions actions = machines[index].client.step(event, now);
      machines[index].timer = actions.timer;
      for (const linklocal::Action& action : actions.list)
        if (const auto* send = std::get_if<linklocal::Send>(&action)) {
          ++sent;
          packets.emplace(now + 1ms, std::pair(1 - index, send->packet));
        }
    };
    for (size_t index : {0u, 1u}) {
      step(index, linklocal::LinkFound{});
      step(index, linklocal::Start{});
    }
    ASSERT_EQ(machines[0].client.candidate(), machines[1].client.candidate());
    TimePoint end = now + 60s;
    for (;;) {
      TimePoint packet = packets.empty() ? kNever : packets.begin()->first;
      TimePoint next = std::min({packet, machines[0].timer, machines[1].timer});
      if (next > end) break;
      now = std::max(now, next);
      if (packet == next) {
        auto [to, content] = packets.begin()->second;
        packets.erase(packets.begin());
        step(to, linklocal::Received{content});
        continue;
      }
      for (size_t index : {0u, 1u})
        if (machines[index].timer <= now) step(index, linklocal::TimeReached{});
    }
    ASSERT_TRUE(machines[0].client.address()) << seed;
    ASSERT_TRUE(machines[1].client.address()) << seed;
    EXPECT_NE(machines[0].client.address(), machines[1].client.address()) << seed;
    EXPECT_LE(sent, 2 * (kProbes + kAnnouncements) + 2 * kProbes) << seed;
  }
}

}  // namespace
}  // namespace ck::acd
