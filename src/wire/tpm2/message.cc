// SPDX-License-Identifier: MIT
#include "wire/tpm2/message.h"

#include <algorithm>

namespace ck::tpm2 {

namespace {

constexpr uint16_t kNoSessions = 0x8001;  // TPM_ST_NO_SESSIONS
constexpr uint16_t kSessions = 0x8002;    // TPM_ST_SESSIONS
constexpr uint32_t kHashSequenceStart = 0x186;
constexpr uint32_t kSequenceUpdate = 0x15c;
constexpr uint32_t kEventSequenceComplete = 0x185;
constexpr uint32_t kFlushContext = 0x165;
constexpr uint16_t kAlgNull = 0x10;                // TPM_ALG_NULL: of every bank
constexpr uint32_t kPasswordSession = 0x40000009;  // TPM_RS_PW
constexpr size_t kPasswordSize = 4 + 2 + 1 + 2;    // handle, no nonce, attributes, no password

struct Bank {
  uint16_t algorithm;
  std::string_view name;
  size_t size;
};
constexpr Bank kBanks[] = {
    {0x04, "sha1", 20},    {0x0b, "sha256", 32},   {0x0c, "sha384", 48},   {0x0d, "sha512", 64},
    {0x12, "sm3_256", 32}, {0x27, "sha3_256", 32}, {0x28, "sha3_384", 48}, {0x29, "sha3_512", 64},
};

const Bank* find_bank(uint16_t algorithm) {
  const Bank* found =
      std::find_if(std::begin(kBanks), std::end(kBanks), [&](const Bank& bank) { return bank.algorithm == algorithm; });
  return found == std::end(kBanks) ? nullptr : found;
}

void put_passwords(unsigned count, ByteWriter& out) {
  out.u32(static_cast<uint32_t>(count * kPasswordSize));
  for (unsigned i = 0; i < count; ++i) out.u32(kPasswordSession).u16(0).u8(0).u16(0);
}

void put_data(Bytes data, ByteWriter& out) {
  data = data.first(std::min(data.size(), kMostData));
  out.u16(static_cast<uint16_t>(data.size())).bytes(data);
}

// The size stands before what it counts, so the command is written with none and then given it.
ByteWriter begin(uint16_t tag, uint32_t command, CommandBuffer& out) {
  ByteWriter writer(out);
  writer.u16(tag).u32(0).u32(command);
  return writer;
}
Bytes end(ByteWriter& writer) {
  writer.patch_u16(4, static_cast<uint16_t>(writer.size()));  // the lower half of four bytes
  return writer.written();
}

// What comes after the header of a reply that is good.
Result<ByteReader> open_reply(Bytes reply, uint16_t expected_tag) {
  ByteReader reader(reply);
  auto tag = reader.u16();
  auto size = reader.u32();
  auto code = reader.u32();
  if (!code || *size != reply.size()) return fail(Code::Malformed, "TPM: a reply of the wrong size");
  // One of version 1.2 answers with its own tag, or refuses in the form of that version.
  if (*tag != kNoSessions && *tag != kSessions) return fail(Code::Unsupported, "TPM: it is not of version 2.0");
  if (*code != 0) return fail(Code::Denied, "TPM: it refuses");
  if (*tag != expected_tag) return fail(Code::Malformed, "TPM: a reply of another form");
  return reader;
}

}  // namespace

Bytes write_event_sequence_start(CommandBuffer& out) {
  ByteWriter writer = begin(kNoSessions, kHashSequenceStart, out);
  writer.u16(0).u16(kAlgNull);  // no password
  return end(writer);
}

Bytes write_sequence_update(Handle sequence, Bytes data, CommandBuffer& out) {
  ByteWriter writer = begin(kSessions, kSequenceUpdate, out);
  writer.u32(sequence);
  put_passwords(1, writer);
  put_data(data, writer);
  return end(writer);
}

Bytes write_event_sequence_complete(unsigned pcr, Handle sequence, Bytes data, CommandBuffer& out) {
  ByteWriter writer = begin(kSessions, kEventSequenceComplete, out);
  writer.u32(pcr).u32(sequence);
  put_passwords(2, writer);
  put_data(data, writer);
  return end(writer);
}

Bytes write_flush_context(Handle handle, CommandBuffer& out) {
  ByteWriter writer = begin(kNoSessions, kFlushContext, out);
  writer.u32(handle);
  return end(writer);
}

std::string_view bank_name(uint16_t algorithm) {
  const Bank* bank = find_bank(algorithm);
  return bank == nullptr ? std::string_view() : bank->name;
}

Result<void> parse_reply(Bytes reply) {
  CK_TRY(open_reply(reply, kSessions));
  return {};
}

Result<Handle> parse_sequence_handle(Bytes reply) {
  ByteReader reader = CK_TRY(open_reply(reply, kNoSessions));
  auto handle = reader.u32();
  if (!handle || !reader.empty()) return fail(Code::Malformed, "TPM: a reply of another form");
  return *handle;
}

Result<Digests> parse_digests(Bytes reply) {
  ByteReader reader = CK_TRY(open_reply(reply, kSessions));
  auto size = reader.u32();  // of the parameters; what follows them are the sessions
  auto parameters = size ? reader.take(*size) : std::nullopt;
  if (!parameters) return fail(Code::Malformed, "TPM: digests beyond the reply's end");
  ByteReader values(*parameters);
  auto count = values.u32();
  if (!count || *count > Digests::capacity()) return fail(Code::Malformed, "TPM: more digests than there are banks");
  Digests digests;
  for (uint32_t i = 0; i < *count; ++i) {
    Digest digest{.algorithm = values.u16().value_or(0), .bytes = {}};
    // How long it is follows from its algorithm alone, so what is not known ends here.
    const Bank* bank = find_bank(digest.algorithm);
    auto bytes = bank == nullptr ? std::nullopt : values.take(bank->size);
    if (!bytes) return fail(Code::Malformed, "TPM: a digest of unknown form");
    for (uint8_t byte : *bytes) (void)digest.bytes.push_back(byte);
    (void)digests.push_back(digest);
  }
  if (!values.empty()) return fail(Code::Malformed, "TPM: more than digests");
  return digests;
}

uint32_t response_code(Bytes reply) {
  ByteReader reader(reply);
  return reader.skip(6) ? reader.u32().value_or(0) : 0;
}

}  // namespace ck::tpm2
