// SPDX-License-Identifier: MIT
// From the device of a TPM to what config/state says.
#include "app/config/tpm.h"

#include <gtest/gtest.h>
#include <sys/socket.h>

#include <cstdio>
#include <fstream>
#include <thread>

#include "support/small_tpm.h"
#include "sys/file.h"
#include "wire/state/search.h"
#include "wire/tpm2/event_log.h"

namespace ck::config {
namespace {

constexpr std::string_view kText = "[system]\nhostname = \"branch7\"\n";

// /dev/tpm0, behind which a small TPM answers until the other end is closed.
class TpmDevice : public testing::Test {
 protected:
  void SetUp() override {
    int pair[2];
    ASSERT_EQ(::socketpair(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0, pair), 0);
    ours_ = sys::UniqueFd(pair[0]);
    kernel_ = sys::UniqueFd(pair[1]);
  }
  Measured measure_it() {
    std::thread answers([this] {
      std::array<uint8_t, 4096> buffer;
      for (;;) {
        auto size = sys::read_some(kernel_.get(), buffer);
        if (!size || *size == 0 || tpm_.commands >= dies_after_) break;
        (void)sys::write_all(kernel_.get(), tpm_.answer(Bytes(buffer).first(*size)));
      }
      (void)::shutdown(kernel_.get(), SHUT_RDWR);
    });
    Measured measured = measure(kText, ours_.get());
    (void)::shutdown(ours_.get(), SHUT_RDWR);
    answers.join();
    return measured;
  }
  std::string state_of(const Measured& measured) {
    Candidate candidate = found("SMBIOS", {.text = std::string(kText), .trouble = {}});
    Outcome outcome = evaluate({&candidate, 1}, "");
    outcome.measured = measured;
    return write_state(outcome, {&candidate, 1}, 4096);
  }
  tpm::SmallTpm tpm_;
  unsigned dies_after_ = 100;
  sys::UniqueFd ours_, kernel_;
};

TEST_F(TpmDevice, TheDigestOfTheBankIsTheDocuments) {
  Measured measured = measure_it();
  EXPECT_EQ(measured.error, "");
  EXPECT_EQ(to_line(measured), "PCR 12 sha256");
  std::string state = state_of(measured);
  auto record = state::find(state, "measurement");
  ASSERT_TRUE(record) << state;
  EXPECT_EQ(record->number("pcr"), 12);
  EXPECT_EQ(record->text<16>("bank"), "sha256");
  EXPECT_EQ(record->text<64>("digest"), to_text(sha256(as_bytes(kText))));
  EXPECT_EQ(record->text<64>("digest"), state::find(state, "config")->text<64>("sha256"));
}

TEST_F(TpmDevice, ARefusalIsSaidWithItsNumber) {
  tpm_.refuse_at = 1;
  Measured measured = measure_it();
  EXPECT_EQ(to_line(measured), "PCR 12: TPM: it refuses (0x922)");
  EXPECT_EQ(state::find(state_of(measured), "measurement")->text<64>("error"), "TPM: it refuses (0x922)");
}

TEST_F(TpmDevice, ADeviceThatEndsIsSaid) {
  dies_after_ = 1;
  Measured measured = measure_it();
  EXPECT_TRUE(measured.digests.empty());
  EXPECT_NE(measured.error, "");
}

TEST_F(TpmDevice, TheEventLogGoesOnWhereTheFirmwaresEnds) {
  Measured measured = measure_it();
  std::string own = write_event_log(measured, "/nowhere");
  ASSERT_TRUE(tpm2::is_event_log(as_bytes(own)));
  EXPECT_EQ(own.size(), 32u + 29 + 4 + 3 * 4 + 2 + 32 + 4 + 12) << "a header for one bank, one event";
  std::string path = testing::TempDir() + "corekms-event-log";
  auto with = [&](std::string_view firmware) {
    std::ofstream(path, std::ios::binary) << firmware;
    return write_event_log(measured, path.c_str());
  };
  std::string event = own.substr(32 + 29 + 4);
  EXPECT_EQ(with(own), own + event) << "nothing of the firmware's is lost, and there is one header";
  EXPECT_EQ(with(own + std::string(tpm2::kMostEventLog - own.size() - event.size(), 'x')).size(), tpm2::kMostEventLog);
  EXPECT_EQ(with(own + std::string(tpm2::kMostEventLog - own.size() - event.size() + 1, 'x')), own) << "too long";
  EXPECT_EQ(with(own + std::string(2 * tpm2::kMostEventLog, 'x')), own);
  EXPECT_EQ(with("an older form"), own);
  std::remove(path.c_str());
}

}  // namespace
}  // namespace ck::config
