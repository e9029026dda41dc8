// SPDX-License-Identifier: MIT
// The supervisor of the programs as a pure state machine: who is started when, restarted when, and how all of them are
// stopped in order. It owns the state of each program and every deadline; it does not own a process: init spawns
// and signals as the actions say and reports what became of it as events.
//
//   Stopped --boot, or its predecessor is ready or 2 s late--> Starting --READY=1--> Running
//   Starting, Running --exit, or it could not be started--> Backoff --100 ms, doubling up to 30 s--> Starting
//   Starting, Running --orderly stop: SIGTERM, after 2 s SIGKILL--> Stopping --exit--> Stopped
//
// A delay goes back to 100 ms once a program has lived for a minute. A program that cannot say READY=1 (a foreign
// service) counts as running after 2 s. An event that makes no sense in the present state is ignored: nothing that a
// program does can bring the supervisor down. When all have stopped, or 1 s after the SIGKILL, the machine ends.
#pragma once

#include <cstdint>
#include <variant>

#include "base/fixed.h"
#include "base/time.h"

namespace ck::supervise {

inline constexpr size_t kMaxPrograms = 8;
inline constexpr Duration kFirstBackoff = 100ms;
inline constexpr Duration kMaxBackoff = 30s;
inline constexpr Duration kWell = 60s;           // alive this long: the next delay is kFirstBackoff again
inline constexpr Duration kReadyTimeout = 2s;    // how long a successor waits for READY=1
inline constexpr Duration kTerminateGrace = 2s;  // from SIGTERM to SIGKILL
inline constexpr Duration kKillGrace = 1s;       // from SIGKILL to the end, whatever still lives

enum class State : uint8_t { Stopped, Starting, Running, Backoff, Stopping };
const char* name_of(State state);
bool is_legal_edge(State from, State to);

enum class Role : uint8_t { Core, Service };
enum class Readiness : uint8_t { Notified, Assumed };  // says READY=1, or counts as ready after kReadyTimeout
enum class Ending : uint8_t { PowerOff, Reboot };
enum class Signal : uint8_t { Terminate, Kill };

using ProgramIndex = uint8_t;
inline constexpr ProgramIndex kNobody = 0xff;

struct ProgramSpec {
  FixedString<16> name;
  Role role = Role::Core;
  Readiness readiness = Readiness::Notified;
  ProgramIndex after = kNobody;  // starts once that one is ready, or kReadyTimeout after it was started
  FixedString<120> closed;       // not empty: it is never started, and this is why
};

// What the state file says of a program.
struct Program {
  ProgramSpec spec;
  State state = State::Stopped;
  int32_t pid = 0;  // 0 while there is none
  TimePoint since;  // of the present state
  uint32_t restarts = 0;
  FixedString<120> status;  // its own words (STATUS=)
  FixedString<160> error;   // why it last ended or could not be started
  TimePoint started;
  Duration backoff = Duration(0);  // the delay used last
  TimePoint deadline = kNever;     // end of the backoff, or of the wait for READY=1
};

// Events.
struct Boot {};
struct Spawned {
  ProgramIndex program;
  int32_t pid;
};
struct SpawnFailed {
  ProgramIndex program;
  FixedString<160> error;
};
struct Ready {
  ProgramIndex program;
};
struct StatusText {
  ProgramIndex program;
  FixedString<120> text;
};
struct Exited {
  ProgramIndex program;
  FixedString<160> how;
};
struct TimerFired {};
struct StopAll {
  Ending ending;
};
using Event = std::variant<Boot, Spawned, SpawnFailed, Ready, StatusText, Exited, TimerFired, StopAll>;

// Actions, to be carried out in this order.
struct Spawn {
  ProgramIndex program;
};
struct Kill {
  ProgramIndex program;
  Signal signal;
};
struct ArmTimer {
  TimePoint at;  // kNever disarms
};
struct Publish {};
struct Changed {  // for the log
  ProgramIndex program;
  State from;
  State to;
};
struct End {
  Ending ending;
};
using Action = std::variant<Spawn, Kill, ArmTimer, Publish, Changed, End>;
using Actions = FixedVector<Action, 3 * kMaxPrograms + 3>;

class Supervisor {
 public:
  // False when there are kMaxPrograms already, or `after` names one that was not added before. Before Boot only.
  [[nodiscard]] bool add(const ProgramSpec& spec);

  Actions step(const Event& event, TimePoint now);

  const FixedVector<Program, kMaxPrograms>& programs() const { return programs_; }
  bool is_ending() const { return phase_ != Phase::Up; }

 private:
  enum class Phase : uint8_t { Up, Terminating, Killing, Ended };

  void handle(const Boot&, TimePoint now, Actions& actions);
  void handle(const Spawned& event, TimePoint now, Actions& actions);
  void handle(const SpawnFailed& event, TimePoint now, Actions& actions);
  void handle(const Ready& event, TimePoint now, Actions& actions);
  void handle(const StatusText& event, TimePoint now, Actions& actions);
  void handle(const Exited& event, TimePoint now, Actions& actions);
  void handle(const TimerFired&, TimePoint now, Actions& actions);
  void handle(const StopAll& event, TimePoint now, Actions& actions);

  Program* find(ProgramIndex index);
  // The one place where a state changes.
  void enter(ProgramIndex index, State to, TimePoint now, Actions& actions);
  void start(ProgramIndex index, TimePoint now, Actions& actions);
  void start_successors(ProgramIndex index, TimePoint now, Actions& actions);
  void back_off(ProgramIndex index, TimePoint now, Actions& actions);
  void end_if_all_stopped(Actions& actions);
  TimePoint next_deadline() const;

  FixedVector<Program, kMaxPrograms> programs_;
  Phase phase_ = Phase::Up;
  bool booted_ = false;
  bool dirty_ = false;  // something that is published changed in this step
  Ending ending_ = Ending::PowerOff;
  TimePoint stop_deadline_ = kNever;
  TimePoint armed_ = kNever;
};

}  // namespace ck::supervise
