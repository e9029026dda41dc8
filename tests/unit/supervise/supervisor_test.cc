// SPDX-License-Identifier: MIT
#include "engine/supervise/supervisor.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "engine/supervise/state_file.h"
#include "wire/state/record.h"

namespace ck::supervise {
namespace {

template <typename Wanted>
std::vector<Wanted> all_of(const Actions& actions) {
  std::vector<Wanted> found;
  for (const Action& action : actions)
    if (const auto* wanted = std::get_if<Wanted>(&action)) found.push_back(*wanted);
  return found;
}

class SupervisorTest : public ::testing::Test {
 protected:
  SupervisorTest() {
    EXPECT_TRUE(supervisor_.add({.name = "netd"}));
    EXPECT_TRUE(supervisor_.add({.name = "gatewayd", .role = Role::Service}));
    EXPECT_TRUE(supervisor_.add({.name = "late", .readiness = Readiness::Assumed, .after = 0}));
  }
  Actions step(const Event& event) { return supervisor_.step(event, now_); }
  const Program& program(size_t index) { return supervisor_.programs()[index]; }
  // Boots and lets every process that is asked for come up, with pid 100 + index.
  void boot() {
    for (const Spawn& spawn : all_of<Spawn>(step(Boot{}))) step(Spawned{spawn.program, 100 + spawn.program});
  }
  Supervisor supervisor_;
  TimePoint now_ = from_ms(1000);
};

TEST_F(SupervisorTest, StartsAtOnceWhoWaitsForNobody) {
  auto spawned = all_of<Spawn>(step(Boot{}));
  ASSERT_EQ(spawned.size(), 2u);
  EXPECT_EQ(spawned[0].program, 0);
  EXPECT_EQ(spawned[1].program, 1);
  EXPECT_EQ(program(2).state, State::Stopped);
  EXPECT_TRUE(all_of<Spawn>(step(Boot{})).empty()) << "a second boot starts nothing twice";
}

TEST_F(SupervisorTest, ASuccessorStartsWhenItsPredecessorIsReady) {
  boot();
  auto spawned = all_of<Spawn>(step(Ready{0}));
  ASSERT_EQ(spawned.size(), 1u);
  EXPECT_EQ(spawned[0].program, 2);
  EXPECT_EQ(program(0).state, State::Running);
}

TEST_F(SupervisorTest, ASuccessorDoesNotWaitLongerThanTheTimeout) {
  boot();
  now_ += kReadyTimeout - 1ms;
  EXPECT_TRUE(all_of<Spawn>(step(TimerFired{})).empty());
  now_ += 1ms;
  ASSERT_EQ(all_of<Spawn>(step(TimerFired{})).size(), 1u);
  EXPECT_EQ(program(0).state, State::Starting) << "it never said that it is ready";
}

TEST_F(SupervisorTest, ASuccessorStartsWhenItsPredecessorCannotBeStarted) {
  step(Boot{});
  auto spawned = all_of<Spawn>(step(SpawnFailed{0, "execute: No such file or directory"}));
  ASSERT_EQ(spawned.size(), 1u);
  EXPECT_EQ(spawned[0].program, 2);
  EXPECT_EQ(program(0).state, State::Backoff);
  EXPECT_EQ(program(0).error, "execute: No such file or directory");
}

TEST_F(SupervisorTest, WhoCannotSayReadyCountsAsRunningAfterTheTimeout) {
  boot();
  step(Ready{0});
  step(Spawned{2, 102});
  now_ += kReadyTimeout;
  step(TimerFired{});
  EXPECT_EQ(program(2).state, State::Running);
}

TEST_F(SupervisorTest, TheDelayDoublesUpToItsBound) {
  boot();
  step(Ready{0});
  step(Spawned{2, 102});
  step(Ready{2});
  std::vector<int64_t> delays;
  for (int crash = 0; crash < 12; ++crash) {
    now_ += 10ms;
    step(Exited{1, "killed by SIGSEGV"});
    TimePoint died = now_;
    now_ = program(1).deadline;
    delays.push_back((now_ - died).count());
    ASSERT_EQ(all_of<Spawn>(step(TimerFired{})).size(), 1u);
    step(Spawned{1, 200 + crash});
  }
  EXPECT_EQ(delays, (std::vector<int64_t>{100, 200, 400, 800, 1600, 3200, 6400, 12800, 25600, 30000, 30000, 30000}));
  EXPECT_EQ(program(1).restarts, 12u);
  EXPECT_EQ(program(1).error, "killed by SIGSEGV");
}

TEST_F(SupervisorTest, AMinuteWellResetsTheDelay) {
  boot();
  for (int crash = 0; crash < 5; ++crash) {
    step(Exited{1, "x"});
    now_ = program(1).deadline;
    step(TimerFired{});
    step(Spawned{1, 300});
  }
  now_ += kWell - 1ms;
  step(Exited{1, "x"});
  EXPECT_GT(program(1).deadline - now_, kFirstBackoff);
  now_ = program(1).deadline;
  step(TimerFired{});
  step(Spawned{1, 301});
  now_ += kWell;
  step(Exited{1, "x"});
  EXPECT_EQ(program(1).deadline - now_, kFirstBackoff);
}

TEST_F(SupervisorTest, AnOrderlyStopTerminatesThenKillsThenEnds) {
  boot();
  step(Ready{0});
  step(Spawned{2, 102});
  step(Exited{1, "x"});  // in backoff: nothing to terminate
  auto actions = step(StopAll{Ending::Reboot});
  auto kills = all_of<Kill>(actions);
  ASSERT_EQ(kills.size(), 2u);
  EXPECT_EQ(kills[0].signal, Signal::Terminate);
  EXPECT_EQ(program(1).state, State::Stopped);
  EXPECT_EQ(program(0).state, State::Stopping);
  step(Exited{0, "exited with status 0"});
  EXPECT_TRUE(all_of<Spawn>(step(TimerFired{})).empty()) << "nothing is started any more";

  now_ += kTerminateGrace;
  kills = all_of<Kill>(step(TimerFired{}));
  ASSERT_EQ(kills.size(), 1u);
  EXPECT_EQ(kills[0].program, 2);
  EXPECT_EQ(kills[0].signal, Signal::Kill);
  auto ends = all_of<End>(step(Exited{2, "killed by SIGKILL"}));
  ASSERT_EQ(ends.size(), 1u);
  EXPECT_EQ(ends[0].ending, Ending::Reboot);
}

TEST_F(SupervisorTest, TheMachineEndsEvenWhenAProcessDoesNot) {
  boot();
  step(StopAll{Ending::PowerOff});
  now_ += kTerminateGrace;
  EXPECT_TRUE(all_of<End>(step(TimerFired{})).empty());
  now_ += kKillGrace;
  EXPECT_EQ(all_of<End>(step(TimerFired{})).size(), 1u);
  EXPECT_TRUE(all_of<End>(step(TimerFired{})).empty()) << "once only";
}

TEST_F(SupervisorTest, StoppingWithNothingAliveEndsAtOnce) {
  auto ends = all_of<End>(step(StopAll{Ending::PowerOff}));
  ASSERT_EQ(ends.size(), 1u);
}

TEST_F(SupervisorTest, RefusesAPredecessorThatDoesNotComeBefore) {
  Supervisor other;
  EXPECT_FALSE(other.add({.name = "a", .after = 0}));
  ASSERT_TRUE(other.add({.name = "a"}));
  (void)other.step(Boot{}, now_);
  EXPECT_FALSE(other.add({.name = "b"})) << "after boot";
}

TEST_F(SupervisorTest, OnlyLegalEdgesAreTakenWhateverHappens) {
  // Every event, in every order of three, after every prefix of a life.
  const Event events[] = {Boot{},         Spawned{0, 7}, SpawnFailed{0, "e"},       Ready{0},  StatusText{0, "s"},
                          Exited{0, "x"}, TimerFired{},  StopAll{Ending::PowerOff}, Ready{99}, Exited{kNobody, ""}};
  size_t changes = 0;
  for (const Event& first : events)
    for (const Event& second : events)
      for (const Event& third : events)
        for (const Event& fourth : events) {
          Supervisor fresh;
          ASSERT_TRUE(fresh.add({.name = "a"}));
          ASSERT_TRUE(fresh.add({.name = "b", .after = 0}));
          TimePoint now = from_ms(5);
          for (const Event& event : {Event(Boot{}), first, second, third, fourth}) {
            for (const Changed& changed : all_of<Changed>(fresh.step(event, now))) {
              EXPECT_TRUE(is_legal_edge(changed.from, changed.to))
                  << name_of(changed.from) << " " << name_of(changed.to);
              ++changes;
            }
            now += 700ms;
          }
        }
  EXPECT_GT(changes, 10'000u);
}

TEST(Supervisor, WhatIsClosedIsNeverStarted) {
  Supervisor supervisor;
  ASSERT_TRUE(supervisor.add({.name = "netd"}));
  ASSERT_TRUE(supervisor.add({.name = "gatewayd", .role = Role::Service, .closed = "the configuration is broken"}));
  TimePoint now = from_ms(1000);
  unsigned spawned = 0;
  auto count = [&](const Actions& actions) {
    for (const Action& action : actions) {
      const auto* spawn = std::get_if<Spawn>(&action);
      if (spawn == nullptr) continue;
      EXPECT_EQ(spawn->program, 0);
      ++spawned;
    }
  };
  count(supervisor.step(Boot{}, now));
  for (int i = 0; i < 100; ++i) count(supervisor.step(TimerFired{}, now += 1s));
  EXPECT_EQ(spawned, 1u);
  EXPECT_EQ(supervisor.programs()[1].state, State::Stopped);
  EXPECT_EQ(supervisor.programs()[1].error, "the configuration is broken");
}

TEST_F(SupervisorTest, TheStateFileTellsWhatIsKnown) {
  boot();
  step(StatusText{1, "waiting for an upstream"});
  step(Exited{0, "exited with status 71: out of memory"});
  SystemFacts facts{.version = "1.2.3", .commit = "abc"};
  facts.build = "0f1e2d3c";
  facts.hostname = "corekms-5254";
  facts.hostname_source = "hardware address";
  (void)facts.problems.push_back("/proc: mount: no such device");
  char buffer[4096];
  std::string_view text = write_state(facts, supervisor_, buffer);

  std::vector<std::string> kinds;
  state::RecordReader reader(text);
  while (auto record = reader.next()) {
    kinds.emplace_back(record->kind());
    if (record->kind() == "system") {
      EXPECT_EQ(record->text<64>("hostname"), "corekms-5254");
      EXPECT_EQ(record->text<64>("build"), "0f1e2d3c");
    }
    if (record->kind() == "problem") EXPECT_EQ(record->text<64>("text"), "/proc: mount: no such device");
    if (record->kind() != "program") continue;
    if (record->text<16>("name") == "netd") {
      EXPECT_EQ(record->text<16>("state"), "backoff");
      EXPECT_EQ(record->text<64>("error"), "exited with status 71: out of memory");
      EXPECT_FALSE(record->number("pid"));
    }
    if (record->text<16>("name") == "gatewayd") {
      EXPECT_EQ(record->text<16>("role"), "service");
      EXPECT_EQ(record->number("pid"), 101);
      EXPECT_EQ(record->text<64>("status"), "waiting for an upstream");
    }
  }
  EXPECT_EQ(kinds, (std::vector<std::string>{"system", "trust", "program", "program", "program", "problem"}));
}

}  // namespace
}  // namespace ck::supervise
