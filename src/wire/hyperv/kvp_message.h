// SPDX-License-Identifier: MIT
// A message of Hyper-V's key-value exchange (KVP) as /dev/vmbus/hv_kvp has it: struct hv_kvp_msg of <linux/hyperv.h>,
// always of the same size, in the machine's byte order, which is little-endian wherever Hyper-V runs. The kernel has
// made UTF-8 of the host's UTF-16, and text of numbers.
#pragma once

#include <array>
#include <string_view>

#include "base/bytes.h"
#include "base/result.h"

namespace ck::hyperv {

inline constexpr size_t kMessageSize = 7432;
inline constexpr size_t kMaxKey = 512;     // with the zero at its end
inline constexpr size_t kMaxValue = 2048;  // the same
using MessageBuffer = std::array<uint8_t, kMessageSize>;

enum class Operation : uint8_t {
  Get = 0,
  Set = 1,
  Delete = 2,
  Enumerate = 3,
  GetIpInfo = 4,
  SetIpInfo = 5,
  Register = 100,  // KVP_OP_REGISTER1; the kernel repeats it when it has taken the registration
};

inline constexpr uint8_t kPoolExternal = 0;  // what the host's administrator has set

// What an answer begins with: HV_S_OK, HV_S_CONT (no such item) and HV_E_FAIL.
enum class Status : uint32_t { Ok = 0, NoItem = 0x80070103, Failed = 0x80004005 };

struct Message {
  Operation operation = Operation::Get;
  uint8_t pool = 0;
  std::string_view key, value;  // of a Set, into the bytes
};

// Errors: Malformed (not of that size; a key or a value beyond its place, or without a key), Unsupported (operation).
Result<Message> parse(Bytes bytes);

// The message that registers this process, and the answer to one of the host's.
void write_registration(MessageBuffer& out);
void write_answer(Status status, MessageBuffer& out);

}  // namespace ck::hyperv
