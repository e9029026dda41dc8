// SPDX-License-Identifier: MIT
// What Credentials hold; for the sources of this folder alone.
#pragma once

#include <mbedtls/pk.h>
#include <mbedtls/x509_crt.h>

#include "engine/tls/credentials.h"

namespace ck::tls {

struct Credentials::Parsed {
  Parsed() {
    mbedtls_x509_crt_init(&ca);
    mbedtls_x509_crt_init(&certificate);
    mbedtls_pk_init(&key);
  }
  ~Parsed() {
    mbedtls_x509_crt_free(&ca);
    mbedtls_x509_crt_free(&certificate);
    mbedtls_pk_free(&key);  // overwrites it
  }
  Parsed(const Parsed&) = delete;
  Parsed& operator=(const Parsed&) = delete;

  // Mbed TLS takes all of them as changeable and changes none.
  mbedtls_x509_crt ca;
  mbedtls_x509_crt certificate;  // without bytes: none
  mbedtls_pk_context key;
};

// -1, 0, 1 as `a` is before, at or after `b`.
int compare(const mbedtls_x509_time& a, const mbedtls_x509_time& b);

}  // namespace ck::tls
