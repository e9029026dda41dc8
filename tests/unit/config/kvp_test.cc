// SPDX-License-Identifier: MIT
// From the host's end of Hyper-V's key-value exchange to the document.
#include <gtest/gtest.h>
#include <sys/socket.h>

#include "app/config/hyperv.h"
#include "support/kvp_items.h"
#include "sys/file.h"

namespace ck::config {
namespace {

constexpr std::string_view kText = "[system]\nhostname = \"branch7\"\n";
constexpr std::string_view kBase64 = "W3N5c3RlbV0KaG9zdG5hbWUgPSAiYnJhbmNoNyIK";

// The kernel's end of /dev/vmbus/hv_kvp: what it will say is written beforehand, what it heard is read afterwards.
class KvpDevice : public testing::Test {
 protected:
  void SetUp() override {
    int pair[2];
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair), 0);
    ours_ = sys::UniqueFd(pair[0]);
    kernel_ = sys::UniqueFd(pair[1]);
  }
  void says(const hyperv::MessageBuffer& message) { ASSERT_TRUE(sys::write_all(kernel_.get(), message)); }
  std::vector<uint32_t> heard() {
    std::vector<uint32_t> all;
    hyperv::MessageBuffer buffer;
    for (;;) {
      auto size = sys::read_some(kernel_.get(), buffer);
      if (!size || *size == 0) return all;
      EXPECT_EQ(*size, hyperv::kMessageSize);
      all.push_back(*ByteReader(buffer, ByteOrder::Little).u32());
    }
  }
  sys::UniqueFd ours_, kernel_;
};

TEST_F(KvpDevice, RegistersHearsAndAnswersEachMessageOnce) {
  says(host_asks(hyperv::Operation::Register));
  says(hyperv::host_sets("HostName", "host", 3));
  says(hyperv::host_sets("corekms.config.1", kBase64.substr(8)));
  says(hyperv::host_sets("corekms.config.0", kBase64.substr(0, 8)));
  says(hyperv::host_sets("corekms.config.encoding", "base64"));
  says(host_asks(hyperv::Operation::Enumerate));
  Candidate candidate = from_kvp(ours_.get());
  EXPECT_TRUE(candidate.is_found);
  EXPECT_EQ(candidate.text, kText);
  EXPECT_EQ(candidate.trouble, "");
  EXPECT_EQ(heard(), (std::vector<uint32_t>{100, 0, 0, 0, 0, 0x80070103}));
}

TEST_F(KvpDevice, AHostThatSaysNothingHasNoDocument) {
  EXPECT_FALSE(from_kvp(ours_.get()).is_found);
  EXPECT_EQ(heard(), (std::vector<uint32_t>{100}));
}

TEST_F(KvpDevice, ADeviceThatEndsIsTrouble) {
  says(host_asks(hyperv::Operation::Register));
  ASSERT_EQ(::shutdown(kernel_.get(), SHUT_WR), 0);
  EXPECT_EQ(from_kvp(ours_.get()).trouble, "cannot be read: the device ended");
  kernel_ = {};
  EXPECT_FALSE(from_kvp(ours_.get()).is_found) << "one that takes no registration is none";
}

}  // namespace
}  // namespace ck::config
