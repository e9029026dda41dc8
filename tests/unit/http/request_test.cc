// SPDX-License-Identifier: MIT
#include "wire/http/request.h"

#include <gtest/gtest.h>

#include <memory>
#include <string>

#include "wire/http/response.h"

namespace ck::http {
namespace {

using State = RequestReader::State;

struct Reading {
  std::unique_ptr<RequestReader> reader = std::make_unique<RequestReader>();
  explicit Reading(std::string_view text) {
    while (!text.empty() && reader->state() == State::Reading) {  // byte by byte, as the slowest client would
      (void)reader->feed(as_bytes(text.substr(0, 1)));
      text.remove_prefix(1);
    }
    rest = text;
  }
  std::string_view rest;
};

std::string outcome(std::string_view text) {
  Reading reading(text);
  switch (reading.reader->state()) {
    case State::Reading: return "reading";
    case State::Refused: return std::to_string(static_cast<int>(reading.reader->refusal()));
    case State::Complete: break;
  }
  const Request& request = reading.reader->request();
  return std::string(request.method == Method::Get ? "GET " : "HEAD ") + std::string(request.path) + " " +
         std::string(request.query) + (request.keep_alive ? " keep" : " close");
}

std::string with_headers(const std::string& headers) { return "GET / HTTP/1.1\r\n" + headers + "\r\n"; }

TEST(HttpRequest, ReadsWhatIsWellFormed) {
  EXPECT_EQ(outcome("GET / HTTP/1.1\r\nHost: kms\r\n\r\n"), "GET /  keep");
  EXPECT_EQ(outcome("HEAD /logs?since=12 HTTP/1.1\r\nhost:[2001:db8::1]:80 \r\n\r\n"), "HEAD /logs since=12 keep");
  EXPECT_EQ(outcome("GET /metrics HTTP/1.0\r\n\r\n"), "GET /metrics  close");
  EXPECT_EQ(outcome("GET / HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"), "GET /  close");
  EXPECT_EQ(outcome(with_headers("Host: kms\r\nConnection: te , CLOSE\r\n")), "GET /  close");
  EXPECT_EQ(outcome(with_headers("Host:\r\nX-Empty:\r\nX-Latin: \xe4\tb\r\nContent-Length: 0\r\n")), "GET /  keep");
  EXPECT_EQ(outcome("GET HTTP://kms.example.org:80/a?b HTTP/1.1\r\nHost: kms\r\n\r\n"), "GET /a b keep");
  EXPECT_EQ(outcome("GET http://kms HTTP/1.1\r\nHost: kms\r\n\r\n"), "GET /  keep");
  EXPECT_EQ(outcome("\r\nGET / HTTP/1.1\r\nHost: kms\r\n\r\n"), "GET /  keep");
}

TEST(HttpRequest, RefusesRequestLinesThatAreNot) {
  for (const char* line :
       {"GET /", "GET  / HTTP/1.1", "GET / HTTP/1.1 ", " GET / HTTP/1.1", "GET / http/1.1", "GET / HTTP/11",
        "GET\t/ HTTP/1.1", "G@T / HTTP/1.1", "GET / /x HTTP/1.1", "GET x HTTP/1.1", "GET * HTTP/1.1",
        "GET /a#b HTTP/1.1", "GET /\x7f HTTP/1.1", "GET /\xe4 HTTP/1.1", "GET http:///x HTTP/1.1",
        "GET http://kms?x HTTP/1.1", "GET http://a@b/ HTTP/1.1", "GET https://kms/ HTTP/1.1", "\r\n\r\n"})
    EXPECT_EQ(outcome(std::string(line) + "\r\nHost: x\r\n\r\n"), "400") << line;
  EXPECT_EQ(outcome("GET / HTTP/2.0\r\n"), "505");
  EXPECT_EQ(outcome("PRI * HTTP/2.0\r\n"), "505");
  EXPECT_EQ(outcome("GET / HTTP/1.2\r\n"), "505");
  EXPECT_EQ(outcome("GET / HTTP/0.9\r\n"), "505");
}

TEST(HttpRequest, RefusesLineEndsThatAreNot) {
  EXPECT_EQ(outcome("GET / HTTP/1.1\nHost: x\n\n"), "400");
  EXPECT_EQ(outcome("GET / HTTP/1.1\r\rHost: x\r\n\r\n"), "400");
  EXPECT_EQ(outcome(with_headers("Host: x\r\nX: a\rb\r\n")), "400");
  EXPECT_EQ(outcome(with_headers("Host: x\nX: y\r\n")), "400");
  EXPECT_EQ(outcome(with_headers(std::string("Host: x\r\nX: a\0b\r\n", 17))), "400");
}

TEST(HttpRequest, RefusesHeadersThatAreNot) {
  for (const char* headers :
       {"", "Host: a\r\nHost: a\r\n", "Host: a b\r\n", "Host: a/b\r\n", "Host : a\r\n", "Host\r\n",
        ": a\r\nHost: a\r\n", "Host: a\r\n folded\r\n", "Host: a\r\n\tfolded\r\n", "Ho st: a\r\n",
        "Host: a\r\nContent-Length: -1\r\n", "Host: a\r\nContent-Length: 0\r\nContent-Length: 0\r\n",
        "Host: a\r\nContent-Length: 0, 0\r\n", "Host: a\r\nContent-Length: 99999999999999999999\r\n"})
    EXPECT_EQ(outcome(with_headers(headers)), "400") << headers;
}

TEST(HttpRequest, ReadsNoBody) {
  EXPECT_EQ(outcome(with_headers("Host: a\r\nContent-Length: 1\r\n")), "413");
  EXPECT_EQ(outcome(with_headers("Host: a\r\nTransfer-Encoding: chunked\r\n")), "501");
}

TEST(HttpRequest, RefusesEveryOtherMethodOnceItsHeadersAreRead) {
  for (const char* method : {"POST", "PUT", "DELETE", "PATCH", "OPTIONS", "TRACE", "CONNECT", "get", "FOO"})
    EXPECT_EQ(outcome(std::string(method) + " / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\n"), "405") << method;
  EXPECT_EQ(outcome("OPTIONS * HTTP/1.1\r\nHost: x\r\n\r\n"), "405");
  EXPECT_EQ(outcome("CONNECT kms:80 HTTP/1.1\r\nHost: x\r\n\r\n"), "405");
}

TEST(HttpRequest, KeepsItsLimits) {
  std::string end = " HTTP/1.1\r\nHost: x\r\n\r\n";
  std::string path = "/" + std::string(kMaxRequestLine - std::string("GET / HTTP/1.1").size(), 'a');
  EXPECT_EQ(outcome("GET " + path + end), "GET " + path + "  keep");
  EXPECT_EQ(outcome("GET " + path + "a" + end), "414");
  // All header lines with their ends, the last empty one included.
  std::string frame = "Host: x\r\nX: \r\n\r\n";
  std::string value(kMaxHeaders - frame.size(), 'v');
  EXPECT_EQ(outcome(with_headers("Host: x\r\nX: " + value + "\r\n")), "GET /  keep");
  EXPECT_EQ(outcome(with_headers("Host: x\r\nX: " + value + "v\r\n")), "431");
  std::string many = "Host: x\r\n";
  while (many.size() < kMaxHeaders) many += "A: b\r\n";
  EXPECT_EQ(outcome(with_headers(many)), "431");
}

TEST(HttpRequest, LeavesWhatFollowsToTheCaller) {
  Reading first("GET /a HTTP/1.1\r\nHost: x\r\n\r\nGET /b HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(first.rest, "GET /b HTTP/1.1\r\nHost: x\r\n\r\n");
  EXPECT_EQ(first.reader->request().path, "/a");
  first.reader->restart();
  EXPECT_FALSE(first.reader->has_begun());
  EXPECT_EQ(first.reader->feed(as_bytes(first.rest)), first.rest.size());
  EXPECT_EQ(first.reader->request().path, "/b");
}

TEST(HttpResponse, HeadSaysWhatABrowserMayDo) {
  char buffer[kMaxHead];
  TextWriter out(buffer);
  write_head({.status = Status::Ok,
              .content_type = "text/html; charset=utf-8",
              .length = 12,
              .keep_alive = true,
              .style_source = "'sha256-x'",
              .utc_ms = 784111777'000},
             out);
  EXPECT_EQ(out.view(),
            "HTTP/1.1 200 OK\r\nDate: Sun, 06 Nov 1994 08:49:37 GMT\r\nContent-Type: text/html; charset=utf-8\r\n"
            "Content-Length: 12\r\nConnection: keep-alive\r\nCache-Control: no-store\r\n"
            "Content-Security-Policy: default-src 'none'; style-src 'sha256-x'; base-uri 'none'; form-action 'none'; "
            "frame-ancestors 'none'\r\nX-Content-Type-Options: nosniff\r\nReferrer-Policy: no-referrer\r\n"
            "Cross-Origin-Resource-Policy: same-origin\r\n\r\n");
}

TEST(HttpResponse, SaysWhichMethodsThereAre) {
  char buffer[kMaxHead];
  TextWriter out(buffer);
  write_head({.status = Status::MethodNotAllowed, .content_type = "text/plain"}, out);
  EXPECT_TRUE(out.view().starts_with("HTTP/1.1 405 Method Not Allowed\r\nAllow: GET, HEAD\r\n")) << out.view();
  EXPECT_NE(out.view().find("Connection: close\r\n"), std::string_view::npos);
  EXPECT_EQ(out.view().find("style-src"), std::string_view::npos);
}

TEST(HttpResponse, WritesDates) {
  EXPECT_EQ(date_text(0), "Thu, 01 Jan 1970 00:00:00 GMT");
  EXPECT_EQ(date_text(1709210096'999), "Thu, 29 Feb 2024 12:34:56 GMT");
}

}  // namespace
}  // namespace ck::http
