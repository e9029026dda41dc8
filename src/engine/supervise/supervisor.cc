// SPDX-License-Identifier: MIT
#include "engine/supervise/supervisor.h"

#include <algorithm>

namespace ck::supervise {

namespace {

struct Edge {
  State from;
  State to;
};

constexpr Edge kEdges[] = {
    {State::Stopped, State::Starting},   // boot
    {State::Starting, State::Running},   // ready
    {State::Starting, State::Backoff},   // could not be started, or ended before it was ready
    {State::Running, State::Backoff},    // ended
    {State::Backoff, State::Starting},   // once more
    {State::Starting, State::Stopping},  // orderly stop
    {State::Running, State::Stopping},   //
    {State::Starting, State::Stopped},   // orderly stop before there was a process
    {State::Backoff, State::Stopped},    //
    {State::Stopping, State::Stopped},   //
};

// The list of actions is as long as the longest step; were it not, the action would be lost, and that is our own bug.
void add(Actions& actions, Action action) {
  if (!actions.push_back(action)) __builtin_trap();
}

}  // namespace

const char* name_of(State state) {
  switch (state) {
    case State::Stopped: return "stopped";
    case State::Starting: return "starting";
    case State::Running: return "running";
    case State::Backoff: return "backoff";
    case State::Stopping: return "stopping";
  }
  return "unknown";
}

bool is_legal_edge(State from, State to) {
  return std::ranges::any_of(kEdges, [=](const Edge& edge) { return edge.from == from && edge.to == to; });
}

bool Supervisor::add(const ProgramSpec& spec) {
  if (booted_ || (spec.after != kNobody && spec.after >= programs_.size())) return false;
  Program program;
  program.spec = spec;
  return programs_.push_back(program);
}

Actions Supervisor::step(const Event& event, TimePoint now) {
  Actions actions;
  dirty_ = false;
  std::visit([&](const auto& which) { handle(which, now, actions); }, event);
  if (TimePoint next = next_deadline(); next != armed_) {
    armed_ = next;
    supervise::add(actions, ArmTimer{next});
  }
  if (dirty_) supervise::add(actions, Publish{});
  return actions;
}

void Supervisor::handle(const Boot&, TimePoint now, Actions& actions) {
  if (booted_ || phase_ != Phase::Up) return;
  booted_ = true;
  dirty_ = true;
  for (ProgramIndex index = 0; index < programs_.size(); ++index) {
    const ProgramSpec& spec = programs_[index].spec;
    if (!spec.closed.empty())
      programs_[index].error = spec.closed.view();
    else if (spec.after == kNobody)
      start(index, now, actions);
  }
}

void Supervisor::handle(const Spawned& event, TimePoint now, Actions& actions) {
  Program* program = find(event.program);
  if (program == nullptr || program->state != State::Starting || program->pid != 0) return;
  program->pid = event.pid;
  program->started = now;
  program->deadline = now + kReadyTimeout;
  dirty_ = true;
  (void)actions;
}

void Supervisor::handle(const SpawnFailed& event, TimePoint now, Actions& actions) {
  Program* program = find(event.program);
  if (program == nullptr || program->state != State::Starting || program->pid != 0) return;
  program->error = event.error;
  back_off(event.program, now, actions);
}

void Supervisor::handle(const Ready& event, TimePoint now, Actions& actions) {
  Program* program = find(event.program);
  if (program == nullptr || program->state != State::Starting || program->pid == 0) return;
  program->deadline = kNever;
  enter(event.program, State::Running, now, actions);
  start_successors(event.program, now, actions);
}

void Supervisor::handle(const StatusText& event, TimePoint now, Actions& actions) {
  Program* program = find(event.program);
  if (program == nullptr || program->pid == 0 || program->status == event.text) return;
  program->status = event.text;
  dirty_ = true;
  (void)now;
  (void)actions;
}

void Supervisor::handle(const Exited& event, TimePoint now, Actions& actions) {
  Program* program = find(event.program);
  if (program == nullptr || program->pid == 0) return;
  program->pid = 0;
  program->status.clear();
  if (program->state == State::Stopping) {
    enter(event.program, State::Stopped, now, actions);
    end_if_all_stopped(actions);
    return;
  }
  program->error = event.how;
  if (now - program->started >= kWell) program->backoff = Duration(0);
  back_off(event.program, now, actions);
}

void Supervisor::handle(const TimerFired&, TimePoint now, Actions& actions) {
  armed_ = kNever;  // it was for one shot
  for (ProgramIndex index = 0; index < programs_.size(); ++index) {
    Program& program = programs_[index];
    if (program.deadline > now) continue;
    program.deadline = kNever;
    if (program.state == State::Backoff) {
      ++program.restarts;
      start(index, now, actions);
    } else if (program.state == State::Starting) {
      if (program.spec.readiness == Readiness::Assumed) enter(index, State::Running, now, actions);
      start_successors(index, now, actions);
    }
  }
  if (stop_deadline_ > now) return;
  if (phase_ == Phase::Terminating) {
    phase_ = Phase::Killing;
    stop_deadline_ = now + kKillGrace;
    for (ProgramIndex index = 0; index < programs_.size(); ++index)
      if (programs_[index].pid != 0) supervise::add(actions, Kill{index, Signal::Kill});
  } else if (phase_ == Phase::Killing) {
    phase_ = Phase::Ended;
    stop_deadline_ = kNever;
    supervise::add(actions, End{ending_});
  }
}

void Supervisor::handle(const StopAll& event, TimePoint now, Actions& actions) {
  if (phase_ != Phase::Up) return;
  phase_ = Phase::Terminating;
  ending_ = event.ending;
  stop_deadline_ = now + kTerminateGrace;
  dirty_ = true;
  for (ProgramIndex index = 0; index < programs_.size(); ++index) {
    Program& program = programs_[index];
    program.deadline = kNever;
    if (program.pid != 0) {
      supervise::add(actions, Kill{index, Signal::Terminate});
      enter(index, State::Stopping, now, actions);
    } else if (program.state != State::Stopped) {
      enter(index, State::Stopped, now, actions);
    }
  }
  end_if_all_stopped(actions);
}

Program* Supervisor::find(ProgramIndex index) { return index < programs_.size() ? &programs_[index] : nullptr; }

void Supervisor::enter(ProgramIndex index, State to, TimePoint now, Actions& actions) {
  Program& program = programs_[index];
  if (!is_legal_edge(program.state, to)) return;
  supervise::add(actions, Changed{index, program.state, to});
  program.state = to;
  program.since = now;
  dirty_ = true;
}

void Supervisor::start(ProgramIndex index, TimePoint now, Actions& actions) {
  enter(index, State::Starting, now, actions);
  supervise::add(actions, Spawn{index});
}

void Supervisor::start_successors(ProgramIndex index, TimePoint now, Actions& actions) {
  for (ProgramIndex other = 0; other < programs_.size(); ++other)
    if (programs_[other].spec.after == index && programs_[other].state == State::Stopped && phase_ == Phase::Up)
      start(other, now, actions);
}

void Supervisor::back_off(ProgramIndex index, TimePoint now, Actions& actions) {
  Program& program = programs_[index];
  program.backoff = program.backoff == Duration(0) ? kFirstBackoff : std::min(program.backoff * 2, kMaxBackoff);
  program.deadline = now + program.backoff;
  enter(index, State::Backoff, now, actions);
  // A predecessor that fails at once must not hold back who comes after it.
  start_successors(index, now, actions);
}

void Supervisor::end_if_all_stopped(Actions& actions) {
  if (phase_ == Phase::Up || phase_ == Phase::Ended) return;
  if (std::ranges::any_of(programs_, [](const Program& program) { return program.pid != 0; })) return;
  phase_ = Phase::Ended;
  stop_deadline_ = kNever;
  supervise::add(actions, End{ending_});
}

TimePoint Supervisor::next_deadline() const {
  TimePoint next = stop_deadline_;
  for (const Program& program : programs_) next = std::min(next, program.deadline);
  return next;
}

}  // namespace ck::supervise
