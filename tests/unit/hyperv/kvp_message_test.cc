// SPDX-License-Identifier: MIT
#include "wire/hyperv/kvp_message.h"

#include <gtest/gtest.h>
#include <linux/hyperv.h>

#include <bit>
#include <cstring>

#include "support/kvp_items.h"

namespace ck::hyperv {
namespace {

static_assert(sizeof(hv_kvp_msg) == kMessageSize);
static_assert(HV_KVP_EXCHANGE_MAX_KEY_SIZE == kMaxKey && HV_KVP_EXCHANGE_MAX_VALUE_SIZE == kMaxValue);
static_assert(KVP_OP_REGISTER1 == static_cast<int>(Operation::Register) &&
              KVP_OP_SET == static_cast<int>(Operation::Set) && KVP_POOL_EXTERNAL == kPoolExternal);
static_assert(HV_S_CONT == static_cast<uint32_t>(Status::NoItem) && HV_E_FAIL == static_cast<uint32_t>(Status::Failed));

TEST(KvpMessage, ReadsWhatTheKernelsStructHolds) {
  hv_kvp_msg raw{};
  raw.kvp_hdr.operation = KVP_OP_SET;
  raw.kvp_hdr.pool = KVP_POOL_AUTO_EXTERNAL;
  auto& data = raw.body.kvp_set.data;
  data.value_type = REG_SZ;
  std::memcpy(data.key, "HostName", data.key_size = 9);
  std::memcpy(data.value, "h1", data.value_size = 3);
  auto bytes = std::bit_cast<MessageBuffer>(raw);
  auto message = parse(bytes);
  ASSERT_TRUE(message);
  EXPECT_EQ(message->operation, Operation::Set);
  EXPECT_EQ(message->pool, KVP_POOL_AUTO_EXTERNAL);
  EXPECT_EQ(message->key, "HostName");
  EXPECT_EQ(message->value, "h1");
}

TEST(KvpMessage, LengthsStayInTheirPlaces) {
  MessageBuffer whole = host_sets(std::string(kMaxKey - 1, 'k'), std::string(kMaxValue - 1, 'v'));
  auto message = parse(whole);
  ASSERT_TRUE(message);
  EXPECT_EQ(message->key.size(), kMaxKey - 1);
  EXPECT_EQ(message->value.size(), kMaxValue - 1);
  for (size_t at : {8u, 12u}) {  // key_size, value_size
    MessageBuffer lies = whole;
    lies[at + 3] = 0xff;
    EXPECT_EQ(parse(lies).error().code, Code::Malformed) << at;
    lies = whole;
    lies[at] += 1;
    EXPECT_EQ(parse(lies).error().code, Code::Malformed) << at;
  }
}

TEST(KvpMessage, WhatIsNoneIsSaid) {
  MessageBuffer message = host_sets("key", "value");
  EXPECT_EQ(parse(Bytes(message).first(kMessageSize - 1)).error().code, Code::Malformed);
  EXPECT_EQ(parse({}).error().code, Code::Malformed);
  EXPECT_EQ(parse(host_sets("", "value")).error().code, Code::Malformed);
  message[0] = 6;
  EXPECT_EQ(parse(message).error().code, Code::Unsupported);
}

TEST(KvpMessage, WhatIsWritten) {
  MessageBuffer out;
  write_registration(out);
  EXPECT_EQ(std::bit_cast<hv_kvp_msg>(out).kvp_hdr.operation, KVP_OP_REGISTER1);
  write_answer(Status::NoItem, out);
  EXPECT_EQ(static_cast<uint32_t>(std::bit_cast<hv_kvp_msg>(out).error), HV_S_CONT);
}

}  // namespace
}  // namespace ck::hyperv
