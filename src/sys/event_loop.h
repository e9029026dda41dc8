// SPDX-License-Identifier: MIT
// One thread, one epoll. A Watch is a member of the object that it serves: it registers when started and deregisters in
// its destructor, so that no event can reach an object that is gone. Declare the UniqueFd first and its Watch after it.
// A Timer is a Watch on time: one deadline, re-armed at will. SignalWatch turns signals into calls.
// Callbacks may start, stop and destroy any Watch, their own included; an event already fetched for a watch that went
// is dropped. A Timer, SignalWatch or PublishedWatch must not be destroyed within its own callback.
#pragma once

#include <array>
#include <cstdint>
#include <functional>
#include <initializer_list>
#include <span>

#include "base/result.h"
#include "base/time.h"
#include "sys/unique_fd.h"

struct epoll_event;

namespace ck::sys {

class EventLoop;

// What to wait for and what happened; bits of EPOLLIN and so on are not exposed.
struct Events {
  bool readable = false;
  bool writable = false;
  bool hung_up = false;  // EPOLLHUP, EPOLLERR or EPOLLRDHUP
};

// Level: reported for as long as it holds. Edge: once when it begins; the callback takes note of it and reads or writes
// until that would block.
enum class Trigger : uint8_t { Level, Edge };

class Watch {
 public:
  using Callback = std::function<void(Events)>;
  Watch() = default;
  Watch(const Watch&) = delete;
  Watch& operator=(const Watch&) = delete;
  ~Watch() { stop(); }

  // Starts to watch `fd`, which must outlive the watch. Errors: System.
  Result<void> start(EventLoop& loop, int fd, Events interest, Callback callback, Trigger trigger = Trigger::Level);
  // Changes what is waited for. hung_up is always reported.
  Result<void> change(Events interest);
  void stop();
  // As stop(), where the only descriptor of that file is closed right after: the kernel then forgets it by itself.
  void let_go();
  bool is_active() const { return loop_ != nullptr; }

 private:
  friend class EventLoop;
  EventLoop* loop_ = nullptr;
  int fd_ = -1;
  Callback callback_;
};

class Timer {
 public:
  using Callback = std::function<void()>;
  // Errors: System.
  Result<void> start(EventLoop& loop, Callback callback);
  // Fires once at `deadline` (at once when it has passed); kNever disarms.
  void arm(TimePoint deadline);
  TimePoint deadline() const { return deadline_; }

 private:
  UniqueFd fd_;
  Watch watch_;
  Callback callback_;
  TimePoint deadline_ = kNever;
};

// Blocks the signals for normal delivery and reports them through the loop.
class SignalWatch {
 public:
  using Callback = std::function<void(int signal)>;
  Result<void> start(EventLoop& loop, std::initializer_list<int> signals, Callback callback);

 private:
  UniqueFd fd_;
  Watch watch_;
  Callback callback_;
};

class EventLoop {
 public:
  // Errors: System.
  static Result<EventLoop> create();
  EventLoop(EventLoop&& other) noexcept : epoll_(std::move(other.epoll_)) {}  // only before a watch is started
  ~EventLoop() = default;

  // Runs until stop(). Errors: System.
  Result<void> run();
  // Waits at most `timeout` for events and serves one batch.
  Result<void> run_once(Duration timeout);
  void stop() { stopped_ = true; }
  // For so long it asks on before it sleeps: to be woken costs more than that where the next event is near, above all
  // in a virtual machine, whose processor is given away meanwhile.
  void set_vigil(std::chrono::microseconds vigil) { vigil_ = vigil; }

 private:
  friend class Watch;
  explicit EventLoop(UniqueFd epoll) : epoll_(std::move(epoll)) {}
  void forget(Watch* watch);
  int wait(std::span<epoll_event> events, Duration timeout) const;

  UniqueFd epoll_;
  bool stopped_ = false;
  std::chrono::microseconds vigil_{};
  // The batch being served, so that a watch that is destroyed meanwhile can be struck from it.
  std::array<Watch*, 32> batch_{};
  size_t batch_size_ = 0;
};

}  // namespace ck::sys
