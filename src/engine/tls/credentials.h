// SPDX-License-Identifier: MIT
// Whom a TLS client trusts and who it is, parsed from PEM: the authorities that the server's certificate must lead to,
// and our own certificate (those that lead to its authority behind it) with its private key, or neither. A value that
// never changes; it is shared by the connections that use it. The texts are not kept.
//
// Of authorities that differ in their dates alone the one that ends last stands first, since the first that fits is the
// one whose dates are looked at.
#pragma once

#include <expected>
#include <memory>
#include <string_view>

namespace ck::tls {

inline constexpr size_t kMaxPem = size_t{12} * 1024;  // bytes of one text

struct PemTexts {
  std::string_view ca, certificate, key;  // the last two may be empty
};

// What is wrong with which of the three. Both are static text; what the texts hold is never repeated.
struct PemError {
  std::string_view key;  // "ca", "certificate" or "key"
  std::string_view complaint;
};

class Credentials {
 public:
  static std::expected<std::shared_ptr<const Credentials>, PemError> parse(const PemTexts& texts);
  ~Credentials();
  Credentials(const Credentials&) = delete;
  Credentials& operator=(const Credentials&) = delete;

  bool has_certificate() const;

 private:
  friend class Client;
  struct Parsed;
  explicit Credentials(std::unique_ptr<Parsed> parsed);
  std::unique_ptr<Parsed> parsed_;
};

}  // namespace ck::tls
