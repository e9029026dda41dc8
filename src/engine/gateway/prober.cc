// SPDX-License-Identifier: MIT
#include "engine/gateway/prober.h"

#include <algorithm>

namespace ck::gateway {

namespace {

constexpr std::string_view kNoConnection = "no connection in time";
constexpr std::string_view kNothingBack =
    "TCP connects but nothing answers the bind: a proxy or an inspection is in the path";
constexpr std::string_view kClosed =
    "TCP connects but the bind makes it close: not the service, or a filter in the path";
constexpr std::string_view kNotRpc = "what answers is not DCE/RPC: something else listens at that port";
constexpr std::string_view kRejected = "DCE/RPC answers but does not serve the interface: not a host of this service";
constexpr std::string_view kNotServed = "the host lists its interfaces and ours is not among them";
constexpr std::string_view kNotListening = "the host says that it does not listen";

bool accepts(const dcerpc::Header& header, Bytes pdu) {
  if (header.type != dcerpc::PduType::BindAck) return false;
  auto ack = dcerpc::parse_bind_ack(header, pdu);
  return ack && ack->results[0].result == dcerpc::ContextResult::Acceptance;
}

}  // namespace

std::string_view name_of(Rung rung) {
  switch (rung) {
    case Rung::Nothing: return "nothing";
    case Rung::Connected: return "connected";
    case Rung::Bound: return "bound";
    case Rung::Listening: return "listening";
    case Rung::Serving: return "serving";
  }
  return "nothing";
}

Prober::Prober(Buffers& buffers, const dcerpc::SyntaxId& interface, Bytes greeting)
    : in_(buffers, dcerpc::Direction::FromServer), interface_(interface) {
  if (greeting.size() > kMaxGreeting) __builtin_trap();
  std::copy(greeting.begin(), greeting.end(), greeting_.begin());
  greeting_size_ = static_cast<uint8_t>(greeting.size());
}

ProbeStep Prober::start(TimePoint now) {
  stop();
  state_ = State::Connect;
  deadline_ = now + kProbePatience;
  result_ = {};
  alone_ = false;
  return ProbeStep::Connect;
}

void Prober::stop() {
  in_.clear();
  out_size_ = sent_ = 0;
  state_ = State::Idle;
}

ProbeStep Prober::finish(bool up, std::string_view fault) {
  stop();
  result_.up = up;
  result_.fault = up ? std::string_view() : fault;
  return ProbeStep::Done;
}

ProbeStep Prober::connected() {
  if (state_ != State::Connect) return ProbeStep::Continue;
  result_.rung = std::max(result_.rung, Rung::Connected);
  state_ = alone_ ? State::BindOnly : State::Management;
  std::copy_n(greeting_.begin(), greeting_size_, out_.begin());
  out_size_ = greeting_size_;
  put(dcerpc::write_bind(alone_ ? interface_ : dcerpc::kManagement, ++call_id_, room_to_say()));
  return ProbeStep::Continue;
}

ProbeStep Prober::failed(std::string_view fault) {
  if (state_ == State::Idle) return ProbeStep::Done;
  return finish(false, fault);
}

// Management did not go as it should: a host may well refuse that to us and still serve.
ProbeStep Prober::disappointed(std::string_view fault, TimePoint now) {
  if (alone_) return finish(false, fault);
  in_.clear();
  out_size_ = sent_ = 0;
  alone_ = true;
  state_ = State::Connect;
  deadline_ = now + kProbePatience;
  return ProbeStep::Connect;
}

ProbeStep Prober::received(size_t count, TimePoint now) {
  if (!wants_bytes()) return state_ == State::Idle ? ProbeStep::Done : ProbeStep::Continue;
  if (in_.received(count)) return disappointed(kNotRpc, now);
  return in_.complete() ? answer(now) : ProbeStep::Continue;
}

void Prober::ask(uint16_t opnum) {
  out_size_ = sent_ = 0;
  put(dcerpc::write_empty_request(opnum, ++call_id_, room_to_say()));
}

ProbeStep Prober::answer(TimePoint now) {
  dcerpc::Header header = in_.header();
  Bytes pdu = in_.pdu();
  if (header.call_id != call_id_) return disappointed(kNotRpc, now);
  switch (state_) {
    case State::BindOnly:
      if (!accepts(header, pdu)) return finish(false, kRejected);
      result_.rung = std::max(result_.rung, Rung::Bound);
      return finish(true, {});
    case State::Management:
      if (!accepts(header, pdu)) return disappointed(kRejected, now);
      result_.rung = Rung::Bound;
      state_ = State::Listening;
      ask(dcerpc::kIsServerListening);
      break;
    case State::Listening: {
      auto listening = dcerpc::read_is_listening(header, pdu);
      if (!listening) return disappointed(kRejected, now);
      if (!*listening) return finish(false, kNotListening);
      result_.rung = Rung::Listening;
      state_ = State::Interfaces;
      ask(dcerpc::kInquireInterfaces);
      break;
    }
    case State::Interfaces: {
      auto serves = dcerpc::read_serves(header, pdu, interface_);
      if (!serves) return disappointed(kRejected, now);
      if (!*serves) return finish(false, kNotServed);
      result_.rung = Rung::Serving;
      return finish(true, {});
    }
    case State::Idle:
    case State::Connect: break;
  }
  in_.clear();
  return ProbeStep::Continue;
}

ProbeStep Prober::closed(TimePoint now) {
  if (state_ == State::Idle) return ProbeStep::Done;
  return disappointed(kClosed, now);
}

ProbeStep Prober::expired(TimePoint now) {
  if (state_ == State::Idle) return ProbeStep::Done;
  if (now < deadline_) return ProbeStep::Continue;
  if (state_ == State::Connect) return finish(false, kNoConnection);
  return disappointed(kNothingBack, now);
}

}  // namespace ck::gateway
