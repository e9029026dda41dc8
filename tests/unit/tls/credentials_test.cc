// SPDX-License-Identifier: MIT
#include "engine/tls/credentials.h"

#include <gtest/gtest.h>

#include <string>

#include "support/certificates.h"

namespace ck::tls {
namespace {

std::string verdict(const PemTexts& texts) {
  auto parsed = Credentials::parse(texts);
  if (parsed) return (*parsed)->has_certificate() ? "ours, too" : "good";
  return std::string(parsed.error().key) + ": " + std::string(parsed.error().complaint);
}

TEST(TlsCredentials, AuthoritiesAloneOrWithACertificateOfOurs) {
  EXPECT_EQ(verdict({.ca = test::kAuthority, .certificate = {}, .key = {}}), "good");
  std::string both = "# ours\n" + std::string(test::kOther) + std::string(test::kAuthority);
  EXPECT_EQ(verdict({.ca = both, .certificate = test::kClient, .key = test::kClientKey}), "ours, too");
  EXPECT_EQ(verdict({.ca = both, .certificate = test::kRsa, .key = test::kRsaKey}), "ours, too");
}

TEST(TlsCredentials, WhatIsWrongIsNamed) {
  constexpr std::string_view kNot = "not certificates in PEM form, all of them whole";
  std::string cut(test::kAuthority.substr(0, 300));
  std::string second_cut = std::string(test::kAuthority) + cut;
  std::string changed(test::kAuthority);
  changed[200] = '!';
  for (std::string_view wrong : {std::string_view(), std::string_view("x"), std::string_view(cut),
                                 std::string_view(second_cut), std::string_view(changed), test::kClientKey})
    EXPECT_EQ(verdict({.ca = wrong, .certificate = {}, .key = {}}), "ca: " + std::string(kNot)) << wrong;
  auto ours = [](std::string_view certificate, std::string_view key) {
    return verdict({.ca = test::kAuthority, .certificate = certificate, .key = key});
  };
  EXPECT_EQ(ours(test::kClient, ""), "key: must be given with a certificate");
  EXPECT_EQ(ours("", test::kClientKey), "certificate: must be given with a key");
  EXPECT_EQ(ours(cut, test::kClientKey), "certificate: " + std::string(kNot));
  EXPECT_EQ(ours(test::kClient, "x"), "key: not a private key, RSA or ECDSA, in PEM form");
  EXPECT_EQ(ours(test::kClient, test::kClient), "key: not a private key, RSA or ECDSA, in PEM form");
  EXPECT_EQ(ours(test::kClient, test::kClientKeyEncrypted), "key: it is encrypted");
  EXPECT_EQ(ours(test::kClient, test::kServerKey), "key: not the key of the certificate");
  EXPECT_EQ(ours(test::kClient, test::kRsaKey), "key: not the key of the certificate");
  std::string many;
  while (many.size() < kMaxPem - 1000) many += test::kClient;
  EXPECT_EQ(ours(many, test::kClientKey), "certificate: these certificates are too long together (4000 bytes)");
}

}  // namespace
}  // namespace ck::tls
