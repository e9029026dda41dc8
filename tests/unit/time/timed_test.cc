// SPDX-License-Identifier: MIT
// timed itself, between a server on the loopback and a clock that is a number: what the Keeper says is what is done.
#include "app/timed/timed.h"

#include <gtest/gtest.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdlib>
#include <fstream>
#include <sstream>
#include <string>

#include "sys/clock.h"

namespace ck::timed {
namespace {

constexpr Micros kHour{3'600'000'000};

// The machine's clock and an error, which alone is ever set.
class NumberClock final : public Clock {
 public:
  timekeeping::Instant read() override { return {.now = sys::now(), .utc = sys::utc() + error}; }
  Result<void> step(Micros by) override {
    if (denied) return fail(Code::System, "clock_settime", EPERM);
    ++steps;
    error += by;
    return {};
  }
  Result<void> slew(Micros by) override {
    if (denied) return fail(Code::System, "adjtimex", EPERM);
    ++slews;
    error += by;
    return {};
  }
  Micros error{};
  int steps = 0;
  int slews = 0;
  bool denied = false;
};

class TimedTest : public ::testing::Test {
 protected:
  void SetUp() override {
    char folder[] = "/tmp/corekms-test-XXXXXX";
    ASSERT_NE(::mkdtemp(folder), nullptr);
    folder_ = folder;
    ASSERT_EQ(::system(("mkdir " + folder_ + "/timed " + folder_ + "/netd").c_str()), 0);
    ASSERT_EQ(::setenv("COREKMS_RUN", folder, 1), 0);
    server_ = ::socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    sockaddr_in address{.sin_family = AF_INET};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ASSERT_EQ(::bind(server_, reinterpret_cast<sockaddr*>(&address), sizeof(address)), 0);
    socklen_t size = sizeof(address);
    ASSERT_EQ(::getsockname(server_, reinterpret_cast<sockaddr*>(&address), &size), 0);
    resolver::Endpoint endpoint{.name = "127.0.0.1", .address = parse_ip("127.0.0.1"), .port = ntohs(address.sin_port)};
    (void)spec_.servers.push_back(endpoint);
  }
  void TearDown() override {
    ::close(server_);
    ::unsetenv("COREKMS_RUN");
    if (!folder_.empty()) EXPECT_EQ(::system(("rm -r " + folder_).c_str()), 0);
  }

  timekeeping::Rules rules(timekeeping::Mode mode) const {
    return {.bounds = {.earliest = sys::utc() - 10 * kHour, .latest = sys::utc() + 10 * kHour}, .mode = mode};
  }

  // Answers with the machine's own time.
  void serve() {
    uint8_t question[64];
    sockaddr_in peer{};
    socklen_t size = sizeof(peer);
    while (::recvfrom(server_, question, sizeof(question), 0, reinterpret_cast<sockaddr*>(&peer), &size) == 48) {
      std::array<uint8_t, 48> answer{};
      ByteWriter out(answer);
      out.u8(0x24).u8(1).u8(0).u8(0).u32(0).u32(0).text("GPS").u8(0).u64(0).bytes(Bytes(question).subspan(40, 8));
      out.u64(sntp::to_timestamp(sys::utc())).u64(sntp::to_timestamp(sys::utc()));
      ASSERT_TRUE(out.ok());
      ASSERT_EQ(::sendto(server_, answer.data(), answer.size(), 0, reinterpret_cast<sockaddr*>(&peer), size), 48);
      ++served_;
    }
  }
  std::string state() const {
    std::ifstream file(folder_ + "/timed/state");
    std::stringstream text;
    text << file.rdbuf();
    return text.str();
  }
  // Until the state file says so; at most for some seconds.
  bool runs_until(std::string_view text) {
    for (TimePoint end = sys::now() + 20s; sys::now() < end;) {
      if (!loop_.run_once(10ms)) return false;
      serve();
      if (state().find(text) != std::string::npos) return true;
    }
    return false;
  }

  sys::EventLoop loop_ = *sys::EventLoop::create();
  NumberClock clock_;
  timekeeping::TimeSpec spec_;
  std::string folder_;
  int server_ = -1;
  int served_ = 0;
};

TEST_F(TimedTest, TheClockIsSteppedOnceAndThenSlewed) {
  clock_.error = -3 * kHour;
  Timed timed(loop_, clock_, spec_, rules(timekeeping::Mode::Set));
  ASSERT_TRUE(timed.start().has_value());
  ASSERT_TRUE(runs_until("clock state=synchronised source=static server=127.0.0.1")) << state();
  EXPECT_EQ(clock_.steps, 1);
  EXPECT_LT(clock_.error, Micros(5'000'000));
  EXPECT_GT(clock_.error, Micros(-5'000'000));
  EXPECT_NE(state().find(" stratum=1 reference=GPS "), std::string::npos) << state();
  EXPECT_NE(state().find(" steps=1 step-us=10"), std::string::npos) << state();  // 10800 s and a little
}

TEST_F(TimedTest, ObservedItIsNeverTouched) {
  clock_.error = 3 * kHour;
  Timed timed(loop_, clock_, spec_, rules(timekeeping::Mode::Observe));
  ASSERT_TRUE(timed.start().has_value());
  ASSERT_TRUE(runs_until(" answers=4 ")) << state();  // the burst is over
  EXPECT_NE(state().find("clock state=observed source=static server=127.0.0.1 offset-us=-10"), std::string::npos)
      << state();
  EXPECT_EQ(clock_.steps + clock_.slews, 0);
  EXPECT_EQ(clock_.error, 3 * kHour);
  EXPECT_EQ(served_, 4);
}

TEST_F(TimedTest, AClockThatMayNotBeSetIsTold) {
  clock_.error = kHour;
  clock_.denied = true;
  Timed timed(loop_, clock_, spec_, rules(timekeeping::Mode::Set));
  ASSERT_TRUE(timed.start().has_value());
  ASSERT_TRUE(runs_until("error=Operation%20not%20permitted")) << state();
  EXPECT_NE(state().find("clock state=unset "), std::string::npos) << state();
  EXPECT_EQ(clock_.error, kHour);
}

}  // namespace
}  // namespace ck::timed
