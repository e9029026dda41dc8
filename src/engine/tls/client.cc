// SPDX-License-Identifier: MIT
#include "engine/tls/client.h"

#define MBEDTLS_ALLOW_PRIVATE_ACCESS  // to the alert that came
#include <mbedtls/ssl.h>

#include <algorithm>
#include <array>
#include <utility>

#include "engine/tls/parsed.h"
#include "engine/tls/verdict.h"

namespace ck::tls {

namespace {

// Its header, nonce and tag (RFC 5288), and some spare.
constexpr size_t kLargestRecord = MBEDTLS_SSL_OUT_CONTENT_LEN + 128;

constexpr int kBadCertificate = -0x7A00;  // its name is another in each version

int draw(void* context, unsigned char* out, size_t size) {
  auto& random = *static_cast<RandomSource*>(context);
  for (size_t i = 0; i < size;) {
    uint64_t bits = random.next();
    for (size_t j = 0; j < sizeof(bits) && i < size; ++j, bits >>= 8) out[i++] = static_cast<unsigned char>(bits);
  }
  return 0;
}

}  // namespace

struct Client::Inner {
  std::shared_ptr<const Credentials> credentials;
  RandomSource& random;
  Peer peer;
  int64_t utc_ms;
  mbedtls_ssl_config config;
  mbedtls_ssl_context tls;
  State state = State::Handshake;
  Reason error;
  Reason objection;           // to a certificate
  bool is_for_trust = false;  // that is the objection: no other counts
  std::array<uint8_t, kRoom> in;
  size_t in_begin = 0;
  size_t in_end = 0;
  std::array<uint8_t, kLargestRecord> out;
  size_t out_begin = 0;
  size_t out_end = 0;

  Inner(std::shared_ptr<const Credentials> whom, RandomSource& source, Peer whose, int64_t when)
      : credentials(std::move(whom)), random(source), peer(std::move(whose)), utc_ms(when) {
    mbedtls_ssl_config_init(&config);
    mbedtls_ssl_init(&tls);
  }
  ~Inner() {
    mbedtls_ssl_free(&tls);
    mbedtls_ssl_config_free(&config);
  }
  Inner(const Inner&) = delete;
  Inner& operator=(const Inner&) = delete;

  int start() {
    int code = mbedtls_ssl_config_defaults(&config, MBEDTLS_SSL_IS_CLIENT, MBEDTLS_SSL_TRANSPORT_STREAM,
                                           MBEDTLS_SSL_PRESET_DEFAULT);
    if (code != 0) return code;
    Credentials::Parsed& parsed = *credentials->parsed_;
    mbedtls_ssl_conf_rng(&config, draw, &random);
    mbedtls_ssl_conf_authmode(&config, MBEDTLS_SSL_VERIFY_REQUIRED);
    mbedtls_ssl_conf_cert_profile(&config, &mbedtls_x509_crt_profile_next);
    mbedtls_ssl_conf_ca_chain(&config, &parsed.ca, nullptr);
    mbedtls_ssl_conf_verify(&config, verify, this);
    if (credentials->has_certificate()) {
      code = mbedtls_ssl_conf_own_cert(&config, &parsed.certificate, &parsed.key);
      if (code != 0) return code;
    }
    code = mbedtls_ssl_setup(&tls, &config);
    if (code != 0) return code;
    char name[decltype(peer.name)::capacity() + 1] = {};
    std::ranges::copy(peer.name.view(), name);
    code = mbedtls_ssl_set_hostname(&tls, peer.name.empty() ? nullptr : name);
    if (code != 0) return code;
    mbedtls_ssl_set_bio(&tls, this, give, take, nullptr);
    return 0;
  }

  // ---- what Mbed TLS calls

  static int give(void* context, const unsigned char* bytes, size_t size) {
    auto& self = *static_cast<Inner*>(context);
    if (self.out_begin < self.out_end) return MBEDTLS_ERR_SSL_WANT_WRITE;
    size_t count = std::min(size, self.out.size());
    std::copy_n(bytes, count, self.out.begin());
    self.out_begin = 0;
    self.out_end = count;
    return static_cast<int>(count);
  }

  static int take(void* context, unsigned char* bytes, size_t size) {
    auto& self = *static_cast<Inner*>(context);
    size_t count = std::min(size, self.in_end - self.in_begin);
    if (count == 0) return MBEDTLS_ERR_SSL_WANT_READ;
    std::copy_n(self.in.begin() + static_cast<ptrdiff_t>(self.in_begin), count, bytes);
    self.in_begin += count;
    return static_cast<int>(count);
  }

  // For each certificate from the authority's down to the server's own.
  static int verify(void* context, mbedtls_x509_crt* certificate, int depth, uint32_t* flags) {
    auto& self = *static_cast<Inner*>(context);
    *flags = judge(*certificate, depth, self.peer, self.utc_ms, *flags);
    bool for_trust = (*flags & MBEDTLS_X509_BADCERT_NOT_TRUSTED) != 0;
    if (*flags == 0 || (!self.objection.empty() && (self.is_for_trust || !for_trust))) return 0;
    self.objection = words_of(*certificate, depth, self.peer, self.utc_ms, *flags);
    self.is_for_trust = for_trust;
    return 0;
  }

  // ---- what we call

  void fail(int code) {
    state = State::Over;
    // Mbed TLS looks at the usage last, and tells by another code.
    constexpr uint32_t kUsage = MBEDTLS_X509_BADCERT_KEY_USAGE | MBEDTLS_X509_BADCERT_EXT_KEY_USAGE;
    uint32_t flags = mbedtls_ssl_get_verify_result(&tls);
    bool is_for_certificate = code == MBEDTLS_ERR_X509_CERT_VERIFY_FAILED || code == kBadCertificate;
    if (is_for_certificate && !objection.empty())
      error = objection;
    else if (is_for_certificate && flags != UINT32_MAX && (flags & kUsage) != 0)
      error = words_of_usage(peer);
    else
      error = words_of_failure(code, code == MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE ? tls.in_msg[1] : -1,
                               credentials->has_certificate());
  }

  // As far as it goes with the bytes that are there. An alert may still have gone into `out`.
  void advance() {
    if (state == State::Handshake) {
      int code = mbedtls_ssl_handshake(&tls);
      if (code == 0)
        state = State::Ready;
      else if (code != MBEDTLS_ERR_SSL_WANT_READ && code != MBEDTLS_ERR_SSL_WANT_WRITE)
        return fail(code);
    }
    while (state == State::Ready && in_begin < in_end) {
      std::array<uint8_t, 256> unread;
      int code = mbedtls_ssl_read(&tls, unread.data(), unread.size());
      if (code == MBEDTLS_ERR_SSL_WANT_READ || code == MBEDTLS_ERR_SSL_WANT_WRITE) return;
      if (code <= 0) return fail(code == 0 ? MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY : code);
    }
  }
};

Client::Client(std::shared_ptr<const Credentials> credentials, std::string_view name, const IpAddress& address,
               RandomSource& random, int64_t utc_ms)
    : inner_(std::make_unique<Inner>(std::move(credentials), random, Peer{name, address}, utc_ms)) {
  if (int code = inner_->start(); code != 0)
    inner_->fail(code);
  else
    inner_->advance();
}

Client::~Client() = default;

State Client::state() const { return inner_->state; }
std::string_view Client::error() const { return inner_->error; }

MutableBytes Client::room() {
  Inner& inner = *inner_;
  if (inner.state == State::Over) return {};
  if (inner.in_begin > 0) {
    std::copy(inner.in.begin() + static_cast<ptrdiff_t>(inner.in_begin),
              inner.in.begin() + static_cast<ptrdiff_t>(inner.in_end), inner.in.begin());
    inner.in_end -= inner.in_begin;
    inner.in_begin = 0;
  }
  return MutableBytes(inner.in).subspan(inner.in_end);
}

void Client::received(size_t count) {
  inner_->in_end += std::min(count, inner_->in.size() - inner_->in_end);
  if (inner_->state != State::Over) inner_->advance();
}

Bytes Client::unsent() const {
  return Bytes(inner_->out).subspan(inner_->out_begin, inner_->out_end - inner_->out_begin);
}

void Client::sent(size_t count) {
  Inner& inner = *inner_;
  inner.out_begin += std::min(count, inner.out_end - inner.out_begin);
  // What had to wait for room goes on.
  if (inner.out_begin == inner.out_end && inner.state != State::Over) inner.advance();
}

size_t Client::write(Bytes text) {
  Inner& inner = *inner_;
  if (inner.state != State::Ready || inner.out_begin < inner.out_end || text.empty()) return 0;
  int code = mbedtls_ssl_write(&inner.tls, text.data(), text.size());
  if (code > 0) return static_cast<size_t>(code);
  if (code != MBEDTLS_ERR_SSL_WANT_READ && code != MBEDTLS_ERR_SSL_WANT_WRITE) inner.fail(code);
  return 0;
}

void Client::close() {
  Inner& inner = *inner_;
  if (inner.state == State::Ready && inner.out_begin == inner.out_end) (void)mbedtls_ssl_close_notify(&inner.tls);
  inner.state = State::Over;
}

}  // namespace ck::tls
