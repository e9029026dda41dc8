// SPDX-License-Identifier: MIT
// Conversations on one connection under virtual time: clients that are quick, slow, silent, rude, or want too much.
#include <gtest/gtest.h>

#include <memory>
#include <random>
#include <string>
#include <vector>

#include "engine/web/exchange.h"

namespace ck::web {
namespace {

using State = Exchange::State;

const std::string kGet = "GET /metrics HTTP/1.1\r\nHost: x\r\n\r\n";

// Both ends: what the client sends goes in as the exchange takes it, an answer takes `answer_time`.
struct World {
  TimePoint now = from_ms(1'000'000);
  TimePoint began = now;
  std::unique_ptr<Exchange> exchange = std::make_unique<Exchange>(now);
  std::string pending;
  std::vector<std::string> answers;  // "200 keep", "400 close"
  Duration answer_time{0};

  void send(std::string_view text) {
    pending += text;
    run();
  }
  void run() {
    for (;;) {
      if (exchange->state() == State::Answering) {
        answer();
      } else if (pending.empty() || exchange->state() == State::Closed) {
        return;
      } else {
        size_t taken = exchange->on_bytes(as_bytes(pending));
        ASSERT_TRUE(taken > 0 || exchange->state() == State::Closed);
        pending.erase(0, taken);
      }
    }
  }
  void answer() {
    bool keep = exchange->decide_to_keep(now);
    answers.push_back(std::to_string(static_cast<int>(exchange->verdict())) + (keep ? " keep" : " close"));
    if (answer_time > Duration(0)) pass(answer_time);
    if (exchange->state() == State::Answering) exchange->on_sent(now);
  }
  void pass(Duration time) {
    TimePoint end = now + time;
    while (exchange->deadline() <= end) {
      now = std::max(now, exchange->deadline());
      exchange->on_time(now);
      if (exchange->state() == State::Answering && answer_time == Duration(0)) answer();
    }
    now = end;
  }
  std::string said() const {
    std::string text;
    for (const std::string& answer : answers) text += (text.empty() ? "" : ", ") + answer;
    return text;
  }
};

TEST(WebExchange, AnswersOneAfterTheOther) {
  World world;
  world.send(kGet);
  world.send(kGet + kGet + kGet.substr(0, 10));
  EXPECT_EQ(world.said(), "200 keep, 200 keep, 200 keep");
  EXPECT_EQ(world.exchange->state(), State::Reading);
  world.send(kGet.substr(10));
  EXPECT_EQ(world.answers.size(), 4u);
}

TEST(WebExchange, TakesNothingWhileItAnswers) {
  Exchange exchange(from_ms(0));
  EXPECT_EQ(exchange.on_bytes(as_bytes(kGet + kGet)), kGet.size());
  EXPECT_EQ(exchange.state(), State::Answering);
  EXPECT_EQ(exchange.on_bytes(as_bytes(kGet)), 0u);
}

TEST(WebExchange, LingersAfterTheLastAnswer) {
  World world;
  world.send("POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n123456789");
  EXPECT_EQ(world.said(), "405 close");
  EXPECT_EQ(world.exchange->state(), State::Lingering);
  world.send(kGet);  // thrown away
  EXPECT_EQ(world.said(), "405 close");
  world.pass(Exchange::kLinger - 1ms);
  EXPECT_EQ(world.exchange->state(), State::Lingering);
  world.pass(1ms);
  EXPECT_EQ(world.exchange->state(), State::Closed);
}

TEST(WebExchange, LingersForNoMoreThanItsMeasure) {
  World world;
  world.send("GET / HTTP/1.0\r\n\r\n");
  world.send(std::string(Exchange::kMaxDiscarded, 'x'));
  EXPECT_EQ(world.exchange->state(), State::Lingering);
  world.send("x");
  EXPECT_EQ(world.exchange->state(), State::Closed);
}

TEST(WebExchange, AClientThatEndedIsAnsweredStill) {
  World world;
  world.answer_time = 100ms;
  EXPECT_EQ(world.exchange->on_bytes(as_bytes(kGet)), kGet.size());
  world.exchange->on_end();
  world.run();
  EXPECT_EQ(world.said(), "200 keep");
  world.exchange->on_end();
  EXPECT_EQ(world.exchange->state(), State::Closed);
}

TEST(WebExchange, WhoEndsBetweenRequestsIsGone) {
  for (const std::string& sent : {std::string(), kGet, kGet + "GET /"}) {
    World world;
    world.send(sent);
    world.exchange->on_end();
    EXPECT_EQ(world.exchange->state(), State::Closed) << sent;
  }
}

TEST(WebExchange, ASlowRequestIsToldSoAndASilentClientNothing) {
  World silent;
  silent.pass(Exchange::kRequest);
  EXPECT_EQ(silent.exchange->state(), State::Closed);
  EXPECT_EQ(silent.said(), "");

  World slow;  // a byte each 200 ms
  for (size_t i = 0; i < kGet.size() && slow.exchange->state() == State::Reading; ++i) {
    slow.send(kGet.substr(i, 1));
    slow.pass(200ms);
  }
  EXPECT_EQ(slow.said(), "408 close");
  EXPECT_LE(slow.now - slow.began, Exchange::kRequest + 200ms);
}

TEST(WebExchange, NoAnswerTakesLongerThanTheWhole) {
  World world;
  world.answer_time = 1h;
  world.send(kGet);
  EXPECT_EQ(world.exchange->state(), State::Closed);
  EXPECT_EQ(world.answers.size(), 1u);
}

TEST(WebExchange, InvitesNoMoreThanItsMeasure) {
  World many;
  for (unsigned i = 0; i < Exchange::kMaxRequests + 5; ++i) many.send(kGet);
  EXPECT_EQ(many.answers.size(), Exchange::kMaxRequests);
  EXPECT_EQ(many.answers.back(), "200 close");
  EXPECT_EQ(many.answers[Exchange::kMaxRequests - 2], "200 keep");

  World late;
  late.pass(Exchange::kKeep);
  late.send(kGet);
  EXPECT_EQ(late.said(), "200 close");
}

// Whatever comes and whenever: it is over after the whole time, and its deadline never lies behind.
TEST(WebExchange, IsAlwaysOverInTime) {
  const std::string kPieces[] = {
      kGet, kGet.substr(0, 7), kGet.substr(7), "HEAD / HTTP/1.1\r\nHost: x\r\n", "\r\n", "x", "POST"};
  for (unsigned seed = 1; seed <= 2000; ++seed) {
    std::mt19937 random(seed);
    auto pick = [&](unsigned most) { return std::uniform_int_distribution<unsigned>(0, most)(random); };
    World world;
    world.answer_time = Duration(pick(3) == 0 ? pick(3000) : 0);
    while (world.exchange->state() != State::Closed) {
      ASSERT_LE(world.now - world.began, Exchange::kWhole + 1s) << seed;
      if (pick(9) == 0) world.exchange->on_end();
      if (world.exchange->state() != State::Closed) world.send(kPieces[pick(6)]);
      world.pass(Duration(pick(800)));
    }
    if (world.pending.empty()) continue;
    EXPECT_EQ(world.exchange->on_bytes(as_bytes(world.pending)), 0u) << seed;
  }
}

}  // namespace
}  // namespace ck::web
