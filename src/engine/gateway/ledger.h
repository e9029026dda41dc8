// SPDX-License-Identifier: MIT
// What the gateway counts: connections by verdict, those of today, and the last clients. Fixed size; no byte of what
// was carried is among it.
#pragma once

#include <array>
#include <cstdint>

#include "base/addresses.h"
#include "base/time.h"
#include "engine/gateway/latency_histogram.h"
#include "engine/gateway/session.h"

namespace ck::gateway {

inline constexpr size_t kLastClients = 10;

struct ClientNote {
  IpAddress address;
  Verdict verdict = Verdict::Open;
  int64_t utc_ms = 0;
};

class Ledger {
 public:
  // A connection of `source` has ended.
  void ended(const IpAddress& source, const Session& session, int64_t utc_ms);
  // One was refused before it had a session.
  void refused(const IpAddress& source, Verdict verdict, int64_t utc_ms) { note(source, verdict, utc_ms); }

  uint64_t count(Verdict verdict) const { return counts_[static_cast<size_t>(verdict)]; }
  uint64_t total() const;    // connections that were more than a probe
  uint64_t refused() const;  // ended by the gateway without the answer that was asked for
  uint64_t today(int64_t utc_ms) const { return day_of(utc_ms) == day_ ? today_ : 0; }
  // The newest first; `index` below clients().
  const ClientNote& client(size_t index) const { return last_[(next_ + kLastClients - 1 - index) % kLastClients]; }
  size_t clients() const { return size_; }
  // The last that was answered; none: no client() was.
  const ClientNote& answered() const { return answered_; }

  // How long answered ones took: from the whole bind to the connection, from there to the answer of the bind, and from
  // a call to its answer.
  const LatencyHistogram& connect() const { return connect_; }
  const LatencyHistogram& bind() const { return bind_; }
  const LatencyHistogram& call() const { return call_; }
  uint64_t bytes_in() const { return bytes_in_; }  // from clients
  uint64_t bytes_out() const { return bytes_out_; }

 private:
  void note(const IpAddress& source, Verdict verdict, int64_t utc_ms);
  static int64_t day_of(int64_t utc_ms) { return utc_ms / (24 * 3600 * 1000); }

  std::array<uint64_t, kVerdicts> counts_{};
  std::array<ClientNote, kLastClients> last_{};
  ClientNote answered_;
  size_t next_ = 0;
  size_t size_ = 0;
  int64_t day_ = -1;
  uint64_t today_ = 0;
  LatencyHistogram connect_;
  LatencyHistogram bind_;
  LatencyHistogram call_;
  uint64_t bytes_in_ = 0;
  uint64_t bytes_out_ = 0;
};

}  // namespace ck::gateway
