// SPDX-License-Identifier: MIT
// The two PDUs with which the gateway itself refuses: bind_nak (C706 12.6.4.5) and fault (C706 12.6.4.7), in the byte
// order of the PDU that they answer. Nothing else is ever said in a server's place.
#pragma once

#include "wire/dcerpc/pdu.h"

namespace ck::dcerpc {

// provider_reject_reason
enum class NakReason : uint16_t {
  NotSpecified = 0,
  TemporaryCongestion = 1,
  LocalLimit = 2,
  ProtocolVersion = 4,
  AuthenticationType = 8,
};

// C706 appendix E and MS-ERREF
enum class Status : uint32_t {
  AccessDenied = 0x00000005,
  ServerUnavailable = 0x000006ba,
  OperationRange = 0x1c010002,
  ProtocolError = 0x1c01000b,
  ServerTooBusy = 0x1c010014,
  InvalidContext = 0x1c00001c,
  UnsupportedAuthentication = 0x1c00001d,
};

inline constexpr size_t kMaxAnswer = 32;  // bytes of either

// Both return what was written, at the beginning of `buffer`; nothing when it holds fewer than kMaxAnswer bytes.
Bytes write_bind_nak(NakReason reason, ByteOrder order, uint32_t call_id, MutableBytes buffer);
// `executed`: the call may have been carried out; otherwise the fault says that it was not (PFC_DID_NOT_EXECUTE).
enum class Executed : uint8_t { No, Maybe };
Bytes write_fault(Status status, Executed executed, ByteOrder order, uint32_t call_id, MutableBytes buffer);

}  // namespace ck::dcerpc
