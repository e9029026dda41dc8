// SPDX-License-Identifier: MIT
#include "wire/tpm2/event_log.h"

namespace ck::tpm2 {

namespace {

constexpr uint32_t kNoAction = 3;  // EV_NO_ACTION: extends nothing
constexpr uint32_t kIpl = 13;      // EV_IPL
constexpr size_t kSha1Size = 20;   // the digest of a TCG_PCClientPCREvent, of zeros in the header
constexpr std::string_view kSignature{"Spec ID Event03\0", 16};
constexpr uint8_t kSpecMinor = 0, kSpecMajor = 2, kSpecErrata = 0;
constexpr uint8_t kUintnSize = 2;  // 64 bits

}  // namespace

bool is_event_log(Bytes log) {
  ByteReader reader(log, ByteOrder::Little);
  auto pcr = reader.u32();
  auto type = reader.u32();
  if (pcr != 0u || type != kNoAction || !reader.skip(kSha1Size) || !reader.u32()) return false;
  auto signature = reader.take(kSignature.size());
  return signature && as_text(*signature) == kSignature;
}

void write_log_header(const Digests& banks, ByteWriter& out) {
  constexpr size_t kFixed = kSignature.size() + 4 + 4 + 4 + 1;
  out.u32(0).u32(kNoAction).zeros(kSha1Size).u32(static_cast<uint32_t>(kFixed + 4 * banks.size()));
  out.text(kSignature).u32(0).u8(kSpecMinor).u8(kSpecMajor).u8(kSpecErrata).u8(kUintnSize);
  out.u32(static_cast<uint32_t>(banks.size()));
  for (const Digest& bank : banks) out.u16(bank.algorithm).u16(static_cast<uint16_t>(bank.bytes.size()));
  out.u8(0);  // nothing of a vendor
}

void write_log_event(unsigned pcr, const Digests& digests, std::string_view what, ByteWriter& out) {
  out.u32(pcr).u32(kIpl).u32(static_cast<uint32_t>(digests.size()));
  for (const Digest& digest : digests) out.u16(digest.algorithm).bytes({digest.bytes.data(), digest.bytes.size()});
  out.u32(static_cast<uint32_t>(what.size())).text(what);
}

}  // namespace ck::tpm2
