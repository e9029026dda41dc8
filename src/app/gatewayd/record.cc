// SPDX-License-Identifier: MIT
#include "app/gatewayd/record.h"

#include <utility>

#include "app/gatewayd/pool.h"
#include "base/utc.h"

namespace ck::gatewayd {

namespace {

std::string_view name_of(gateway::Session::Closer closer) {
  switch (closer) {
    case gateway::Session::Closer::Nobody: return "nobody";
    case gateway::Session::Closer::Client: return "client";
    case gateway::Session::Closer::Upstream: return "upstream";
    case gateway::Session::Closer::Gateway: return "gateway";
  }
  return "nobody";
}

// Between two moments, when both came.
void put_span(std::string_view key, TimePoint from, TimePoint to, TextWriter& line) {
  if (from == kNever || to == kNever) return;
  line.put(' ').put(key).put('=').number(static_cast<uint64_t>((to - from).count()));
}

void put_seen(const gateway::Seen& seen, TextWriter& line) {
  std::string_view before = " interface=";
  for (const dcerpc::SyntaxId& interface : seen.interfaces) {
    line.put(std::exchange(before, ","));
    for (char character : dcerpc::to_text(interface).view()) line.put(character == ' ' ? '/' : character);
  }
  if (seen.transfer) line.put(" syntax=").put(dcerpc::name_of(*seen.transfer));
  if (seen.outcome != gateway::BindOutcome::None) line.put(" bind=").put(gateway::name_of(seen.outcome));
  if (seen.outcome == gateway::BindOutcome::Nak) line.put(" nak=").number(seen.nak_reason);
  if (seen.opnum) line.put(" opnum=").number(*seen.opnum);
  line.put(" calls=").number(seen.calls).put(" answers=").number(seen.answers);
  if (seen.fault != 0) line.put(" fault=0x").hex(seen.fault, 8);
}

}  // namespace

void write_record(const Connection& connection, TimePoint now, int64_t utc_ms, TextWriter& line) {
  const gateway::Session& session = connection.session();
  const gateway::Moments& moments = session.moments();
  int64_t began = utc_ms - (now - moments.accepted).count();
  line.put("connection at=").put(utc_text(began)).put(" id=").number(connection.number());
  line.put(" verdict=").put(gateway::name_of(session.verdict()));
  line.put(" client=").put(to_text(connection.source().address, connection.source().port));
  if (connection.peer().address != connection.source().address)
    line.put(" balancer=").put(to_text(connection.peer().address, connection.peer().port));
  line.put(" pool=").put(connection.pool().spec().name);
  if (session.has_candidate()) {
    const gateway::Candidate& to = session.candidate();
    line.put(" upstream=").put(to_text(to.address, to.port));
    line.put(" name=").put(connection.pool().directory().members()[to.member].name.view());
  }
  put_seen(session.seen(), line);
  if (session.remark() != gateway::Verdict::Open) line.put(" remark=").put(gateway::name_of(session.remark()));
  put_span("connect-ms", moments.bound, moments.connected, line);
  put_span("bind-ms", moments.connected, moments.answered, line);
  put_span("call-ms", moments.called, moments.returned, line);
  put_span("total-ms", moments.accepted, now, line);
  line.put(" in=").number(session.traffic().client_in).put(" out=").number(session.traffic().client_out);
  line.put(" pdus=").number(session.traffic().pdus).put(" closed-by=").put(name_of(session.closer()));
  if (!session.fault().empty()) line.put(" upstream-fault=\"").put(session.fault()).put("\"");
}

}  // namespace ck::gatewayd
