// SPDX-License-Identifier: MIT
// The status codes that a read-only server answers with (RFC 9110 section 15; 431 is RFC 6585's).
#pragma once

#include <cstdint>
#include <string_view>

namespace ck::http {

enum class Status : uint16_t {
  Ok = 200,
  BadRequest = 400,
  NotFound = 404,
  MethodNotAllowed = 405,
  RequestTimeout = 408,
  ContentTooLarge = 413,
  UriTooLong = 414,
  HeadersTooLarge = 431,
  NotImplemented = 501,
  Unavailable = 503,
  VersionNotSupported = 505,
};

// "Not Found".
std::string_view reason_of(Status status);

}  // namespace ck::http
