// SPDX-License-Identifier: MIT
// A TLS server (Mbed TLS's own) and the network between it and a tls::Client: bytes go in pieces of any size, either
// way, and may be changed on their way. For tests that have no sockets.
#pragma once

#include <mbedtls/ssl.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "base/random.h"
#include "engine/tls/client.h"
#include "support/certificates.h"

namespace ck::test {

inline constexpr int64_t kIn2030 = 1'893'456'000'000;  // 2030-01-01 00:00:00 UTC

class TlsServer {
 public:
  enum class Ask : uint8_t { Nothing, Certificate };
  explicit TlsServer(uint64_t seed, std::string_view certificate = kServer, std::string_view key = kServerKey,
                     Ask ask = Ask::Nothing)
      : random_(seed) {
    mbedtls_ssl_config_init(&config_);
    mbedtls_ssl_init(&tls_);
    mbedtls_x509_crt_init(&certificate_);
    mbedtls_x509_crt_init(&authority_);
    mbedtls_pk_init(&key_);
    must(mbedtls_x509_crt_parse(&certificate_, bytes(certificate), certificate.size() + 1));
    must(mbedtls_x509_crt_parse(&authority_, bytes(kAuthority), kAuthority.size() + 1));
#if MBEDTLS_VERSION_MAJOR >= 3
    must(mbedtls_pk_parse_key(&key_, bytes(key), key.size() + 1, nullptr, 0, draw, this));
#else
    must(mbedtls_pk_parse_key(&key_, bytes(key), key.size() + 1, nullptr, 0));
#endif
    must(mbedtls_ssl_config_defaults(&config_, MBEDTLS_SSL_IS_SERVER, MBEDTLS_SSL_TRANSPORT_STREAM,
                                     MBEDTLS_SSL_PRESET_DEFAULT));
    mbedtls_ssl_conf_rng(&config_, draw, this);
    mbedtls_ssl_conf_ca_chain(&config_, &authority_, nullptr);
    mbedtls_ssl_conf_authmode(&config_,
                              ask == Ask::Certificate ? MBEDTLS_SSL_VERIFY_REQUIRED : MBEDTLS_SSL_VERIFY_NONE);
    must(mbedtls_ssl_conf_own_cert(&config_, &certificate_, &key_));
    must(mbedtls_ssl_setup(&tls_, &config_));
    mbedtls_ssl_set_bio(&tls_, this, give, take, nullptr);
  }
  ~TlsServer() {
    mbedtls_ssl_free(&tls_);
    mbedtls_ssl_config_free(&config_);
    mbedtls_x509_crt_free(&certificate_);
    mbedtls_x509_crt_free(&authority_);
    mbedtls_pk_free(&key_);
  }
  TlsServer(const TlsServer&) = delete;
  TlsServer& operator=(const TlsServer&) = delete;

  std::string in, out;      // bytes that have come, and that are to go
  std::string text;         // what the client has said
  bool was_closed = false;  // in order
  int error = 0;

  void run() {
    std::vector<uint8_t> buffer(4096);
    while (error == 0 && !was_closed) {
      int code = mbedtls_ssl_read(&tls_, buffer.data(), buffer.size());  // does the handshake first
      if (code == MBEDTLS_ERR_SSL_WANT_READ || code == MBEDTLS_ERR_SSL_WANT_WRITE) return;
      if (code > 0)
        text.append(reinterpret_cast<const char*>(buffer.data()), static_cast<size_t>(code));
      else if (code == MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY)
        was_closed = true;
      else
        error = code;
    }
  }
  void say(std::string_view words) { (void)mbedtls_ssl_write(&tls_, bytes(words), words.size()); }
  void close() { (void)mbedtls_ssl_close_notify(&tls_); }

 private:
  static const uint8_t* bytes(std::string_view text) { return reinterpret_cast<const uint8_t*>(text.data()); }
  static void must(int code) {
    if (code != 0) __builtin_trap();
  }
  static int draw(void* self, unsigned char* to, size_t size) {
    for (size_t i = 0; i < size; ++i) to[i] = static_cast<uint8_t>(static_cast<TlsServer*>(self)->random_.next());
    return 0;
  }
  static int give(void* self, const unsigned char* from, size_t size) {
    static_cast<TlsServer*>(self)->out.append(reinterpret_cast<const char*>(from), size);
    return static_cast<int>(size);
  }
  static int take(void* self, unsigned char* to, size_t size) {
    std::string& in = static_cast<TlsServer*>(self)->in;
    size_t count = std::min(size, in.size());
    if (count == 0) return MBEDTLS_ERR_SSL_WANT_READ;
    std::copy_n(in.begin(), count, to);
    in.erase(0, count);
    return static_cast<int>(count);
  }

  SeededRandom random_;
  mbedtls_ssl_config config_;
  mbedtls_ssl_context tls_;
  mbedtls_x509_crt certificate_, authority_;
  mbedtls_pk_context key_;
};

struct Want {
  std::string_view name = "logs.example.org";
  std::string_view address = "192.0.2.9";
  std::string_view ca = kAuthority;
  std::string_view certificate = {}, key = {};
  int64_t utc_ms = kIn2030;
};

class TlsWorld {
 public:
  TlsWorld(const Want& want, TlsServer& with, uint64_t seed)
      : server(with),
        random(seed),
        client(*tls::Credentials::parse({want.ca, want.certificate, want.key}), want.name, *parse_ip(want.address),
               random, want.utc_ms) {}

  TlsServer& server;
  SeededRandom random;
  tls::Client client;
  size_t piece = SIZE_MAX;      // at most so many bytes at once, either way
  size_t damage_at = SIZE_MAX;  // of what the server says
  size_t heard = 0;

  // Until nothing moves.
  void run() {
    for (bool moved = true; moved;) {
      moved = false;
      if (Bytes bytes = client.unsent(); !bytes.empty()) {
        size_t count = std::min(bytes.size(), piece);
        server.in += as_text(bytes.first(count));
        client.sent(count);
        moved = true;
      }
      server.run();
      MutableBytes room = client.room();
      size_t count = std::min({room.size(), piece, server.out.size()});
      if (count == 0) continue;
      std::copy_n(server.out.begin(), count, room.begin());
      if (damage_at >= heard && damage_at < heard + count) room[damage_at - heard] ^= 0x41;
      server.out.erase(0, count);
      heard += count;
      client.received(count);
      moved = true;
    }
  }
};

}  // namespace ck::test
