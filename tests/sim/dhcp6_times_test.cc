// SPDX-License-Identifier: MIT
// The DHCPv6 client's messages and times: what each message holds, the constants of RFC 9915 section 7.6, what becomes
// of the lifetimes that a server gives.
#include "sim/dhcp6_driver.h"

namespace ck::dhcp6 {
namespace {

// RFC 9915 18.2.1 to 18.2.8: what each message holds.
TEST(Dhcp6Times, EachMessageHoldsWhatItMust) {
  struct Case {
    State state;
    MessageType type;
    bool server, association, addresses;
  };
  for (const Case& one : {Case{State::Soliciting, MessageType::Solicit, false, true, false},
                          Case{State::Requesting, MessageType::Request, true, true, true},
                          Case{State::Confirming, MessageType::Confirm, false, true, true},
                          Case{State::Renewing, MessageType::Renew, true, true, true},
                          Case{State::Rebinding, MessageType::Rebind, false, true, true},
                          Case{State::Declining, MessageType::Decline, true, true, true},
                          Case{State::Stopped, MessageType::Release, true, true, true},
                          Case{State::Informing, MessageType::InformationRequest, false, false, false}}) {
    Driver driver;
    driver.reach(one.state);
    EXPECT_EQ(driver.query.type, one.type);
    EXPECT_EQ(driver.query.client, duid_of(kMac));
    EXPECT_EQ(driver.query.server.has_value(), one.server) << name_of(one.state);
    EXPECT_EQ(driver.query.iaid.has_value(), one.association) << name_of(one.state);
    EXPECT_EQ(!driver.query.addresses.empty(), one.addresses) << name_of(one.state);
    EXPECT_EQ(driver.query.elapsed, 0);
  }
}

// RFC 9915 7.6, written out once more: whoever changes one there must change it here.
TEST(Dhcp6Times, TheConstantsAreThoseOfTheRfc) {
  struct Case {
    const char* name;
    RetransmissionRule rule;
    int64_t initial, longest;
    unsigned most;
    int64_t at_most;
  };
  for (const Case& one :
       {Case{"Solicit", kSolicitRule, 1000, 3'600'000, 0, 0}, Case{"Request", kRequestRule, 1000, 30'000, 10, 0},
        Case{"Confirm", kConfirmRule, 1000, 4000, 0, 10'000}, Case{"Renew", kRenewRule, 10'000, 600'000, 0, 0},
        Case{"Rebind", kRebindRule, 10'000, 600'000, 0, 0}, Case{"Decline", kDeclineRule, 1000, 0, 4, 0},
        Case{"Information-request", kInformationRule, 1000, 3'600'000, 0, 0}}) {
    EXPECT_EQ(one.rule.initial.count(), one.initial) << one.name;
    EXPECT_EQ(one.rule.longest.count(), one.longest) << one.name;
    EXPECT_EQ(one.rule.most, one.most) << one.name;
    EXPECT_EQ(one.rule.at_most.count(), one.at_most) << one.name;
  }
  EXPECT_EQ(kRefreshDefault, 86400s);
  EXPECT_EQ(kLeastRefresh, 600s);
  EXPECT_EQ(kRefreshDelay, 1s);
  EXPECT_EQ(kLeastMaxRt, 60u);
  EXPECT_EQ(kLargestMaxRt, 86400u);
}

// ... and are what a client that nobody answers goes by: each time twice the one before and a tenth, up to the longest
// and a tenth.
TEST(Dhcp6Times, TransmissionsKeepTheTimesOfTheRfc) {
  struct Case {
    State state;
    int64_t initial, longest;
    size_t transmissions;  // all that there are, or as many as are looked at
    bool gives_up;
  };
  for (const Case& one :
       {Case{State::Soliciting, 1000, 3'600'000, 20, false}, Case{State::Requesting, 1000, 30'000, 10, true},
        Case{State::Confirming, 1000, 4000, 4, true},     // 10 s
        Case{State::Renewing, 10'000, 600'000, 6, true},  // till T2: 1080 s
        Case{State::Rebinding, 10'000, 600'000, 11, false}, Case{State::Declining, 1000, 1'000'000, 4, true},
        Case{State::Informing, 1000, 3'600'000, 20, false}}) {
    Driver driver;
    driver.reach(one.state);
    driver.times.erase(driver.times.begin(), driver.times.end() - 1);
    while (driver.client.state() == one.state && driver.times.size() < one.transmissions) driver.to_timer();
    ASSERT_EQ(driver.client.state(), one.state) << name_of(one.state);
    ASSERT_EQ(driver.times.size(), one.transmissions);
    int64_t before = 0;
    for (size_t i = 1; i < driver.times.size(); ++i) {
      int64_t gap = (driver.times[i] - driver.times[i - 1]).count();
      int64_t least = before == 0 ? one.initial * 9 / 10 : before * 19 / 10;
      int64_t most = before == 0 ? one.initial * 11 / 10 : before * 21 / 10;
      if (before == 0 && one.state == State::Soliciting) least = one.initial + 1;  // 18.2.1: strictly greater
      EXPECT_GE(gap, std::min(least, one.longest * 9 / 10)) << name_of(one.state) << i;
      EXPECT_LE(gap, most > one.longest ? one.longest * 11 / 10 : most + 1) << name_of(one.state) << i;
      before = gap;
    }
    if (!one.gives_up) continue;
    driver.until_not(one.state);
    EXPECT_NE(driver.client.state(), one.state);
  }
}

TEST(Dhcp6Times, TimesOfALease) {
  struct Case {
    uint32_t preferred, valid, t1, t2;
    int64_t renew, rebind, end;  // seconds; 0: never
  };
  constexpr uint32_t kEver = kInfiniteSeconds;
  for (const Case& one : {Case{3600, 7200, 1000, 2000, 1000, 2000, 7200}, Case{3600, 7200, 0, 0, 1800, 2880, 7200},
                          Case{3600, 7200, 0, 1000, 1000, 1000, 7200}, Case{3600, 7200, 1000, 0, 1000, 2880, 7200},
                          Case{3600, 7200, 3000, 0, 3000, 3000, 7200}, Case{3600, 7200, 7200, 7200, 1800, 2880, 7200},
                          Case{3600, 7200, 8000, 9000, 1800, 2880, 7200}, Case{0, 7200, 0, 0, 3600, 5760, 7200},
                          Case{1, 1, 0, 0, 1, 1, 1}, Case{2, 2, 1, 1, 1, 1, 2}, Case{kEver, kEver, 0, 0, 0, 0, 0},
                          Case{kEver, kEver, 100, 200, 100, 200, 0}, Case{3600, kEver, 0, 0, 1800, 2880, 0},
                          Case{3600, 7200, kEver, kEver, 7200, 7200, 7200},  // never asked to: it ends
                          Case{0xfffffffe, 0xfffffffe, 0, 0, 0x7fffffff, 3435973835, 0xfffffffe}}) {
    Reply reply{.server = duid_of(kServerMac)};
    Association association{.iaid = kIaid, .t1_seconds = one.t1, .t2_seconds = one.t2};
    (void)association.addresses.push_back({kAddress, one.preferred, one.valid});
    TimePoint start = from_ms(5000);
    auto lease = make_lease(nullptr, reply, association, kFrom, start, start);
    ASSERT_TRUE(lease.has_value());
    auto seconds = [&](TimePoint time) { return time == kNever ? 0 : (time - start).count() / 1000; };
    EXPECT_EQ(seconds(lease->renew_at), one.renew) << one.preferred << " " << one.t1;
    EXPECT_EQ(seconds(lease->rebind_at), one.rebind) << one.preferred << " " << one.t2;
    EXPECT_EQ(seconds(lease->expires_at), one.end) << one.valid;
  }
}

// A lease counts from when it was asked for: an answer that comes after its end is none.
TEST(Dhcp6Times, ALeaseThatIsOverBeforeItsAnswerCameIsNotUsed) {
  Driver driver;
  driver.reach(State::Requesting);
  Reply late = driver.reply();
  late.associations[0].addresses[0] = {kAddress, 1, 1};
  driver.now += 1s;
  driver.receive(late);
  EXPECT_EQ(driver.client.state(), State::Requesting);
  EXPECT_EQ(driver.client.lease(), nullptr);
  EXPECT_EQ(driver.client.counters().faulty, 1u);
}

TEST(Dhcp6Times, TimeServersComeFromOption56BeforeOption31) {
  Reply reply;
  (void)reply.sntp.push_back(ip6("2001:db8::31"));
  EXPECT_EQ(make_information(reply, kFrom, from_ms(0), Refresh::No).ntp[0], ip6("2001:db8::31"));
  (void)reply.ntp.push_back(ip6("2001:db8::56"));
  Information information = make_information(reply, kFrom, from_ms(0), Refresh::No);
  ASSERT_EQ(information.ntp.size(), 1u);
  EXPECT_EQ(information.ntp[0], ip6("2001:db8::56"));
  EXPECT_EQ(information.refresh_at, kNever);
}

}  // namespace
}  // namespace ck::dhcp6
