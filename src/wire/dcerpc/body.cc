// SPDX-License-Identifier: MIT
#include "wire/dcerpc/body.h"

namespace ck::dcerpc {

namespace {

// What comes after the common header.
ByteReader body_of(const Header& header, Bytes pdu) {
  if (pdu.size() > header.fragment_length) pdu = pdu.first(header.fragment_length);
  return ByteReader(pdu.size() > kHeaderSize ? pdu.subspan(kHeaderSize) : Bytes(), header.order);
}

std::expected<ContextElement, Malformed> read_context(ByteReader& reader, ByteOrder order) {
  ContextElement context;
  auto id = reader.u16();
  auto transfers = reader.u8();
  if (!id || !transfers || !reader.skip(1)) return std::unexpected(Malformed::Truncated);
  if (*transfers == 0) return std::unexpected(Malformed::NoTransfer);
  if (*transfers > kMaxTransfers) return std::unexpected(Malformed::TooManyTransfers);
  context.id = *id;
  auto abstract = read_syntax(reader, order);
  if (!abstract) return std::unexpected(Malformed::Truncated);
  context.abstract = *abstract;
  for (uint8_t i = 0; i < *transfers; ++i) {
    auto transfer = read_syntax(reader, order);
    if (!transfer) return std::unexpected(Malformed::Truncated);
    (void)context.transfers.push_back(*transfer);
  }
  return context;
}

}  // namespace

std::string_view text_of(Malformed reason) {
  switch (reason) {
    case Malformed::Truncated: return "the PDU ends within its body";
    case Malformed::TrailingBytes: return "bytes after the end of the body";
    case Malformed::NoContext: return "no presentation context";
    case Malformed::TooManyContexts: return "more than 8 presentation contexts";
    case Malformed::NoTransfer: return "a context without a transfer syntax";
    case Malformed::TooManyTransfers: return "more than 4 transfer syntaxes in a context";
    case Malformed::Result: return "a context result that is none";
  }
  return "unknown";
}

std::expected<Bind, Malformed> parse_bind(const Header& header, Bytes pdu) {
  ByteReader reader = body_of(header, pdu);
  auto max_transmit = reader.u16();
  auto max_receive = reader.u16();
  auto group = reader.u32();
  auto contexts = reader.u8();
  if (!max_transmit || !max_receive || !group || !contexts || !reader.skip(3))
    return std::unexpected(Malformed::Truncated);
  if (*contexts == 0) return std::unexpected(Malformed::NoContext);
  if (*contexts > kMaxContexts) return std::unexpected(Malformed::TooManyContexts);
  Bind bind{.max_transmit = *max_transmit, .max_receive = *max_receive, .association_group = *group, .contexts = {}};
  for (uint8_t i = 0; i < *contexts; ++i) {
    auto context = read_context(reader, header.order);
    if (!context) return std::unexpected(context.error());
    (void)bind.contexts.push_back(*context);
  }
  if (!reader.empty()) return std::unexpected(Malformed::TrailingBytes);
  return bind;
}

std::expected<BindAck, Malformed> parse_bind_ack(const Header& header, Bytes pdu) {
  ByteReader reader = body_of(header, pdu);
  auto max_transmit = reader.u16();
  auto max_receive = reader.u16();
  auto group = reader.u32();
  auto address_length = reader.u16();
  if (!max_transmit || !max_receive || !group || !address_length || !reader.skip(*address_length))
    return std::unexpected(Malformed::Truncated);
  size_t to_boundary = (4 - (kHeaderSize + reader.position()) % 4) % 4;
  if (!reader.skip(to_boundary)) return std::unexpected(Malformed::Truncated);
  auto results = reader.u8();
  if (!results || !reader.skip(3)) return std::unexpected(Malformed::Truncated);
  if (*results == 0) return std::unexpected(Malformed::NoContext);
  if (*results > kMaxContexts) return std::unexpected(Malformed::TooManyContexts);
  BindAck ack{.max_transmit = *max_transmit, .max_receive = *max_receive, .association_group = *group, .results = {}};
  for (uint8_t i = 0; i < *results; ++i) {
    auto result = reader.u16();
    auto reason = reader.u16();
    auto transfer = read_syntax(reader, header.order);
    if (!result || !reason || !transfer) return std::unexpected(Malformed::Truncated);
    if (*result > static_cast<uint16_t>(ContextResult::NegotiateAck)) return std::unexpected(Malformed::Result);
    (void)ack.results.push_back(
        {.result = static_cast<ContextResult>(*result), .reason = *reason, .transfer = *transfer});
  }
  return ack;
}

std::expected<uint16_t, Malformed> parse_bind_nak(const Header& header, Bytes pdu) {
  auto reason = body_of(header, pdu).u16();
  if (!reason) return std::unexpected(Malformed::Truncated);
  return *reason;
}

std::expected<Request, Malformed> parse_request(const Header& header, Bytes pdu) {
  ByteReader reader = body_of(header, pdu);
  auto hint = reader.u32();
  auto context = reader.u16();
  auto opnum = reader.u16();
  bool object = (header.flags & kObjectUuid) != 0;
  if (!hint || !context || !opnum || (object && !reader.skip(16))) return std::unexpected(Malformed::Truncated);
  return Request{.alloc_hint = *hint,
                 .context = *context,
                 .opnum = *opnum,
                 .stub_size = static_cast<uint16_t>(reader.remaining())};
}

std::expected<Response, Malformed> parse_response(const Header& header, Bytes pdu) {
  ByteReader reader = body_of(header, pdu);
  auto hint = reader.u32();
  auto context = reader.u16();
  if (!hint || !context || !reader.skip(2)) return std::unexpected(Malformed::Truncated);
  return Response{.alloc_hint = *hint, .context = *context, .stub_size = static_cast<uint16_t>(reader.remaining())};
}

std::expected<FaultBody, Malformed> parse_fault(const Header& header, Bytes pdu) {
  ByteReader reader = body_of(header, pdu);
  auto hint = reader.u32();
  auto context = reader.u16();
  bool skipped = reader.skip(2);  // cancel count and flags
  auto status = reader.u32();
  if (!hint || !context || !skipped || !status) return std::unexpected(Malformed::Truncated);
  return FaultBody{.context = *context, .status = *status};
}

}  // namespace ck::dcerpc
