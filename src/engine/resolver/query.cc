// SPDX-License-Identifier: MIT
#include "engine/resolver/query.h"

namespace ck::resolver {

void Query::start(const dns::Name& name, dns::Type type, const Servers& servers, RandomSource& random) {
  question_ = {.id = static_cast<uint16_t>(random.next()), .name = name, .type = type};
  servers_ = servers;
  server_ = 0;
  round_ = 0;
  edns_ = dns::Edns::Yes;
  transport_ = Transport::Udp;
  plain_ = false;
  deadline_ = kNever;
  error_ = servers.empty() ? "no DNS server is known" : std::string_view();
  state_ = servers.empty() ? QueryState::Failed : QueryState::Send;
}

Bytes Query::next_send(MutableBytes buffer, const ServerMemory& memory, RandomSource& random, TimePoint now) {
  if (state_ != QueryState::Send) return {};
  question_.id = static_cast<uint16_t>(random.next());  // a late answer to the one before must not match
  bool mixed = transport_ == Transport::Udp && !plain_ && round_ + 1u < kRounds && memory.keeps_case(server(), now);
  question_.capitals = mixed ? random.next() : 0;
  auto bytes = dns::build_query(question_, edns_, buffer);
  if (!bytes) {
    error_ = "name cannot be asked for";
    state_ = QueryState::Failed;
    return {};
  }
  state_ = QueryState::Wait;
  deadline_ = now + (transport_ == Transport::Tcp ? kTcpPatience : patience());
  return *bytes;
}

Duration Query::patience() const { return kFirstPatience * (1 << round_); }

void Query::next_server(ServerMemory& memory, TimePoint now) {
  memory.failed(server(), now);
  state_ = QueryState::Send;
  transport_ = Transport::Udp;
  plain_ = false;
  if (++server_ < servers_.size()) return;
  if (++round_ < kRounds) {
    server_ = 0;
    return;
  }
  --server_;  // stays the one that was asked last
  state_ = QueryState::Failed;
}

void Query::send_failed(std::string_view error, ServerMemory& memory, TimePoint now) {
  if (state_ != QueryState::Wait) return;
  error_ = error;
  // Not at once: when no server can be reached, the rounds must last as long as those without an answer.
  if (server_ + 1u < servers_.size()) {
    next_server(memory, now);
    return;
  }
  deadline_ = now + patience();
}

bool Query::received(Bytes message, ServerMemory& memory, dns::Response& response, TimePoint now) {
  if (state_ != QueryState::Wait) return false;
  if (auto drop = dns::parse_response(message, question_, response)) {
    ++dropped_;
    if (*drop != dns::Drop::OtherId && *drop != dns::Drop::OtherQuestion) error_ = dns::text_of(*drop);
    // A forged datagram must not end the query; the true one may follow. A connection has but one answer.
    if (transport_ == Transport::Tcp) {
      next_server(memory, now);
    } else if (*drop == dns::Drop::OtherCase) {
      memory.changed_case(server(), now);
      plain_ = true;
      state_ = QueryState::Send;
    }
    return false;
  }
  switch (response.code) {
    case dns::ResponseCode::Ok:
    case dns::ResponseCode::NoSuchName:
      if (response.truncated && transport_ == Transport::Udp) {
        transport_ = Transport::Tcp;
        state_ = QueryState::Send;
        return false;
      }
      memory.answered(server());
      state_ = QueryState::Answered;
      return true;
    case dns::ResponseCode::FormatError:
    case dns::ResponseCode::NotImplemented:
      // RFC 6891 7: an old server may not know EDNS. The same one, without it.
      if (edns_ == dns::Edns::Yes) {
        edns_ = dns::Edns::No;
        state_ = QueryState::Send;
        return false;
      }
      break;
    case dns::ResponseCode::ServerFailure:
    case dns::ResponseCode::Refused:
    case dns::ResponseCode::Other: break;
  }
  error_ = dns::name_of(response.code);
  next_server(memory, now);
  return false;
}

void Query::expired(ServerMemory& memory, TimePoint now) {
  if (state_ != QueryState::Wait || now < deadline_) return;
  if (error_.empty()) error_ = "no answer";
  next_server(memory, now);
}

}  // namespace ck::resolver
