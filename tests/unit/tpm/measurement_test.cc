// SPDX-License-Identifier: MIT
#include "engine/tpm/measurement.h"

#include <gtest/gtest.h>

#include <algorithm>

#include "support/small_tpm.h"

namespace ck::tpm {
namespace {

void run(Measurement& measurement, SmallTpm& tpm) {
  while (auto command = measurement.next()) {
    ASSERT_LT(tpm.commands, 100u);
    measurement.receive(tpm.answer(*command));
  }
}

TEST(TpmMeasurement, ThePcrIsExtendedByTheTextsHash) {
  for (size_t size : {0u, 1u, 1023u, 1024u, 1025u, 2048u, 2049u, 65536u}) {
    std::string text(size, 'x');
    SmallTpm tpm;
    Measurement measurement(text);
    run(measurement, tpm);
    ASSERT_TRUE(measurement.result()) << size;
    Sha256Digest digest = sha256(as_bytes(text));
    ASSERT_EQ(measurement.result()->size(), 1u);
    EXPECT_TRUE(std::ranges::equal((*measurement.result())[0].bytes, digest)) << size;
    std::vector<uint8_t> both(32);
    both.insert(both.end(), digest.begin(), digest.end());
    EXPECT_EQ(tpm.pcr, sha256(both)) << size;
    EXPECT_FALSE(tpm.has_sequence);
    EXPECT_EQ(tpm.commands, 2 + (size == 0 ? 0 : (size - 1) / 1024)) << size;
  }
}

TEST(TpmMeasurement, ARefusalLeavesNothingBehind) {
  std::string text(3000, 'x');
  for (unsigned at = 0; at < 4; ++at) {
    SmallTpm tpm;
    tpm.refuse_at = at;
    Measurement measurement(text);
    run(measurement, tpm);
    ASSERT_FALSE(measurement.result()) << at;
    EXPECT_EQ(measurement.result().error().code, Code::Denied);
    EXPECT_EQ(measurement.refusal(), 0x922u);
    EXPECT_EQ(tpm.pcr, Sha256Digest{}) << at;
    EXPECT_FALSE(tpm.has_sequence) << at;
  }
}

TEST(TpmMeasurement, NonsenseEndsItAndIsSaid) {
  std::string text(3000, 'x');
  for (unsigned at = 0; at < 4; ++at) {
    SmallTpm tpm;
    Measurement measurement(text);
    while (auto command = measurement.next()) {
      unsigned number = tpm.commands;
      auto reply = tpm.answer(*command);
      if (number == at) reply.resize(7);
      measurement.receive(reply);
      ASSERT_LT(tpm.commands, 8u);
    }
    EXPECT_EQ(measurement.result().error().code, Code::Malformed) << at;
  }
}

TEST(TpmMeasurement, ADeviceThatFailsIsAskedNothingMore) {
  SmallTpm tpm;
  Measurement measurement("text");
  measurement.receive(tpm.answer(*measurement.next()));
  ASSERT_TRUE(measurement.next());
  measurement.give_up({.code = Code::System, .what = "read", .sys_errno = 62});
  EXPECT_FALSE(measurement.next());
  EXPECT_EQ(measurement.result().error().sys_errno, 62);
}

TEST(TpmMeasurement, OneThatIsTooSlowIsGivenItsPlaceBack) {
  SmallTpm tpm;
  Measurement measurement("text");
  measurement.receive(tpm.answer(*measurement.next()));
  measurement.give_up({.code = Code::Busy, .what = "too slow"});
  run(measurement, tpm);
  EXPECT_FALSE(tpm.has_sequence);
  EXPECT_EQ(measurement.result().error().code, Code::Busy);
  measurement.give_up({.code = Code::Closed, .what = "later"});
  EXPECT_EQ(measurement.result().error().code, Code::Busy);
}

}  // namespace
}  // namespace ck::tpm
