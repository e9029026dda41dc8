// SPDX-License-Identifier: MIT
// HTTP requests from any bytes: they are read alike whole and byte by byte, a reader takes nothing beyond a request,
// and what it yields points into itself and is within its limits.
#include <cstdlib>
#include <memory>

#include "wire/http/request.h"

namespace {

using ck::http::RequestReader;

void check(const RequestReader& reader) {
  if (reader.state() != RequestReader::State::Complete) return;
  const ck::http::Request& request = reader.request();
  if (!request.path.starts_with('/') || request.path.size() + request.query.size() > ck::http::kMaxRequestLine)
    std::abort();
  for (std::string_view part : {request.path, request.query})
    for (char byte : part)
      if (byte <= ' ' || byte > '~' || byte == '#') std::abort();
}

void compare(const RequestReader& whole, const RequestReader& slow) {
  if (whole.state() != slow.state()) std::abort();
  if (whole.state() == RequestReader::State::Refused && whole.refusal() != slow.refusal()) std::abort();
  if (whole.state() == RequestReader::State::Complete &&
      (whole.request().path != slow.request().path || whole.request().query != slow.request().query ||
       whole.request().method != slow.request().method || whole.request().keep_alive != slow.request().keep_alive))
    std::abort();
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  ck::Bytes rest(data, size);
  auto whole = std::make_unique<RequestReader>();
  auto slow = std::make_unique<RequestReader>();
  while (!rest.empty()) {
    whole->restart();
    slow->restart();
    size_t taken = whole->feed(rest);
    size_t bytes = 0;
    while (bytes < rest.size() && slow->state() == RequestReader::State::Reading)
      bytes += slow->feed(rest.subspan(bytes, 1));
    if (bytes != taken || taken == 0) std::abort();
    check(*whole);
    compare(*whole, *slow);
    if (whole->state() != RequestReader::State::Complete) return 0;
    rest = rest.subspan(taken);
  }
  return 0;
}
