// SPDX-License-Identifier: MIT
#include "engine/resolver/tcp_exchange.h"

namespace ck::resolver {

TcpExchange::TcpExchange(Bytes query) {
  ByteWriter out(query_);
  out.u16(static_cast<uint16_t>(query.size())).bytes(query);
  if (!out.ok()) __builtin_trap();
  query_size_ = out.written().size();
}

TcpExchange::State TcpExchange::state() const {
  if (received_ < kPrefix) return State::Open;
  if (announced() > kMaxTcpMessage) return State::TooLong;
  return received_ < kPrefix + announced() ? State::Open : State::Whole;
}

MutableBytes TcpExchange::room() {
  if (state() != State::Open) return {};
  size_t end = received_ < kPrefix ? kPrefix : kPrefix + announced();
  return MutableBytes(answer_).first(end).subspan(received_);
}

Bytes TcpExchange::answer() const {
  if (state() != State::Whole) return {};
  return Bytes(answer_).subspan(kPrefix, announced());
}

}  // namespace ck::resolver
