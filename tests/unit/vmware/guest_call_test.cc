// SPDX-License-Identifier: MIT
#include "engine/vmware/guest_call.h"

#include <gtest/gtest.h>

#include "support/vmware_host.h"

namespace ck::vmware {
namespace {

constexpr size_t kMost = 1000;
constexpr uint32_t kCheckpoint = 0x10;

Result<std::string> call(Host& host, std::string request = "info-get guestinfo.a", size_t most = kMost) {
  GuestCall call(std::move(request), most);
  while (auto registers = call.next()) {
    EXPECT_LT(host.exchanges, 10'000u);
    if (host.exchanges >= 10'000u) break;
    host.exchange(*registers);
    call.answer(*registers);
  }
  return call.take_result();
}

TEST(GuestCall, AsksAndClosesTheChannel) {
  for (size_t length = 0; length < 20; ++length) {
    Host host;
    host.values["guestinfo.a"] = std::string(length, '\xe9');
    auto reply = call(host);
    ASSERT_TRUE(reply) << length;
    EXPECT_EQ(*reply, "1 " + std::string(length, '\xe9'));
    EXPECT_EQ(host.open_channels, 0u);
    EXPECT_EQ(host.error, "");
  }
}

TEST(GuestCall, RequestsOfEveryLength) {
  for (size_t length = 0; length < 12; ++length) {
    Host host;
    std::string key(length, 'k');
    host.values[key] = "found";
    EXPECT_EQ(call(host, "info-get " + key), Result<std::string>("1 found"));
    EXPECT_EQ(host.error, "");
  }
}

TEST(GuestCall, AHostThatOpensNoChannelIsLeftAtOnce) {
  Host host;
  host.refuses_channels = true;
  EXPECT_EQ(call(host).error().code, Code::Denied);
  EXPECT_EQ(host.exchanges, 1u);
}

TEST(GuestCall, ALengthBeyondTheLimitIsAnErrorAndNothingIsFetched) {
  Host host;
  host.values["guestinfo.a"] = std::string(kMost - 2, 'x');
  EXPECT_TRUE(call(host)) << "just fits";
  host.values["guestinfo.a"] += 'x';
  EXPECT_EQ(call(host).error().code, Code::OutOfRange);
  host.lie_of_length = 0xffffffff;
  size_t before = host.exchanges;
  EXPECT_EQ(call(host).error().code, Code::OutOfRange);
  EXPECT_LT(host.exchanges - before, 10u);
  EXPECT_EQ(host.open_channels, 0u);
}

TEST(GuestCall, AChannelThatBreaksAnywhereIsAnErrorAndIsClosed) {
  Host whole;
  whole.values["guestinfo.a"] = "value";
  ASSERT_TRUE(call(whole));
  for (size_t at = 1; at + 1 < whole.exchanges; ++at) {
    Host host;
    host.values = whole.values;
    host.fails_at = at;
    EXPECT_EQ(call(host).error().code, Code::Closed) << at;
    EXPECT_EQ(host.open_channels, 0u) << at;
  }
}

TEST(GuestCall, AfterACheckpointTheMessageIsSentAgain) {
  Host whole;
  whole.values["guestinfo.a"] = "value";
  ASSERT_TRUE(call(whole));
  for (size_t at = 1; at + 1 < whole.exchanges; ++at) {
    Host host;
    host.values = whole.values;
    host.fails_at = at;
    host.failure = kCheckpoint;
    EXPECT_EQ(call(host), Result<std::string>("1 value")) << at;
    EXPECT_EQ(host.open_channels, 0u) << at;
  }
}

TEST(GuestCall, AHostThatIsInterruptedForEverIsLeft) {
  Host host;
  host.fails_at = 1;
  host.fails_until = SIZE_MAX;
  host.failure = kCheckpoint;
  EXPECT_EQ(call(host).error().code, Code::Closed);
  EXPECT_LT(host.exchanges, 20u);
}

TEST(GuestCall, NoReplyIsMalformed) {
  Host host;
  host.fails_at = 1 + 1 + 5;  // opened, length, five words of request
  host.failure = 1;           // success, but nothing there
  EXPECT_EQ(call(host).error().code, Code::Malformed);
}

TEST(GuestCall, InfoReplies) {
  struct {
    std::string_view reply;
    std::optional<std::string> value;
  } cases[] = {
      {"1 value", "value"}, {"1 ", {}}, {"1", {}}, {"0 No value found", {}}, {std::string_view("1 a\0", 4), "a"}};
  for (const auto& each : cases) {
    auto value = read_info_reply(each.reply);
    ASSERT_TRUE(value) << each.reply;
    EXPECT_EQ(*value, each.value) << each.reply;
  }
  for (std::string_view reply : {"", "2 x", "10", "Unknown command"})
    EXPECT_EQ(read_info_reply(reply).error().code, Code::Malformed) << reply;
}

}  // namespace
}  // namespace ck::vmware
