// SPDX-License-Identifier: MIT
#include "engine/resolver/tcp_exchange.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string_view>
#include <vector>

#include "support/dns_stream.h"

namespace ck::resolver {
namespace {

using test::feed;
using State = TcpExchange::State;

std::vector<uint8_t> prefixed(size_t length) {
  std::vector<uint8_t> bytes = {static_cast<uint8_t>(length >> 8), static_cast<uint8_t>(length)};
  for (size_t i = 0; i < length; ++i) bytes.push_back(static_cast<uint8_t>(i * 7));
  return bytes;
}

TEST(TcpExchange, TheQueryGoesOutWithItsLengthInPiecesOfAnySize) {
  for (size_t step : {1u, 2u, 3u, 100u}) {
    TcpExchange exchange(as_bytes("question"));
    std::vector<uint8_t> out;
    while (!exchange.unsent().empty()) {
      Bytes part = exchange.unsent().first(std::min(step, exchange.unsent().size()));
      out.insert(out.end(), part.begin(), part.end());
      exchange.sent(part.size());
    }
    EXPECT_EQ(as_text(out), std::string_view("\0\x08question", 10)) << step;
  }
  std::vector<uint8_t> longest(dns::kMaxQuery);
  EXPECT_EQ(TcpExchange(longest).unsent().size(), longest.size() + 2);
}

TEST(TcpExchange, TheAnswerComesInPiecesOfAnySize) {
  for (size_t length : {0u, 1u, 12u, 1232u, 4096u}) {
    for (size_t step : {1u, 2u, 3u, 500u, 5000u}) {
      auto bytes = prefixed(length);
      auto more = bytes;
      more.push_back(0xff);  // what follows is not ours
      TcpExchange exchange(as_bytes("q"));
      EXPECT_EQ(feed(exchange, Bytes(bytes).first(bytes.size() - 1), step), bytes.size() - 1);
      EXPECT_EQ(exchange.state(), State::Open);
      EXPECT_TRUE(exchange.answer().empty());
      EXPECT_EQ(feed(exchange, Bytes(more).subspan(bytes.size() - 1), step), 1u);
      ASSERT_EQ(exchange.state(), State::Whole) << length;
      EXPECT_TRUE(std::ranges::equal(exchange.answer(), Bytes(bytes).subspan(2)));
      EXPECT_TRUE(exchange.room().empty());
    }
  }
}

TEST(TcpExchange, ALongerAnswerIsNotRead) {
  auto bytes = prefixed(kMaxTcpMessage + 1);
  TcpExchange exchange(as_bytes("q"));
  EXPECT_EQ(feed(exchange, bytes, 5000), 2u);
  EXPECT_EQ(exchange.state(), State::TooLong);
  EXPECT_TRUE(exchange.answer().empty());
}

}  // namespace
}  // namespace ck::resolver
