// SPDX-License-Identifier: MIT
#include "engine/gateway/pdu_pipe.h"

namespace ck::gateway {

std::optional<dcerpc::Drop> PduPipe::received(size_t count) {
  if (count > room().size()) __builtin_trap();  // the caller wrote past the end
  filled_ = static_cast<uint16_t>(filled_ + count);
  return look();
}

std::optional<dcerpc::Drop> PduPipe::look() {
  if (!has_header_) {
    if (filled_ < dcerpc::kHeaderSize) return std::nullopt;
    auto header = dcerpc::parse_header(buffer_.first(dcerpc::kHeaderSize), direction_);
    if (!header) return header.error();
    header_ = *header;
    has_header_ = true;
  }
  complete_ = filled_ >= header_.fragment_length;
  return std::nullopt;
}

Bytes PduPipe::unsent() const {
  if (!complete_) return {};
  return buffer_.first(header_.fragment_length).subspan(sent_);
}

void PduPipe::sent(size_t count) {
  if (count > unsent().size()) __builtin_trap();
  sent_ = static_cast<uint16_t>(sent_ + count);
}

std::optional<dcerpc::Drop> PduPipe::pop() {
  if (!complete_) return std::nullopt;
  size_t length = header_.fragment_length;
  for (size_t i = length; i < filled_; ++i) buffer_[i - length] = buffer_[i];
  filled_ = static_cast<uint16_t>(filled_ - length);
  sent_ = 0;
  has_header_ = false;
  complete_ = false;
  return look();
}

void PduPipe::clear() {
  filled_ = 0;
  sent_ = 0;
  has_header_ = false;
  complete_ = false;
}

}  // namespace ck::gateway
