// SPDX-License-Identifier: MIT
#include "engine/vmware/guest_call.h"

#include <algorithm>

namespace ck::vmware {

namespace {

constexpr uint32_t kMagic = 0x564d5868;     // "VMXh"
constexpr uint32_t kPort = 0x5658;          // "VX", low bandwidth
constexpr uint32_t kMessage = 0x1e;         // the backdoor's command; what to do with the channel in the upper half
constexpr uint32_t kProtocol = 0x49435052;  // "RPCI"
constexpr uint32_t kWithCookie = 0x80000000;

// Of the answer's ecx, upper half.
constexpr uint32_t kSuccess = 0x0001;
constexpr uint32_t kHasReply = 0x0002;
constexpr uint32_t kCheckpoint = 0x0010;  // the machine was frozen or moved meanwhile: the message has to be sent again

constexpr unsigned kMostAgain = 3;
constexpr size_t kWord = 4;

}  // namespace

std::optional<Registers> GuestCall::next() const {
  if (step_ == Step::Over) return std::nullopt;
  Registers out{.eax = kMagic,
                .ebx = 0,
                .ecx = static_cast<uint32_t>(step_) << 16 | kMessage,  // 0 to 6, as Step counts them
                .edx = channel_ | kPort,
                .esi = cookie_high_,
                .edi = cookie_low_};
  switch (step_) {
    case Step::Open: out.ebx = kProtocol | kWithCookie; break;
    case Step::SendLength: out.ebx = static_cast<uint32_t>(request_.size()); break;
    case Step::Send:
      for (size_t i = 0; i < kWord && at_ + i < request_.size(); ++i)
        out.ebx |= static_cast<uint32_t>(static_cast<uint8_t>(request_[at_ + i])) << 8 * i;
      break;
    case Step::Receive:
    case Step::Acknowledge: out.ebx = kSuccess; break;
    case Step::AskLength:
    case Step::Close:
    case Step::Over: break;
  }
  return out;
}

void GuestCall::end(Result<std::string> result) {
  result_ = std::move(result);
  step_ = Step::Close;
}

void GuestCall::fail_or_again(Step from, uint32_t status, const char* what) {
  if ((status & kCheckpoint) == 0) return end(fail(Code::Closed, what));
  if (++again_ > kMostAgain) return end(fail(Code::Closed, "guestinfo: interrupted again and again"));
  step_ = from;
}

void GuestCall::answer(const Registers& host) {
  uint32_t status = host.ecx >> 16;
  bool went_well = (status & kSuccess) != 0;
  switch (step_) {
    case Step::Open:
      if (!went_well) {
        result_ = fail(Code::Denied, "guestinfo: the host opens no channel");
        step_ = Step::Over;
        return;
      }
      channel_ = host.edx & 0xffff0000;
      cookie_high_ = host.esi;
      cookie_low_ = host.edi;
      step_ = Step::SendLength;
      return;
    case Step::SendLength:
      if (!went_well) return fail_or_again(Step::SendLength, status, "guestinfo: the host refuses the request");
      at_ = 0;
      step_ = request_.empty() ? Step::AskLength : Step::Send;
      return;
    case Step::Send:
      if (!went_well) return fail_or_again(Step::SendLength, status, "guestinfo: the channel broke in the request");
      at_ += std::min(kWord, request_.size() - at_);
      if (at_ == request_.size()) step_ = Step::AskLength;
      return;
    case Step::AskLength:
      if (!went_well) return fail_or_again(Step::AskLength, status, "guestinfo: the host tells no length");
      if ((status & kHasReply) == 0) return end(fail(Code::Malformed, "guestinfo: no reply"));
      if (host.ebx > most_) return end(fail(Code::OutOfRange, "guestinfo: the value is too long"));
      length_ = host.ebx;
      reply_.clear();
      step_ = length_ == 0 ? Step::Acknowledge : Step::Receive;
      return;
    case Step::Receive:
      if (!went_well) return fail_or_again(Step::AskLength, status, "guestinfo: the channel broke in the reply");
      for (size_t i = 0; i < kWord && reply_.size() < length_; ++i)
        reply_ += static_cast<char>(host.ebx >> 8 * i & 0xff);
      if (reply_.size() == length_) step_ = Step::Acknowledge;
      return;
    case Step::Acknowledge:
      if (!went_well) return fail_or_again(Step::AskLength, status, "guestinfo: the host takes the reply back");
      return end(std::move(reply_));
    case Step::Close: step_ = Step::Over; return;
    case Step::Over: return;
  }
}

Result<std::optional<std::string>> read_info_reply(std::string_view reply) {
  if (reply.starts_with("0")) return std::nullopt;
  if (!reply.starts_with("1 ") && reply != "1") return fail(Code::Malformed, "guestinfo: a reply of an unknown form");
  std::string_view value = reply.substr(std::min<size_t>(2, reply.size()));
  while (value.ends_with('\0')) value.remove_suffix(1);
  if (value.empty()) return std::nullopt;  // how a key is taken away
  return std::string(value);
}

}  // namespace ck::vmware
