// SPDX-License-Identifier: MIT
// The checks of a pool against hosts that never say a word.
#include "app/gatewayd/health_client.h"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <algorithm>
#include <vector>

#include "sys/clock.h"

namespace ck::gatewayd {
namespace {

class SilentHosts : public testing::Test {
 protected:
  void SetUp() override {
    directory_.set_checks(gateway::Checks::Active);
    std::vector<gateway::Endpoint> endpoints;
    for (const char* text : {"192.0.2.10", "192.0.2.20", "192.0.2.30", "192.0.2.40"})
      endpoints.push_back(*gateway::parse_endpoint(text));
    directory_.configure(endpoints, {}, now_);
  }
  Result<sys::UniqueFd> connect() {
    int pair[2];
    EXPECT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0, pair), 0);
    hosts_.emplace_back(pair[1]);
    return sys::UniqueFd(pair[0]);
  }

  sys::EventLoop loop_ = *sys::EventLoop::create();
  SeededRandom random_{3};
  gateway::Directory directory_{random_};
  gateway::PoolSpec spec_;
  TimePoint now_ = sys::now();
  std::vector<sys::UniqueFd> hosts_;
  std::vector<uint8_t> checked_;
  HealthClient checks_{loop_,
                       directory_,
                       spec_,
                       {.connect = [this](const gateway::Candidate&) { return connect(); },
                        .checked = [this](const gateway::Candidate& of,
                                          const gateway::ProbeResult&) { checked_.push_back(of.member); }}};
};

// A deadline that has passed and that nothing can be done about is a processor that turns for nothing.
TEST_F(SilentHosts, WhileAllChecksRunWhoIsDueWaitsForTheirEnd) {
  checks_.run(now_);
  EXPECT_EQ(hosts_.size(), 2u);
  EXPECT_LE(directory_.check_deadline(), now_) << "two more are due";
  EXPECT_GT(checks_.deadline(), now_);
  unsigned turns = 0;
  TimePoint end = now_ + 120s;
  for (; now_ < end; ++turns) {
    now_ = std::max(now_, checks_.deadline());
    checks_.run(now_);
  }
  EXPECT_GT(checked_.size(), 20u);
  EXPECT_LE(turns, 3 * checked_.size()) << "a turn begins a check, moves it on or ends it";
  for (uint8_t member = 0; member < 4; ++member) EXPECT_GT(std::ranges::count(checked_, member), 4) << member;
}

}  // namespace
}  // namespace ck::gatewayd
