// SPDX-License-Identifier: MIT
#include "engine/gateway/ledger.h"

namespace ck::gateway {

void Ledger::ended(const IpAddress& source, const Session& session, int64_t utc_ms) {
  note(source, session.verdict(), utc_ms);
  bytes_in_ += session.traffic().client_in;
  bytes_out_ += session.traffic().client_out;
  const Moments& moments = session.moments();
  if (moments.answered == kNever) return;
  connect_.observe(moments.connected - moments.bound);
  bind_.observe(moments.answered - moments.connected);
  if (moments.returned != kNever) call_.observe(moments.returned - moments.called);
}

void Ledger::note(const IpAddress& source, Verdict verdict, int64_t utc_ms) {
  ++counts_[static_cast<size_t>(verdict)];
  if (verdict == Verdict::Probe) return;
  if (day_of(utc_ms) != day_) {
    day_ = day_of(utc_ms);
    today_ = 0;
  }
  ++today_;
  last_[next_] = {.address = source, .verdict = verdict, .utc_ms = utc_ms};
  next_ = (next_ + 1) % kLastClients;
  if (size_ < kLastClients) ++size_;
  if (verdict == Verdict::Answered) answered_ = {.address = source, .verdict = verdict, .utc_ms = utc_ms};
}

uint64_t Ledger::total() const {
  uint64_t sum = 0;
  for (uint64_t count : counts_) sum += count;
  return sum - count(Verdict::Probe);
}

uint64_t Ledger::refused() const {
  uint64_t sum = 0;
  for (const VerdictRow& row : verdict_table())
    if (row.blame != Blame::Nobody) sum += count(row.verdict);
  return sum;
}

}  // namespace ck::gateway
