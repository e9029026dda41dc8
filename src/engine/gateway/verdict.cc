// SPDX-License-Identifier: MIT
#include "engine/gateway/verdict.h"

namespace ck::gateway {

namespace {

using dcerpc::NakReason;
using dcerpc::Status;
using enum Verdict;

constexpr auto kSilent = std::nullopt;

// In the order of the enumeration.
constexpr std::array<VerdictRow, kVerdicts> kTable{{
    {Open, "open", Blame::Nobody, kSilent, kSilent, "open"},
    {Answered, "answered", Blame::Nobody, kSilent, kSilent, "answered"},
    {Unanswered, "unanswered", Blame::Nobody, kSilent, kSilent, "bound, but no call was answered"},
    {Rejected, "rejected", Blame::Nobody, kSilent, kSilent, "the host itself refused the bind"},
    {Probe, "probe", Blame::Nobody, kSilent, kSilent, "connected and left without a byte"},
    {ClientLeft, "client-left", Blame::Nobody, kSilent, kSilent, "client left before its bind was answered"},

    {SourceDenied, "source-denied", Blame::Client, kSilent, kSilent, "the source network is not served"},
    {SourceConnections, "source-connections", Blame::Overload, NakReason::LocalLimit, kSilent,
     "too many connections of one source"},
    {SourceRate, "source-rate", Blame::Overload, NakReason::LocalLimit, kSilent,
     "too many connections of one source in a short time"},
    {Full, "full", Blame::Overload, NakReason::LocalLimit, kSilent, "too many connections in all"},

    {Version, "version", Blame::Client, NakReason::ProtocolVersion, Status::ProtocolError, "not DCE/RPC version 5"},
    {UnknownType, "unknown-type", Blame::Client, NakReason::NotSpecified, Status::ProtocolError, "unknown PDU type"},
    {WrongDirection, "wrong-direction", Blame::Client, NakReason::NotSpecified, Status::ProtocolError,
     "a PDU type that only servers send"},
    {DataRepresentation, "data-representation", Blame::Client, NakReason::NotSpecified, Status::ProtocolError,
     "bad data representation"},
    {TooShort, "too-short", Blame::Client, NakReason::NotSpecified, Status::ProtocolError,
     "fragment shorter than its type allows"},
    {TooLong, "too-long", Blame::Client, NakReason::NotSpecified, Status::ProtocolError,
     "fragment longer than 5840 bytes"},
    {Authenticated, "authenticated", Blame::Client, NakReason::AuthenticationType, Status::UnsupportedAuthentication,
     "authentication on an anonymous service"},
    {ReservedFlag, "reserved-flag", Blame::Client, NakReason::NotSpecified, Status::ProtocolError,
     "the reserved flag is set"},

    {NotABind, "not-a-bind", Blame::Client, NakReason::NotSpecified, Status::ProtocolError,
     "the first PDU is not a bind"},
    {SecondBind, "second-bind", Blame::Client, NakReason::NotSpecified, kSilent, "a second bind"},
    {BindFragmented, "bind-fragmented", Blame::Client, NakReason::NotSpecified, Status::ProtocolError,
     "a bind in fragments"},
    {BindTooLong, "bind-too-long", Blame::Client, NakReason::NotSpecified, Status::ProtocolError,
     "a bind longer than 1432 bytes"},
    {BindMalformed, "bind-malformed", Blame::Client, NakReason::NotSpecified, Status::ProtocolError,
     "the contexts of a bind cannot be read"},
    {AssociationGroup, "association-group", Blame::Client, NakReason::NotSpecified, Status::AccessDenied,
     "joins an association group of another connection"},
    {DuplicateContext, "duplicate-context", Blame::Client, NakReason::NotSpecified, Status::ProtocolError,
     "one context id for two contexts"},
    {ManagementInterface, "management-interface", Blame::Client, NakReason::NotSpecified, Status::AccessDenied,
     "the management interface is not for clients"},
    {InterfaceDenied, "interface-denied", Blame::Client, NakReason::NotSpecified, Status::AccessDenied,
     "the interface is not on the list"},
    {TransferDenied, "transfer-denied", Blame::Client, NakReason::NotSpecified, Status::ProtocolError,
     "a transfer syntax that is neither NDR nor NDR64"},
    {FeaturesTwice, "features-twice", Blame::Client, NakReason::NotSpecified, Status::ProtocolError,
     "features are negotiated twice"},
    {Learning, "learning", Blame::Client, NakReason::NotSpecified, Status::AccessDenied,
     "seen and refused: the gateway is only learning"},
    {AlterDenied, "alter-denied", Blame::Client, NakReason::NotSpecified, Status::AccessDenied,
     "contexts are altered, which is switched off"},

    {CallFragmented, "call-fragmented", Blame::Client, NakReason::NotSpecified, Status::ProtocolError,
     "a request in fragments"},
    {CallMaybe, "call-maybe", Blame::Client, NakReason::NotSpecified, Status::ProtocolError,
     "a request that wants no answer"},
    {ContextUnknown, "context-unknown", Blame::Client, NakReason::NotSpecified, Status::InvalidContext,
     "a request on a context that was never offered"},
    {ContextRejected, "context-rejected", Blame::Client, NakReason::NotSpecified, Status::InvalidContext,
     "a request on a context that the host rejected"},
    {OpnumDenied, "opnum-denied", Blame::Client, NakReason::NotSpecified, Status::OperationRange,
     "the operation is not on the list"},
    {HintTooLarge, "hint-too-large", Blame::Client, NakReason::NotSpecified, Status::ProtocolError,
     "a request that claims to be longer than it is"},
    {CallWithinCall, "call-within-call", Blame::Client, NakReason::NotSpecified, Status::ProtocolError,
     "a call before the last one was answered"},
    {CallIdInUse, "call-id-in-use", Blame::Client, NakReason::NotSpecified, Status::ProtocolError,
     "a call with the number of one that runs"},
    {TooManyCalls, "too-many-calls", Blame::Client, NakReason::NotSpecified, Status::ServerTooBusy,
     "too many calls on one connection"},
    {CancelWithoutCall, "cancel-without-call", Blame::Client, NakReason::NotSpecified, Status::ProtocolError,
     "cancels a call that does not run"},

    {ProxyMissing, "proxy-missing", Blame::Client, kSilent, kSilent, "a balancer that is listed sent no PROXY header"},
    {ProxyMalformed, "proxy-malformed", Blame::Client, kSilent, kSilent, "a bad PROXY header"},

    {ClientSlow, "client-slow", Blame::Client, kSilent, kSilent, "no whole bind in time"},
    {ClientStuck, "client-stuck", Blame::Client, kSilent, kSilent, "client does not take its answer"},
    {SessionTooLong, "session-too-long", Blame::Overload, NakReason::TemporaryCongestion, Status::ServerUnavailable,
     "the connection lasted too long"},

    {NoUpstream, "no-upstream", Blame::Upstream, NakReason::TemporaryCongestion, Status::ServerUnavailable,
     "no host is known"},
    {UpstreamsFailed, "upstreams-failed", Blame::Upstream, NakReason::TemporaryCongestion, Status::ServerUnavailable,
     "every host failed"},
    {QueueTimeout, "queue-timeout", Blame::Overload, NakReason::TemporaryCongestion, Status::ServerTooBusy,
     "waited too long for its turn at the host"},
    {UpstreamInvalid, "upstream-invalid", Blame::Upstream, NakReason::TemporaryCongestion, Status::ServerUnavailable,
     "the host sent what it must not"},
    {UpstreamCut, "upstream-cut", Blame::Upstream, NakReason::TemporaryCongestion, Status::ServerUnavailable,
     "the host closed within a call"},
    {CallTimeout, "call-timeout", Blame::Upstream, NakReason::TemporaryCongestion, Status::ServerUnavailable,
     "the host did not answer a call in time"},
    {Aborted, "aborted", Blame::Nobody, kSilent, kSilent, "aborted"},
}};

constexpr bool is_in_order() {
  for (size_t i = 0; i < kTable.size(); ++i)
    if (static_cast<size_t>(kTable[i].verdict) != i) return false;
  return true;
}
static_assert(is_in_order());

}  // namespace

std::span<const VerdictRow, kVerdicts> verdict_table() { return kTable; }
const VerdictRow& row_of(Verdict verdict) { return kTable[static_cast<size_t>(verdict)]; }

Verdict verdict_of(dcerpc::Drop drop) {
  switch (drop) {
    case dcerpc::Drop::Truncated: return TooShort;
    case dcerpc::Drop::Version: return Version;
    case dcerpc::Drop::UnknownType: return UnknownType;
    case dcerpc::Drop::WrongDirection: return WrongDirection;
    case dcerpc::Drop::DataRepresentation: return DataRepresentation;
    case dcerpc::Drop::TooShort: return TooShort;
    case dcerpc::Drop::TooLong: return TooLong;
    case dcerpc::Drop::Authenticated: return Authenticated;
    case dcerpc::Drop::ReservedFlag: return ReservedFlag;
  }
  return TooShort;
}

}  // namespace ck::gateway
