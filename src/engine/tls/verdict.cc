// SPDX-License-Identifier: MIT
#include "engine/tls/verdict.h"

#include <mbedtls/oid.h>
#include <mbedtls/ssl.h>

#include <algorithm>
#include <array>
#include <optional>

#include "base/text.h"
#include "base/utc.h"

namespace ck::tls {

namespace {

constexpr size_t kMostNames = 3;  // of a certificate, in words
constexpr size_t kLongestName = 64;
constexpr uint8_t kTagMask = 0x1f;
constexpr uint8_t kDnsName = 2;  // RFC 5280 4.2.1.6, the choices of GeneralName
constexpr uint8_t kIpAddress = 7;

using Writer = TextWriter;

void put_printable(Writer& out, const mbedtls_x509_buf& text) {
  for (size_t i = 0; i < std::min(text.len, kLongestName); ++i)
    out.put(text.p[i] >= 0x20 && text.p[i] < 0x7f ? static_cast<char>(text.p[i]) : '?');
  if (text.len > kLongestName) out.put("...");
}

const mbedtls_x509_buf* common_name(const mbedtls_x509_name& name) {
  for (const mbedtls_x509_name* each = &name; each != nullptr; each = each->next)
    if (MBEDTLS_OID_CMP(MBEDTLS_OID_AT_CN, &each->oid) == 0) return &each->val;
  return nullptr;
}

void put_common_name(Writer& out, const mbedtls_x509_name& name) {
  if (const mbedtls_x509_buf* text = common_name(name))
    put_printable(out, *text);
  else
    out.put("(no name)");
}

uint8_t kind_of(const mbedtls_x509_sequence& name) { return static_cast<uint8_t>(name.buf.tag) & kTagMask; }

std::optional<IpAddress> address_of(const mbedtls_x509_buf& bytes) {
  IpAddress address;
  if (bytes.len == sizeof(address.v4.value)) {
    for (size_t i = 0; i < bytes.len; ++i) address.v4.value = address.v4.value << 8 | bytes.p[i];
    return address;
  }
  if (bytes.len != address.v6.octets.size()) return std::nullopt;
  address.family = Family::V6;
  std::copy_n(bytes.p, bytes.len, address.v6.octets.begin());
  return address;
}

// Only a name of that kind makes it the certificate of an address (RFC 9525 6.5, RFC 5425 5.2).
bool is_for_address(const mbedtls_x509_crt& certificate, const IpAddress& address) {
  for (const mbedtls_x509_sequence* each = &certificate.subject_alt_names; each != nullptr; each = each->next)
    if (each->buf.p != nullptr && kind_of(*each) == kIpAddress && address_of(each->buf) == address) return true;
  return false;
}

void put_address(Writer& out, const mbedtls_x509_buf& bytes) {
  if (auto address = address_of(bytes))
    out.put(to_text(*address));
  else
    out.put('?');
}

// Whom it is for: its names, or its subject's where it has none.
void put_names(Writer& out, const mbedtls_x509_crt& certificate) {
  size_t count = 0;
  for (const mbedtls_x509_sequence* each = &certificate.subject_alt_names; each != nullptr; each = each->next) {
    if (each->buf.p == nullptr || (kind_of(*each) != kDnsName && kind_of(*each) != kIpAddress)) continue;
    if (++count > kMostNames) {
      out.put(" and others");
      return;
    }
    if (count > 1) out.put(", ");
    kind_of(*each) == kDnsName ? put_printable(out, each->buf) : put_address(out, each->buf);
  }
  if (count == 0) put_common_name(out, certificate.subject);
}

void put_peer(Writer& out, const Peer& peer) {
  if (peer.name.empty())
    out.put(to_text(peer.address));
  else
    out.put(peer.name);
}

// "the certificate of logs.example.org", "the certificate of the authority Example Root".
void put_certificate(Writer& out, const mbedtls_x509_crt& certificate, int depth, const Peer& peer) {
  out.put("the certificate of ");
  if (depth == 0) return put_peer(out, peer);
  out.put("the authority ");
  put_common_name(out, certificate.subject);
}

mbedtls_x509_time to_time(int64_t utc_ms) {
  auto text = utc_text(utc_ms);  // 2026-11-25T14:05:23.042Z
  auto part = [&](size_t at, size_t size) {
    return static_cast<int>(parse_u32(text.view().substr(at, size)).value_or(0));
  };
  return {part(0, 4), part(5, 2), part(8, 2), part(11, 2), part(14, 2), part(17, 2)};
}

void put_time(Writer& out, const mbedtls_x509_time& time) {
  auto two = [&](int value) { out.number(static_cast<uint64_t>(value), 2, '0'); };
  out.number(static_cast<uint64_t>(time.year), 4, '0').put('-');
  two(time.mon);
  out.put('-');
  two(time.day);
  out.put(' ');
  two(time.hour);
  out.put(':');
  two(time.min);
  out.put(':');
  two(time.sec);
  out.put(" UTC");
}

void put_clock(Writer& out, int64_t utc_ms) {
  out.put(" (the clock says ");
  put_time(out, to_time(utc_ms));
  out.put(")");
}

// RFC 5246 7.2, RFC 6066, RFC 8446 6.
struct Alert {
  int number;
  std::string_view words;
};
constexpr Alert kAlerts[] = {
    {10, "unexpected message"},      {20, "bad record"},
    {40, "handshake failure"},       {42, "bad certificate"},
    {43, "unsupported certificate"}, {44, "certificate revoked"},
    {45, "certificate expired"},     {46, "certificate unknown"},
    {47, "illegal parameter"},       {48, "unknown authority"},
    {49, "access denied"},           {50, "decode error"},
    {51, "decrypt error"},           {70, "protocol version"},
    {71, "insufficient security"},   {80, "internal error"},
    {112, "unrecognized name"},      {116, "certificate required"},
};

void put_alert(Writer& out, int number, bool has_certificate) {
  auto alert = std::ranges::find(kAlerts, number, &Alert::number);
  out.put("the server refuses the handshake: ");
  if (alert != std::end(kAlerts))
    out.put(alert->words);
  else
    out.put("alert ").number(static_cast<uint64_t>(number));
  bool of_certificates = (number >= 40 && number <= 49) || number == 116;
  if (!of_certificates || number == 47) return;
  out.put(has_certificate ? " (does it know the authority of our certificate?)"
                          : " (does it want a certificate of ours?)");
}

}  // namespace

uint32_t judge(const mbedtls_x509_crt& certificate, int depth, const Peer& peer, int64_t utc_ms, uint32_t flags) {
  mbedtls_x509_time now = to_time(utc_ms);
  if (compare(now, certificate.valid_from) < 0) flags |= MBEDTLS_X509_BADCERT_FUTURE;
  if (compare(now, certificate.valid_to) > 0) flags |= MBEDTLS_X509_BADCERT_EXPIRED;
  if (depth == 0 && peer.name.empty() && !is_for_address(certificate, peer.address))
    flags |= MBEDTLS_X509_BADCERT_CN_MISMATCH;
  return flags;
}

Reason words_of(const mbedtls_x509_crt& certificate, int depth, const Peer& peer, int64_t utc_ms, uint32_t flags) {
  std::array<char, Reason::capacity()> buffer;
  Writer out(buffer);
  if (flags == 0) return {};
  if ((flags & MBEDTLS_X509_BADCERT_CN_MISMATCH) != 0 && (flags & MBEDTLS_X509_BADCERT_NOT_TRUSTED) == 0) {
    out.put("the certificate is not for ");
    put_peer(out, peer);
    out.put(" but for ");
    put_names(out, certificate);
    return out.view();
  }
  put_certificate(out, certificate, depth, peer);
  if ((flags & MBEDTLS_X509_BADCERT_NOT_TRUSTED) != 0) {
    out.put(" is signed by none of the authorities in `ca`, but by ");
    put_common_name(out, certificate.issuer);
  } else if ((flags & MBEDTLS_X509_BADCERT_EXPIRED) != 0) {
    out.put(" has expired on ");
    put_time(out, certificate.valid_to);
    put_clock(out, utc_ms);
  } else if ((flags & MBEDTLS_X509_BADCERT_FUTURE) != 0) {
    out.put(" is not valid before ");
    put_time(out, certificate.valid_from);
    put_clock(out, utc_ms);
  } else if ((flags & (MBEDTLS_X509_BADCERT_BAD_MD | MBEDTLS_X509_BADCERT_BAD_PK | MBEDTLS_X509_BADCERT_BAD_KEY)) !=
             0) {
    out.put(" is too weak (SHA-256, RSA of 2048 bits or a curve of 256 bits are the least)");
  } else {
    out.put(" is not acceptable (Mbed TLS: 0x").hex(flags, 8).put(")");
  }
  return out.view();
}

Reason words_of_usage(const Peer& peer) {
  std::array<char, Reason::capacity()> buffer;
  Writer out(buffer);
  out.put("the certificate of ");
  put_peer(out, peer);
  out.put(" is not meant for servers");
  return out.view();
}

Reason words_of_failure(int code, int alert, bool has_certificate) {
  std::array<char, Reason::capacity()> buffer;
  Writer out(buffer);
  switch (code) {
    case MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE: put_alert(out, alert, has_certificate); break;
    case MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY:
    case MBEDTLS_ERR_SSL_CONN_EOF: out.put("closed by the server"); break;
    case MBEDTLS_ERR_SSL_INVALID_RECORD: out.put("what the server says is not TLS"); break;
    case MBEDTLS_ERR_SSL_INVALID_MAC: out.put("a record of the server was changed on its way"); break;
    case MBEDTLS_ERR_X509_UNKNOWN_SIG_ALG:
      out.put("the server's certificate is signed in a way that is too weak");
      break;
    case MBEDTLS_ERR_SSL_ALLOC_FAILED: out.put("no memory for TLS"); break;
    case -0x6E80: out.put("the server does not speak TLS 1.2"); break;  // its name is another in each version
    default:
      out.put("the TLS handshake failed (Mbed TLS: -0x")
          .hex(static_cast<uint64_t>(-static_cast<int64_t>(code)), 4)
          .put(")");
  }
  return out.view();
}

}  // namespace ck::tls
