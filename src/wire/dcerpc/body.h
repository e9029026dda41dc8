// SPDX-License-Identifier: MIT
// The bodies of the PDUs that the gateway reads (C706 12.6.4, MS-RPCE 2.2.2). Each parse_* takes one whole PDU, header
// included, whose header parse_header() has accepted, and yields what the gateway judges by; stubs stay where they are,
// unread. Capacities are those of one small anonymous service; what exceeds them is an error, never cut off.
#pragma once

#include <cstdint>
#include <expected>

#include "base/fixed.h"
#include "wire/dcerpc/pdu.h"
#include "wire/dcerpc/syntax.h"

namespace ck::dcerpc {

inline constexpr size_t kMaxContexts = 8;   // of a bind; Windows offers up to three
inline constexpr size_t kMaxTransfers = 4;  // of a context; Windows offers one

struct ContextElement {
  uint16_t id = 0;
  SyntaxId abstract;
  FixedVector<SyntaxId, kMaxTransfers> transfers;
};

// bind and alter_context
struct Bind {
  uint16_t max_transmit = 0;
  uint16_t max_receive = 0;
  uint32_t association_group = 0;
  FixedVector<ContextElement, kMaxContexts> contexts;
};

// MS-RPCE 2.2.2.4
enum class ContextResult : uint16_t { Acceptance = 0, UserRejection = 1, ProviderRejection = 2, NegotiateAck = 3 };

struct BindResult {
  ContextResult result = ContextResult::Acceptance;
  uint16_t reason = 0;  // the bit mask of features, where the result is NegotiateAck
  SyntaxId transfer;    // zeros where nothing was accepted
};

// bind_ack and alter_context_resp
struct BindAck {
  uint16_t max_transmit = 0;
  uint16_t max_receive = 0;
  uint32_t association_group = 0;
  FixedVector<BindResult, kMaxContexts> results;
};

struct Request {
  uint32_t alloc_hint = 0;
  uint16_t context = 0;
  uint16_t opnum = 0;
  uint16_t stub_size = 0;
};

struct Response {
  uint32_t alloc_hint = 0;
  uint16_t context = 0;
  uint16_t stub_size = 0;
};

struct FaultBody {
  uint16_t context = 0;
  uint32_t status = 0;
};

enum class Malformed : uint8_t {
  Truncated,         // the PDU ends within its body
  TrailingBytes,     // bytes after the body
  NoContext,         // no context at all
  TooManyContexts,   // more than kMaxContexts
  NoTransfer,        // a context without a transfer syntax
  TooManyTransfers,  // more than kMaxTransfers
  Result,            // a context result that is none
};
std::string_view text_of(Malformed reason);

std::expected<Bind, Malformed> parse_bind(const Header& header, Bytes pdu);
std::expected<BindAck, Malformed> parse_bind_ack(const Header& header, Bytes pdu);
// The reason to reject (C706 12.6.4.5).
std::expected<uint16_t, Malformed> parse_bind_nak(const Header& header, Bytes pdu);
std::expected<Request, Malformed> parse_request(const Header& header, Bytes pdu);
std::expected<Response, Malformed> parse_response(const Header& header, Bytes pdu);
std::expected<FaultBody, Malformed> parse_fault(const Header& header, Bytes pdu);

}  // namespace ck::dcerpc
