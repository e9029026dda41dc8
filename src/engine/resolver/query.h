// SPDX-License-Identifier: MIT
// One DNS question as a pure state machine (RFC 1035 4.2, 7; RFC 5452 for the random id): ask the first server, the
// next one when no answer comes in time or the answer is an error, round and round with growing patience, then give up.
// A server whose answer over UDP was cut short is asked again over TCP (RFC 7766 5), once in its turn.
// It is asked for what to send by next_send(), told of answers by received() and of time by expired().
// The caller sends each by transport() from a socket of its own, connected to the server named, so that the source port
// is random and other hosts are not heard; over TCP by TcpExchange. Server lists are copied; at most kMaxServers count.
#pragma once

#include <optional>

#include "base/random.h"
#include "base/time.h"
#include "wire/dns/message.h"

namespace ck::resolver {

struct Server {
  IpAddress address;
  uint32_t scope = 0;
  friend bool operator==(const Server&, const Server&) = default;
};

inline constexpr size_t kMaxServers = 6;
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
  void start(const dns::Name& name, dns::Type type, const FixedVector<Server, kMaxServers>& servers,
             RandomSource& random);
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
  Bytes next_send(MutableBytes buffer, RandomSource& random, TimePoint now);
  // It could not be sent (no route, say), or the TCP connection ended before the answer: the next server. `error` is
  // static text.
  void send_failed(std::string_view error, TimePoint now);
  // A message came from server(). True when it ends the query; `response` then holds it.
  bool received(Bytes message, dns::Response& response);
  void expired(TimePoint now);
  // Messages that were dropped.
  uint32_t dropped() const { return dropped_; }

 private:
  void next_server();
  Duration patience() const;

  dns::Question question_;
  FixedVector<Server, kMaxServers> servers_;
  QueryState state_ = QueryState::Idle;
  TimePoint deadline_ = kNever;
  std::string_view error_;
  uint32_t dropped_ = 0;
  uint8_t server_ = 0;
  uint8_t round_ = 0;
  dns::Edns edns_ = dns::Edns::Yes;
  Transport transport_ = Transport::Udp;
};

}  // namespace ck::resolver
