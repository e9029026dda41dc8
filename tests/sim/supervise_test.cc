// SPDX-License-Identifier: MIT
// The supervisor under virtual time, with programs that behave as badly as they can.
#include <gtest/gtest.h>

#include <algorithm>
#include <map>
#include <set>

#include "base/random.h"
#include "engine/supervise/supervisor.h"

namespace ck::supervise {
namespace {

// Init with processes that live as long as the test says.
class Machine {
 public:
  explicit Machine(size_t programs) {
    for (size_t i = 0; i < programs; ++i) {
      ProgramSpec spec;
      spec.name = std::string_view("abcdefgh").substr(i, 1);
      if (i == programs - 1 && i > 0) spec.after = 0;
      EXPECT_TRUE(supervisor_.add(spec));
    }
  }

  void handle(const Event& event) {
    ++events_;
    for (const Action& action : supervisor_.step(event, now_))
      std::visit([this](const auto& which) { carry_out(which); }, action);
    while (!spawns_.empty()) {
      ProgramIndex index = *spawns_.begin();
      spawns_.erase(spawns_.begin());
      if (random_.below(16) == 0 && spawns_may_fail_) {
        handle(SpawnFailed{index, "fork: out of memory"});
      } else {
        int32_t pid = next_pid_++;
        alive_[index] = pid;
        handle(Spawned{index, pid});
      }
    }
  }
  void die(ProgramIndex index) {
    if (alive_.erase(index) > 0) handle(Exited{index, "killed by SIGSEGV"});
  }
  // Lets time go on to `until`, firing the timer whenever it is due.
  void run_until(TimePoint until) {
    while (timer_ <= until) {
      now_ = std::max(now_, timer_);
      timer_ = kNever;
      handle(TimerFired{});
    }
    now_ = until;
  }

  void carry_out(const Spawn& spawn) {
    EXPECT_FALSE(alive_.contains(spawn.program)) << "two processes of one program";
    EXPECT_FALSE(ended_);
    ++starts_;
    spawns_.insert(spawn.program);
  }
  void carry_out(const Kill& kill) { killed_[kill.program] = kill.signal; }
  void carry_out(const ArmTimer& timer) { timer_ = timer.at; }
  void carry_out(const Publish&) { ++published_; }
  void carry_out(const Changed& changed) {
    EXPECT_TRUE(is_legal_edge(changed.from, changed.to));
    edges_.insert({changed.from, changed.to});
  }
  void carry_out(const End&) {
    EXPECT_FALSE(ended_) << "the machine ends once";
    ended_ = true;
  }

  Supervisor supervisor_;
  SeededRandom random_{20260101};
  TimePoint now_ = from_ms(0);
  TimePoint timer_ = kNever;
  std::map<ProgramIndex, int32_t> alive_;
  std::map<ProgramIndex, Signal> killed_;
  std::set<ProgramIndex> spawns_;
  std::set<std::pair<State, State>> edges_;
  int32_t next_pid_ = 2;
  uint64_t starts_ = 0;
  uint64_t published_ = 0;
  uint64_t events_ = 0;
  bool spawns_may_fail_ = false;
  bool ended_ = false;
};

TEST(SuperviseSim, ACrashLoopOfADayStaysBounded) {
  Machine machine(1);
  machine.handle(Boot{});
  TimePoint end = from_ms(0) + 24h;
  while (machine.now_ < end) {
    machine.die(0);  // at once, every time
    machine.run_until(std::max(machine.now_, std::min(machine.timer_, end)));
  }
  // Once in 30 s, and the ten that lead up to it.
  EXPECT_LE(machine.starts_, 24 * 60 * 2 + 10u);
  EXPECT_GE(machine.starts_, 24 * 60 * 2 - 10u);
}

TEST(SuperviseSim, ACrashOfOneDoesNotTouchTheOthers) {
  Machine machine(3);
  machine.handle(Boot{});
  machine.handle(Ready{0});
  machine.handle(Ready{2});
  auto before = machine.alive_;
  for (int i = 0; i < 100; ++i) {
    machine.die(1);
    machine.run_until(machine.now_ + 31s);
  }
  EXPECT_EQ(machine.alive_[0], before[0]);
  EXPECT_EQ(machine.alive_[2], before[2]);
  EXPECT_EQ(machine.alive_.size(), 3u) << "and the one that crashed is back";
}

TEST(SuperviseSim, EveryEdgeIsTakenAndEveryEventIsHarmless) {
  std::set<std::pair<State, State>> edges;
  for (uint64_t round = 0; round < 2000; ++round) {
    Machine machine(4);
    machine.random_ = SeededRandom(round);
    machine.spawns_may_fail_ = true;
    machine.handle(Boot{});
    for (int i = 0; i < 60 && !machine.ended_; ++i) {
      auto index = static_cast<ProgramIndex>(machine.random_.below(5));
      switch (machine.random_.below(8)) {
        case 0: machine.die(index); break;
        case 1: machine.handle(Ready{index}); break;
        case 2: machine.handle(StatusText{index, "words"}); break;
        case 3: machine.handle(TimerFired{}); break;
        case 4: machine.run_until(machine.now_ + Duration(machine.random_.below(3000))); break;
        case 5: machine.handle(SpawnFailed{index, "for nothing"}); break;
        case 6: machine.handle(Exited{kNobody, "a stranger"}); break;
        case 7:
          if (machine.random_.below(20) == 0) machine.handle(StopAll{Ending::PowerOff});
          break;
      }
    }
    machine.handle(StopAll{Ending::Reboot});
    // Some obey SIGTERM, the others live on to the end.
    for (ProgramIndex index = 0; index < 4; ++index)
      if (machine.random_.below(2) == 0) machine.die(index);
    machine.run_until(machine.now_ + kTerminateGrace + kKillGrace);
    EXPECT_TRUE(machine.ended_) << "round " << round;
    edges.insert(machine.edges_.begin(), machine.edges_.end());
  }
  for (State from : {State::Stopped, State::Starting, State::Running, State::Backoff, State::Stopping})
    for (State to : {State::Stopped, State::Starting, State::Running, State::Backoff, State::Stopping})
      if (is_legal_edge(from, to) && !(from == State::Starting && to == State::Stopped)) {
        EXPECT_TRUE(edges.contains({from, to})) << name_of(from) << " -> " << name_of(to);
      }
}

TEST(SuperviseSim, StoppedWhileAProcessIsBeingMade) {
  // The one edge that needs an event between "spawn" and "spawned".
  Supervisor supervisor;
  ASSERT_TRUE(supervisor.add({.name = "a"}));
  (void)supervisor.step(Boot{}, from_ms(0));
  (void)supervisor.step(StopAll{Ending::PowerOff}, from_ms(1));
  EXPECT_EQ(supervisor.programs()[0].state, State::Stopped);
}

}  // namespace
}  // namespace ck::supervise
