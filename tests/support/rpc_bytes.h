// SPDX-License-Identifier: MIT
// PDUs as bytes, for tests of the relay: right in every part unless a test says otherwise; stubs are bytes that tell
// themselves apart.
#pragma once

#include <string>
#include <vector>

#include "wire/dcerpc/body.h"

namespace ck::test {

using dcerpc::PduType;
using ByteVector = std::vector<uint8_t>;

inline void append(std::vector<uint8_t>& all, const std::vector<uint8_t>& more) {
  all.insert(all.end(), more.begin(), more.end());
}

// Writes the PDU's own size into its header.
inline void set_length(std::vector<uint8_t>& pdu, ByteOrder order) {
  ByteWriter out(MutableBytes(pdu).subspan(8, 2), order);
  out.u16(static_cast<uint16_t>(pdu.size()));
}

inline std::vector<uint8_t> pdu_of(PduType type, uint32_t call_id, ByteOrder order, uint8_t flags,
                                   const std::vector<uint8_t>& body) {
  std::vector<uint8_t> bytes(dcerpc::kHeaderSize);
  ByteWriter out(bytes, order);
  out.u8(5).u8(0).u8(static_cast<uint8_t>(type)).u8(flags);
  out.u8(order == ByteOrder::Little ? 0x10 : 0).zeros(3).u16(0).u16(0).u32(call_id);
  append(bytes, body);
  set_length(bytes, order);
  return bytes;
}

struct ContextOf {
  uint16_t id = 0;
  dcerpc::SyntaxId abstract = dcerpc::kKmsInterface;
  std::vector<dcerpc::SyntaxId> transfers = {dcerpc::kNdr};
};

struct BindOf {
  ByteOrder order = ByteOrder::Little;
  PduType type = PduType::Bind;
  uint32_t call_id = 1;
  uint8_t flags = 3;
  uint32_t group = 0;
  std::vector<ContextOf> contexts = {{}};
};

inline std::vector<uint8_t> bind(const BindOf& of) {
  std::vector<uint8_t> body(12 + of.contexts.size() * (24 + 20 * 16));
  ByteWriter out(body, of.order);
  out.u16(5840).u16(5840).u32(of.group).u8(static_cast<uint8_t>(of.contexts.size())).zeros(3);
  for (const ContextOf& context : of.contexts) {
    out.u16(context.id).u8(static_cast<uint8_t>(context.transfers.size())).u8(0);
    dcerpc::write_syntax(context.abstract, of.order, out);
    for (const dcerpc::SyntaxId& transfer : context.transfers) dcerpc::write_syntax(transfer, of.order, out);
  }
  body.resize(out.size());
  return pdu_of(of.type, of.call_id, of.order, of.flags, body);
}

struct ResultOf {
  uint16_t result = 0;
  uint16_t reason = 0;
  dcerpc::SyntaxId transfer = dcerpc::kNdr;
};

struct AckOf {
  ByteOrder order = ByteOrder::Little;
  PduType type = PduType::BindAck;
  uint32_t call_id = 1;
  uint8_t flags = 3;
  std::string address = std::string("1688\0", 5);
  std::vector<ResultOf> results = {{}};
};

inline std::vector<uint8_t> ack(const AckOf& of) {
  std::vector<uint8_t> body(64 + of.address.size() + of.results.size() * 24);
  ByteWriter out(body, of.order);
  out.u16(5840).u16(5840).u32(0x5a5a).u16(static_cast<uint16_t>(of.address.size())).text(of.address);
  out.zeros((4 - (dcerpc::kHeaderSize + out.size()) % 4) % 4);
  out.u8(static_cast<uint8_t>(of.results.size())).zeros(3);
  for (const ResultOf& result : of.results) {
    out.u16(result.result).u16(result.reason);
    dcerpc::write_syntax(result.transfer, of.order, out);
  }
  body.resize(out.size());
  return pdu_of(of.type, of.call_id, of.order, of.flags, body);
}

inline std::vector<uint8_t> nak(uint16_t reason, uint32_t call_id = 1, ByteOrder order = ByteOrder::Little) {
  std::vector<uint8_t> body(8);
  ByteWriter out(body, order);
  out.u16(reason).u8(1).u8(5).u8(0).zeros(3);
  return pdu_of(PduType::BindNak, call_id, order, 3, body);
}

// A request or, by `type`, a response: `stub` bytes long.
struct CallOf {
  ByteOrder order = ByteOrder::Little;
  uint32_t call_id = 2;
  uint8_t flags = 3;
  uint32_t hint = 0;
  uint16_t context = 0;
  uint16_t opnum = 0;  // of a request
  size_t stub = 250;
};

inline std::vector<uint8_t> call(PduType type, const CallOf& of) {
  std::vector<uint8_t> body(8 + of.stub);
  ByteWriter out(body, of.order);
  out.u32(of.hint).u16(of.context);
  if (type == PduType::Request)
    out.u16(of.opnum);
  else
    out.zeros(2);
  for (size_t i = 0; i < of.stub; ++i) out.u8(static_cast<uint8_t>(i * 7 + of.call_id));
  return pdu_of(type, of.call_id, of.order, of.flags, body);
}
inline std::vector<uint8_t> request(const CallOf& of) { return call(PduType::Request, of); }
inline std::vector<uint8_t> response(const CallOf& of) { return call(PduType::Response, of); }

inline std::vector<uint8_t> fault(uint32_t status, uint32_t call_id = 2, ByteOrder order = ByteOrder::Little) {
  std::vector<uint8_t> body(16);
  ByteWriter out(body, order);
  out.u32(32).u16(0).zeros(2).u32(status).zeros(4);
  return pdu_of(PduType::Fault, call_id, order, 3, body);
}

// A right header in front of bytes that mean nothing.
inline std::vector<uint8_t> pdu(PduType type, uint16_t length, uint32_t call_id, ByteOrder order = ByteOrder::Little,
                                uint8_t flags = 3) {
  std::vector<uint8_t> body(length - dcerpc::kHeaderSize);
  for (size_t i = 0; i < body.size(); ++i) body[i] = static_cast<uint8_t>(i * 7 + call_id);
  return pdu_of(type, call_id, order, flags, body);
}

}  // namespace ck::test
