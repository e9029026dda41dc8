// SPDX-License-Identifier: MIT
// One TLS connection as a client, as bytes (RFC 5246, with RFC 9325's choice of ciphers): what the server says goes in,
// what it is to be told comes out, and neither a socket nor a clock is known here. The server's certificate must lead
// to one of our authorities, be in time and be for the peer; there is no way to do without. What the server sends once
// the handshake is done is thrown away: it is a log server.
//
//   Handshake --received()--> Ready --close(), the server's close--> Over       any --error()--> Over
//
// Memory: some 25 KiB while it lives (a record of the server's largest size, one of ours, the texts of both), and the
// server's certificates during the handshake, which fit one record.
#pragma once

#include <memory>

#include "base/addresses.h"
#include "base/bytes.h"
#include "base/random.h"
#include "engine/tls/credentials.h"

namespace ck::tls {

inline constexpr size_t kRoom = 1024;

enum class State : uint8_t { Handshake, Ready, Over };

class Client {
 public:
  // The certificate must be for `name`, or for `address` when that is empty; `utc_ms` is when it must be valid.
  // `random` must be fit for keys, and outlive this. When memory is out it begins Over.
  Client(std::shared_ptr<const Credentials> credentials, std::string_view name, const IpAddress& address,
         RandomSource& random, int64_t utc_ms);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  State state() const;
  // Why it is Over; empty while it is not, and after close().
  std::string_view error() const;

  // Where bytes of the server go, kRoom at most; received() says how many came, and does what they ask for. Empty when
  // what is unsent() has to go first, and Over.
  MutableBytes room();
  void received(size_t count);

  // What is to be sent, of which sent() says how much was. Also Over there may be something: an alert.
  Bytes unsent() const;
  void sent(size_t count);

  // Ready and nothing is unsent: so much of the text became a record of what is unsent now. Otherwise 0.
  size_t write(Bytes text);

  // Tells the server that nothing follows (RFC 5425 4.4).
  void close();

 private:
  struct Inner;
  std::unique_ptr<Inner> inner_;
};

}  // namespace ck::tls
