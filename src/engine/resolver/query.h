// SPDX-License-Identifier: MIT
// One DNS question as a pure state machine (RFC 1035 4.2, 7; RFC 5452 for the random id, draft-vixie-dnsext-dns0x20 for
// the random case of the name's letters, which the answer must repeat): ask the first server, the
// next one when no answer comes in time or the answer is an error, round and round with growing patience, then give up.
// A server whose answer over UDP was cut short is asked again over TCP (RFC 7766 5), once in its turn. One that changes
// the case is asked again without capitals, and so are all in the last round and over TCP: such servers, and boxes that
// let no capitals pass, must not cut us off. Who forges an answer has to hit port and id to bring that about.
// It is asked for what to send by next_send(), told of answers by received() and of time by expired().
// The caller sends each by transport() from a socket of its own, connected to the server named, so that the source port
// is random and other hosts are not heard; over TCP by TcpExchange. Server lists are copied; at most kMaxServers count.
#pragma once

#include <optional>

#include "base/random.h"
#include "base/time.h"
#include "engine/resolver/servers.h"
#include "wire/dns/message.h"

namespace ck::resolver {

inline constexpr unsigned kRounds = 3;             // over all servers
inline constexpr Duration kFirstPatience = 500ms;  // for an answer; doubles each round
inline constexpr Duration kTcpPatience = 3s;       // for connection, question and answer together; fits a lost SYN

enum class Transport : uint8_t { Udp, Tcp };

enum class QueryState : uint8_t {
  Idle,
  Send,      // next_send() has something
  Wait,      // for an answer, until deadline()
  Answered,  // response() holds it; a missing name or type is an answer too
  Failed,    // no server gave a usable answer; error() says what was last
};

class Query {
 public:
  // The question must have a name of parse_name(). No servers: Failed at once.
  void start(const dns::Name& name, dns::Type type, const Servers& servers, RandomSource& random);
  void stop() { state_ = QueryState::Idle; }

  QueryState state() const { return state_; }
  TimePoint deadline() const { return state_ == QueryState::Wait ? deadline_ : kNever; }
  const dns::Question& question() const { return question_; }
  // The server that is, or was last, asked.
  const Server& server() const { return servers_[server_]; }
  bool has_server() const { return !servers_.empty(); }
  Transport transport() const { return transport_; }
  std::string_view error() const { return error_; }  // static text

  // In state Send: the message for server(), written into `buffer` (dns::kMaxQuery bytes). Goes to Wait.
  Bytes next_send(MutableBytes buffer, const ServerMemory& memory, RandomSource& random, TimePoint now);
  // It could not be sent (no route, say), or the TCP connection ended before the answer: the next server. `error` is
  // static text.
  void send_failed(std::string_view error, ServerMemory& memory, TimePoint now);
  // A message came from server(). True when it ends the query; `response` then holds it.
  bool received(Bytes message, ServerMemory& memory, dns::Response& response, TimePoint now);
  void expired(ServerMemory& memory, TimePoint now);
  // Messages that were dropped.
  uint32_t dropped() const { return dropped_; }

 private:
  void next_server(ServerMemory& memory, TimePoint now);
  Duration patience() const;

  dns::Question question_;
  Servers servers_;
  QueryState state_ = QueryState::Idle;
  TimePoint deadline_ = kNever;
  std::string_view error_;
  uint32_t dropped_ = 0;
  uint8_t server_ = 0;
  uint8_t round_ = 0;
  dns::Edns edns_ = dns::Edns::Yes;
  Transport transport_ = Transport::Udp;
  bool plain_ = false;  // the server has changed the case in this turn
};

}  // namespace ck::resolver
