// SPDX-License-Identifier: MIT
#include "engine/gateway/pdu_pipe.h"

#include <algorithm>

namespace ck::gateway {

MutableBytes PduPipe::room() {
  if (!has_room()) return {};
  if (buffer_.empty()) buffer_ = buffers_.take();
  return buffer_.subspan(filled_);
}

std::optional<dcerpc::Drop> PduPipe::received(size_t count) {
  if (count > buffer_.size() - filled_) __builtin_trap();  // the caller wrote past the end
  filled_ = static_cast<uint16_t>(filled_ + count);
  if (filled_ == 0) clear();
  return look();
}

std::optional<dcerpc::Drop> PduPipe::look() {
  if (content_ == Content::Preface) return std::nullopt;
  if (!has_header_) {
    if (filled_ < dcerpc::kHeaderSize) return std::nullopt;
    auto header = dcerpc::parse_header(head(), direction_);
    if (!header) return header.error();
    header_ = *header;
    has_header_ = true;
  }
  complete_ = filled_ >= header_.fragment_length;
  return std::nullopt;
}

std::optional<dcerpc::Drop> PduPipe::begin_pdus(size_t skip) {
  if (content_ != Content::Preface || skip > filled_) __builtin_trap();
  content_ = Content::Pdus;
  drop_front(skip);
  return look();
}

void PduPipe::sent(size_t count) {
  if (count > unsent().size()) __builtin_trap();
  sent_ = static_cast<uint16_t>(sent_ + count);
}

std::optional<dcerpc::Drop> PduPipe::pop() {
  if (!complete_) return std::nullopt;
  size_t length = header_.fragment_length;
  sent_ = 0;
  has_header_ = false;
  complete_ = false;
  drop_front(length);
  return look();
}

void PduPipe::drop_front(size_t count) {
  std::copy(buffer_.begin() + static_cast<ptrdiff_t>(count), buffer_.begin() + filled_, buffer_.begin());
  filled_ = static_cast<uint16_t>(filled_ - count);
  if (filled_ == 0) clear();
}

void PduPipe::clear() {
  if (!buffer_.empty()) buffers_.give(buffer_);
  buffer_ = {};
  filled_ = 0;
  sent_ = 0;
  has_header_ = false;
  complete_ = false;
}

}  // namespace ck::gateway
