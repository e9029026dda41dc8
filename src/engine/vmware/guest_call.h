// SPDX-License-Identifier: MIT
// One call to the host of a VMware machine (GuestRPC, protocol RPCI) through the backdoor: a channel is opened, the
// request goes out four bytes an exchange, the reply comes back so, the channel is closed. An exchange is six registers
// there and six back; who carries it is the caller's business, so that a test may play the host. (open-vm-tools'
// lib/message and the kernel's vmwgfx_msg.c describe it; the quicker high-bandwidth port is not needed for 64 KiB.)
// It ends after a bounded number of exchanges whatever the host answers. An x86 matter; VMware's ARM machines differ.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/result.h"

namespace ck::vmware {

struct Registers {
  uint32_t eax = 0, ebx = 0, ecx = 0, edx = 0, esi = 0, edi = 0;
};

class GuestCall {
 public:
  // A reply longer than `most` bytes is an error.
  GuestCall(std::string request, size_t most) : request_(std::move(request)), most_(most) {}

  // What to exchange next; nothing once the call is over.
  std::optional<Registers> next() const;
  void answer(const Registers& host);

  // When it is over: the reply as it came. Errors: Denied (no channel), Malformed, OutOfRange, Closed (the host has
  // given the channel up, or lost it again and again).
  Result<std::string> take_result() { return std::move(result_); }

 private:
  enum class Step : uint8_t { Open, SendLength, Send, AskLength, Receive, Acknowledge, Close, Over };

  void end(Result<std::string> result);
  void fail_or_again(Step from, uint32_t status, const char* what);

  std::string request_;
  size_t most_;
  Step step_ = Step::Open;
  uint32_t channel_ = 0;  // in the upper half, as edx has it
  uint32_t cookie_high_ = 0, cookie_low_ = 0;
  size_t at_ = 0;      // of the request or of the reply
  size_t length_ = 0;  // of the reply
  unsigned again_ = 0;
  std::string reply_;
  Result<std::string> result_ = fail(Code::Closed, "the call is not over");
};

// The value in a reply to "info-get KEY": "1 VALUE"; nothing for "0 No value found" or an empty value.
// Errors: Malformed.
Result<std::optional<std::string>> read_info_reply(std::string_view reply);

}  // namespace ck::vmware
