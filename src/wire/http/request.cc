// SPDX-License-Identifier: MIT
#include "wire/http/request.h"

#include "base/text.h"

namespace ck::http {

namespace {

constexpr bool is_alphanumeric(char byte) {
  return (byte >= '0' && byte <= '9') || (byte >= 'a' && byte <= 'z') || (byte >= 'A' && byte <= 'Z');
}

// tchar of RFC 9110 5.6.2.
constexpr bool is_token_byte(char byte) {
  return is_alphanumeric(byte) || std::string_view("!#$%&'*+-.^_`|~").find(byte) != std::string_view::npos;
}

bool is_token(std::string_view text) {
  for (char byte : text)
    if (!is_token_byte(byte)) return false;
  return !text.empty();
}

// What may stand in a Host: names, addresses in brackets, a port. Empty is allowed (RFC 9110 7.2).
bool is_host(std::string_view text) {
  for (char byte : text)
    if (!is_alphanumeric(byte) && std::string_view("-._~%:[]!$&'()*+,;=").find(byte) == std::string_view::npos)
      return false;
  return true;
}

constexpr char lower(char byte) { return byte >= 'A' && byte <= 'Z' ? static_cast<char>(byte - 'A' + 'a') : byte; }

bool equals_ignoring_case(std::string_view text, std::string_view lower_case) {
  if (text.size() != lower_case.size()) return false;
  for (size_t i = 0; i < text.size(); ++i)
    if (lower(text[i]) != lower_case[i]) return false;
  return true;
}

// OWS of RFC 9110 5.6.3.
std::string_view without_blanks(std::string_view text) {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// Controls stand in no line; a tab in the value of a header alone.
constexpr bool is_control(char byte) {
  auto value = static_cast<uint8_t>(byte);
  return (value < 0x20 && byte != '\t') || value == 0x7f;
}

constexpr bool is_digit(char byte) { return byte >= '0' && byte <= '9'; }

}  // namespace

size_t RequestReader::feed(Bytes bytes) {
  size_t taken = 0;
  while (taken < bytes.size() && state_ == State::Reading) take(static_cast<char>(bytes[taken++]));
  if (taken > 0) begun_ = true;
  return taken;
}

void RequestReader::restart() {
  state_ = State::Reading;
  begun_ = after_line_ = carriage_return_ = empty_line_ = host_ = content_length_ = close_ = false;
  method_known_ = version_1_1_ = true;
  refusal_ = Status::BadRequest;
  request_ = {};
  line_ = size_ = headers_ = 0;
}

void RequestReader::refuse(Status why) {
  state_ = State::Refused;
  refusal_ = why;
}

void RequestReader::take(char byte) {
  if (after_line_ && ++headers_ > kMaxHeaders) return refuse(Status::HeadersTooLarge);
  if (carriage_return_) {
    carriage_return_ = false;
    return byte == '\n' ? end_of_line() : refuse(Status::BadRequest);
  }
  if (byte == '\r') {
    carriage_return_ = true;
    return;
  }
  if (is_control(byte)) return refuse(Status::BadRequest);
  if (!after_line_ && size_ == kMaxRequestLine) return refuse(Status::UriTooLong);
  buffer_[line_ + size_++] = byte;  // of headers there are never more than kMaxHeaders bytes
}

void RequestReader::end_of_line() {
  std::string_view line(buffer_.data() + line_, size_);
  size_ = 0;
  if (after_line_) return line.empty() ? finish() : read_header(line);
  if (line.empty()) {
    if (empty_line_) return refuse(Status::BadRequest);
    empty_line_ = true;
    return;
  }
  read_request_line(line);
  after_line_ = true;
  line_ = line.size();
}

// method SP request-target SP HTTP-version (RFC 9112 3).
void RequestReader::read_request_line(std::string_view line) {
  size_t first = line.find(' ');
  size_t second = first == std::string_view::npos ? first : line.find(' ', first + 1);
  if (second == std::string_view::npos) return refuse(Status::BadRequest);
  std::string_view method = line.substr(0, first);
  std::string_view version = line.substr(second + 1);
  if (!is_token(method)) return refuse(Status::BadRequest);
  method_known_ = method == "GET" || method == "HEAD";
  request_.method = method == "HEAD" ? Method::Head : Method::Get;
  bool is_version = version.size() == 8 && version.starts_with("HTTP/") && is_digit(version[5]) && version[6] == '.' &&
                    is_digit(version[7]);
  if (!is_version) return refuse(Status::BadRequest);
  version_1_1_ = version == "HTTP/1.1";
  if (!version_1_1_ && version != "HTTP/1.0") return refuse(Status::VersionNotSupported);
  read_target(line.substr(first + 1, second - first - 1));
}

// Origin form, and absolute form, which every server must take (RFC 9112 3.2.2).
void RequestReader::read_target(std::string_view target) {
  for (char byte : target)
    if (byte <= ' ' || byte > '~' || byte == '#') return refuse(Status::BadRequest);
  constexpr std::string_view kScheme = "http://";
  if (target.size() > kScheme.size() && equals_ignoring_case(target.substr(0, kScheme.size()), kScheme)) {
    target.remove_prefix(kScheme.size());
    size_t end = target.find_first_of("/?");
    if (end == 0 || !is_host(target.substr(0, end))) return refuse(Status::BadRequest);
    if (end != std::string_view::npos && target[end] == '?') return refuse(Status::BadRequest);
    target = end == std::string_view::npos ? std::string_view("/") : target.substr(end);
  }
  // "*" and the form of CONNECT belong to methods that are refused anyway.
  if (!target.starts_with('/')) return method_known_ ? refuse(Status::BadRequest) : void();
  size_t mark = target.find('?');
  request_.path = target.substr(0, mark);
  request_.query = mark == std::string_view::npos ? std::string_view() : target.substr(mark + 1);
}

// field-name ":" OWS field-value OWS (RFC 9112 5). A line that continues another begins with a blank, which is no
// token.
void RequestReader::read_header(std::string_view line) {
  size_t colon = line.find(':');
  if (colon == std::string_view::npos || !is_token(line.substr(0, colon))) return refuse(Status::BadRequest);
  std::string_view name = line.substr(0, colon);
  std::string_view value = without_blanks(line.substr(colon + 1));
  if (equals_ignoring_case(name, "host")) return read_host(value);
  if (equals_ignoring_case(name, "content-length")) return read_content_length(value);
  if (equals_ignoring_case(name, "transfer-encoding")) return refuse(Status::NotImplemented);
  if (equals_ignoring_case(name, "connection")) return read_connection(value);
}

void RequestReader::read_host(std::string_view value) {
  if (host_ || !is_host(value)) return refuse(Status::BadRequest);
  host_ = true;
}

void RequestReader::read_content_length(std::string_view value) {
  auto length = parse_u64(value);
  if (content_length_ || !length) return refuse(Status::BadRequest);
  content_length_ = true;
  if (*length > 0 && method_known_) refuse(Status::ContentTooLarge);
}

void RequestReader::read_connection(std::string_view value) {
  Splitter options(value, ',');
  while (auto option = options.next())
    if (equals_ignoring_case(without_blanks(*option), "close")) close_ = true;
}

void RequestReader::finish() {
  if (version_1_1_ && !host_) return refuse(Status::BadRequest);  // RFC 9112 3.2
  if (!method_known_) return refuse(Status::MethodNotAllowed);
  request_.keep_alive = version_1_1_ && !close_;
  state_ = State::Complete;
}

}  // namespace ck::http
