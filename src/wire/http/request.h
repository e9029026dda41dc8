// SPDX-License-Identifier: MIT
// One HTTP/1.1 request at a time from bytes that come as they please (RFC 9112 sections 2 to 6), strictly: what a
// server may refuse is refused, so that nobody in between can read it otherwise than we do. Lines end with CR LF, one
// blank stands where one is meant, there is one Host, and no body: a request that announces one is refused unread. GET
// and HEAD are whole requests; every other method is refused when its headers have been read. RequestReader owns the
// bytes of the request that it reads, and takes none beyond: pipelined requests stay with the caller. Nothing
// allocates. After a refusal the connection has to end.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

#include "base/bytes.h"
#include "wire/http/status.h"

namespace ck::http {

inline constexpr size_t kMaxRequestLine = 1024;  // bytes without CR LF
inline constexpr size_t kMaxHeaders = 4096;      // bytes of all header lines with their ends

enum class Method : uint8_t { Get, Head };

// Views are valid until the reader is restarted.
struct Request {
  Method method = Method::Get;
  std::string_view path;   // begins with '/', as it came: nothing is decoded
  std::string_view query;  // what follows '?', without it
  bool keep_alive = false;
};

class RequestReader {
 public:
  enum class State : uint8_t { Reading, Complete, Refused };

  // Takes bytes up to the end of the request; returns how many.
  size_t feed(Bytes bytes);
  // For the next request.
  void restart();

  State state() const { return state_; }
  // Whether anything of the present request has come.
  bool has_begun() const { return begun_; }
  const Request& request() const { return request_; }  // when Complete
  Status refusal() const { return refusal_; }          // when Refused

 private:
  void take(char byte);
  void refuse(Status why);
  void end_of_line();
  void read_request_line(std::string_view line);
  void read_target(std::string_view target);
  void read_header(std::string_view line);
  void read_host(std::string_view value);
  void read_content_length(std::string_view value);
  void read_connection(std::string_view value);
  void finish();

  State state_ = State::Reading;
  bool begun_ = false;
  bool after_line_ = false;  // the request line is whole: headers follow
  bool carriage_return_ = false;
  bool empty_line_ = false;   // one before the request line was passed over (RFC 9112 2.2)
  bool method_known_ = true;  // GET or HEAD
  bool version_1_1_ = true;
  bool host_ = false;
  bool content_length_ = false;
  bool close_ = false;
  Status refusal_ = Status::BadRequest;
  Request request_;
  size_t line_ = 0;                                         // where the line that is being read begins in buffer_
  size_t size_ = 0;                                         // of it
  size_t headers_ = 0;                                      // bytes of the headers so far
  std::array<char, kMaxRequestLine + kMaxHeaders> buffer_;  // the request line stays; header lines follow one another
};

}  // namespace ck::http
