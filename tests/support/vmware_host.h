// SPDX-License-Identifier: MIT
// The host's end of VMware's backdoor as VMware behaves: it holds values, opens one channel at a time, checks cookies
// and lengths, and answers "info-get". A test may let it fail at the n-th exchange, or lie.
#pragma once

#include <cstdint>
#include <map>
#include <string>

#include "engine/vmware/guest_call.h"

namespace ck::vmware {

class Host {
 public:
  std::map<std::string, std::string> values;
  bool refuses_channels = false;
  uint32_t lie_of_length = 0;  // what it says instead of a reply's length
  size_t fails_at = SIZE_MAX;  // the exchange, from 0, that has `failure` for its status
  uint32_t failure = 0;
  size_t fails_until = 0;  // 0: that exchange alone

  size_t exchanges = 0;
  size_t open_channels = 0;
  std::string error;  // what a guest did wrong

  void exchange(Registers& registers) {
    Registers in = registers;
    size_t number = exchanges++;
    if (in.eax != 0x564d5868 || (in.edx & 0xffff) != 0x5658 || (in.ecx & 0xffff) != 0x1e) error = "no backdoor call";
    uint32_t what = in.ecx >> 16;
    bool is_ours = what == 0 || (open_channels == 1 && in.edx >> 16 == kChannel && in.esi == kHigh && in.edi == kLow);
    if (!is_ours) error = "no such channel";
    uint32_t status = is_ours ? answer(what, in, registers) : 0;
    if (number >= fails_at && number < (fails_until > 0 ? fails_until : fails_at + 1)) status = failure;
    registers.ecx = status << 16 | (in.ecx & 0xffff);
  }

 private:
  static constexpr uint32_t kChannel = 7, kHigh = 0xabcd0123, kLow = 0x45670000;
  static constexpr uint32_t kSuccess = 1, kHasReply = 2, kHighBandwidth = 0x80;

  uint32_t answer(uint32_t what, const Registers& in, Registers& out) {
    switch (what) {
      case 0:
        if (refuses_channels) return 0;
        if (in.ebx != (0x49435052u | 0x80000000u)) error = "another protocol";
        ++open_channels;
        out.edx = kChannel << 16 | 0x5658;
        out.esi = kHigh;
        out.edi = kLow;
        return kSuccess;
      case 1:
        length_ = in.ebx;
        request_.clear();
        return kSuccess | kHighBandwidth;
      case 2:
        for (size_t i = 0; i < 4 && request_.size() < length_; ++i) request_ += static_cast<char>(in.ebx >> 8 * i);
        return kSuccess;
      case 3: {
        if (request_.size() != length_) error = "asked before all was sent";
        std::string key = request_.substr(std::min<size_t>(9, request_.size()));
        if (!request_.starts_with("info-get ")) error = "another request";
        reply_ = values.contains(key) ? "1 " + values[key] : "0 No value found";
        at_ = 0;
        out.ebx = lie_of_length > 0 ? lie_of_length : static_cast<uint32_t>(reply_.size());
        out.edx = 1 << 16;
        return kSuccess | kHasReply | kHighBandwidth;
      }
      case 4:
        if (in.ebx != kSuccess) error = "no status with a receive";
        out.ebx = 0;
        for (size_t i = 0; i < 4 && at_ < reply_.size(); ++i)
          out.ebx |= static_cast<uint32_t>(static_cast<uint8_t>(reply_[at_++])) << 8 * i;
        out.edx = 2 << 16;
        return kSuccess;
      case 5: return kSuccess;
      case 6: --open_channels; return kSuccess;
      default: error = "an unknown command"; return 0;
    }
  }

  std::string request_, reply_;
  size_t length_ = 0, at_ = 0;
};

}  // namespace ck::vmware
