// SPDX-License-Identifier: MIT
#include "engine/tls/credentials.h"

#include <mbedtls/platform_util.h>
#include <mbedtls/ssl.h>
#include <mbedtls/version.h>

#include <string>
#include <utility>

#include "base/random.h"
#include "engine/tls/parsed.h"

namespace ck::tls {

namespace {

// Our message of certificates is to fit one record of ours: each has its length before it (RFC 5246 7.4.2).
constexpr size_t kMaxChain = MBEDTLS_SSL_OUT_CONTENT_LEN - 64;
constexpr size_t kCertificatePrefix = 3;

std::unexpected<PemError> wrong(std::string_view key, std::string_view complaint) {
  return std::unexpected(PemError{key, complaint});
}

// A copy with the NUL behind it that the parsers want; gone without a trace.
class Terminated {
 public:
  explicit Terminated(std::string_view text) : text_(text) {}
  ~Terminated() { mbedtls_platform_zeroize(text_.data(), text_.size()); }
  Terminated(const Terminated&) = delete;
  Terminated& operator=(const Terminated&) = delete;
  const uint8_t* data() const { return reinterpret_cast<const uint8_t*>(text_.c_str()); }
  size_t size() const { return text_.size() + 1; }

 private:
  std::string text_;
};

// Blinds the arithmetic while a key is checked; no secret is drawn from it.
int blinding(void* context, unsigned char* out, size_t size) {
  for (size_t i = 0; i < size; ++i) out[i] = static_cast<unsigned char>(static_cast<SeededRandom*>(context)->next());
  return 0;
}

int parse_key(mbedtls_pk_context& key, const Terminated& text) {
#if MBEDTLS_VERSION_MAJOR >= 3
  SeededRandom random(1);
  return mbedtls_pk_parse_key(&key, text.data(), text.size(), nullptr, 0, blinding, &random);
#else
  return mbedtls_pk_parse_key(&key, text.data(), text.size(), nullptr, 0);
#endif
}

bool belongs(const mbedtls_x509_crt& certificate, const mbedtls_pk_context& key) {
#if MBEDTLS_VERSION_MAJOR >= 3
  SeededRandom random(1);
  return mbedtls_pk_check_pair(&certificate.pk, &key, blinding, &random) == 0;
#else
  (void)blinding;
  return mbedtls_pk_check_pair(&certificate.pk, &key) == 0;
#endif
}

// The contents change places, the links stay.
void exchange(mbedtls_x509_crt& a, mbedtls_x509_crt& b) {
  std::swap(a, b);
  std::swap(a.next, b.next);
}

void put_last_to_end_first(mbedtls_x509_crt& list) {
  for (mbedtls_x509_crt* each = &list; each != nullptr; each = each->next)
    for (mbedtls_x509_crt* other = each->next; other != nullptr; other = other->next)
      if (compare(each->valid_to, other->valid_to) < 0) exchange(*each, *other);
}

// Mbed TLS takes the last one that is not whole for something else that stands there.
bool parse_all(mbedtls_x509_crt& list, std::string_view text) {
  constexpr std::string_view kBegin = "-----BEGIN CERTIFICATE-----";
  Terminated copy(text);
  if (mbedtls_x509_crt_parse(&list, copy.data(), copy.size()) != 0) return false;
  size_t begun = 0;
  for (size_t at = 0; (at = text.find(kBegin, at)) != std::string_view::npos; at += kBegin.size()) ++begun;
  for (const mbedtls_x509_crt* each = &list; each != nullptr; each = each->next) --begun;
  return begun == 0;
}

size_t chain_size(const mbedtls_x509_crt& chain) {
  size_t size = 0;
  for (const mbedtls_x509_crt* each = &chain; each != nullptr; each = each->next)
    size += each->raw.len + kCertificatePrefix;
  return size;
}

}  // namespace

int compare(const mbedtls_x509_time& a, const mbedtls_x509_time& b) {
  const int pairs[][2] = {{a.year, b.year}, {a.mon, b.mon}, {a.day, b.day},
                          {a.hour, b.hour}, {a.min, b.min}, {a.sec, b.sec}};
  for (const auto& [left, right] : pairs)
    if (left != right) return left < right ? -1 : 1;
  return 0;
}

Credentials::Credentials(std::unique_ptr<Parsed> parsed) : parsed_(std::move(parsed)) {}
Credentials::~Credentials() = default;

bool Credentials::has_certificate() const { return parsed_->certificate.raw.len > 0; }

std::expected<std::shared_ptr<const Credentials>, PemError> Credentials::parse(const PemTexts& texts) {
  constexpr std::string_view kNoCertificates = "not certificates in PEM form, all of them whole";
  auto parsed = std::make_unique<Parsed>();
  if (!parse_all(parsed->ca, texts.ca)) return wrong("ca", kNoCertificates);
  put_last_to_end_first(parsed->ca);
  if (texts.certificate.empty() != texts.key.empty())
    return texts.key.empty() ? wrong("key", "must be given with a certificate")
                             : wrong("certificate", "must be given with a key");
  if (!texts.certificate.empty()) {
    if (!parse_all(parsed->certificate, texts.certificate)) return wrong("certificate", kNoCertificates);
    if (chain_size(parsed->certificate) > kMaxChain)
      return wrong("certificate", "these certificates are too long together (4000 bytes)");
    if (texts.key.find("ENCRYPTED") != std::string_view::npos) return wrong("key", "it is encrypted");
    if (parse_key(parsed->key, Terminated(texts.key)) != 0)
      return wrong("key", "not a private key, RSA or ECDSA, in PEM form");
    if (!belongs(parsed->certificate, parsed->key)) return wrong("key", "not the key of the certificate");
  }
  return std::shared_ptr<const Credentials>(new Credentials(std::move(parsed)));
}

}  // namespace ck::tls
