// SPDX-License-Identifier: MIT
// Why a TLS connection cannot be had, in words: what is wrong with a certificate, and what Mbed TLS or the server's
// alert says. What the server has said of itself is repeated in part, with everything but printable ASCII replaced.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/addresses.h"
#include "base/fixed.h"
#include "engine/tls/parsed.h"

namespace ck::tls {

using Reason = FixedString<240>;

// What a server's certificate must be for: a host name, or the address when there is none.
struct Peer {
  FixedString<254> name;
  IpAddress address;
};

// All that this certificate, `depth` steps from the server's own (0), has against it; `flags` are those of Mbed TLS,
// which neither knows the time nor reads addresses: both are looked at here.
uint32_t judge(const mbedtls_x509_crt& certificate, int depth, const Peer& peer, int64_t utc_ms, uint32_t flags);

// The gravest of these in words; empty when there are none.
Reason words_of(const mbedtls_x509_crt& certificate, int depth, const Peer& peer, int64_t utc_ms, uint32_t flags);

// That it is good, but not for this.
Reason words_of_usage(const Peer& peer);

// Of a failure (MBEDTLS_ERR_...) other than that of the certificate; `alert` is the last that came, -1 for none.
Reason words_of_failure(int code, int alert, bool has_certificate);

}  // namespace ck::tls
