// SPDX-License-Identifier: MIT
// How a connection ended, and what its client was told. One table (verdict.cc; docs/gateway.md shows the same one): for
// each verdict its name in logs and metrics, what it says of the client, and the refusal that the client gets: a
// bind_nak while its bind has no answer yet, a fault afterwards, or nothing but the end of the connection.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>

#include "wire/dcerpc/answer.h"
#include "wire/dcerpc/body.h"

namespace ck::gateway {

enum class Verdict : uint8_t {
  Open,  // it has not ended
  // As it should be.
  Answered,    // at least one call was answered
  Unanswered,  // the bind was answered, no call was made or answered
  Rejected,    // the upstream itself refused the bind
  Probe,       // connected and left without a byte
  ClientLeft,  // left before its bind was answered
  // Before a byte is read.
  SourceDenied,       // its network is not served
  SourceConnections,  // too many connections of one source
  SourceRate,         // too many connections of one source in a while
  Full,               // too many connections in all
  // The client's PDUs: the header.
  Version,
  UnknownType,
  WrongDirection,
  DataRepresentation,
  TooShort,
  TooLong,
  Authenticated,
  ReservedFlag,
  // The bind and what changes it.
  NotABind,
  SecondBind,
  BindFragmented,
  BindTooLong,
  BindMalformed,
  AssociationGroup,
  DuplicateContext,
  ManagementInterface,
  InterfaceDenied,
  TransferDenied,
  FeaturesTwice,
  Learning,
  AlterDenied,
  // Calls.
  CallFragmented,
  CallMaybe,
  ContextUnknown,
  ContextRejected,
  OpnumDenied,
  HintTooLarge,
  CallWithinCall,
  CallIdInUse,
  TooManyCalls,
  CancelWithoutCall,
  // PROXY protocol of a balancer that is listed.
  ProxyMissing,
  ProxyMalformed,
  // Time.
  ClientSlow,   // the bind did not come in time
  ClientStuck,  // does not take its answer
  SessionTooLong,
  // Upstreams.
  NoUpstream,       // none is known
  UpstreamsFailed,  // all that are known failed before they answered the bind
  QueueTimeout,     // the host has as many connections as it may, and none ended in time
  UpstreamInvalid,  // one that had answered the bind sent what it must not
  UpstreamCut,      // one that had answered the bind closed within a call
  CallTimeout,      // no answer to a call
  Aborted,          // the program ends, or a socket failed
};

// What it says.
enum class Blame : uint8_t { Nobody, Client, Overload, Upstream };

struct VerdictRow {
  Verdict verdict = Verdict::Open;
  std::string_view name;  // "interface-denied"
  Blame blame = Blame::Nobody;
  std::optional<dcerpc::NakReason> nak;  // sent before the bind is answered, and afterwards where there is no fault
  std::optional<dcerpc::Status> fault;   // neither: the connection is only closed
  std::string_view text;                 // for people
};
inline constexpr size_t kVerdicts = static_cast<size_t>(Verdict::Aborted) + 1;

std::span<const VerdictRow, kVerdicts> verdict_table();
const VerdictRow& row_of(Verdict verdict);
inline std::string_view name_of(Verdict verdict) { return row_of(verdict).name; }
inline std::string_view text_of(Verdict verdict) { return row_of(verdict).text; }
// Whether the gateway ended it without the answer that was asked for.
inline bool is_refusal(Verdict verdict) { return row_of(verdict).blame != Blame::Nobody; }

Verdict verdict_of(dcerpc::Drop drop);

}  // namespace ck::gateway
