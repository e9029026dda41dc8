// SPDX-License-Identifier: MIT
#include "sys/event_loop.h"

#include <sys/epoll.h>
#include <sys/signalfd.h>
#include <sys/timerfd.h>

#include <csignal>
#include <ctime>
#include <utility>

#include "sys/errno.h"
#include "sys/file.h"

namespace ck::sys {

namespace {

uint32_t to_epoll(Events interest) {
  uint32_t mask = EPOLLRDHUP;
  if (interest.readable) mask |= EPOLLIN;
  if (interest.writable) mask |= EPOLLOUT;
  return mask;
}

Events from_epoll(uint32_t mask) {
  return {.readable = (mask & EPOLLIN) != 0,
          .writable = (mask & EPOLLOUT) != 0,
          .hung_up = (mask & (EPOLLHUP | EPOLLERR | EPOLLRDHUP)) != 0};
}

std::chrono::nanoseconds monotonic() {
  timespec time{};
  (void)::clock_gettime(CLOCK_MONOTONIC, &time);
  return std::chrono::seconds(time.tv_sec) + std::chrono::nanoseconds(time.tv_nsec);
}

}  // namespace

Result<void> Watch::start(EventLoop& loop, int fd, Events interest, Callback callback, Trigger trigger) {
  stop();
  epoll_event event{};
  event.events = to_epoll(interest);
  if (trigger == Trigger::Edge) event.events |= EPOLLET;
  event.data.ptr = this;
  if (::epoll_ctl(loop.epoll_.get(), EPOLL_CTL_ADD, fd, &event) != 0) return last_error("epoll add");
  loop_ = &loop;
  fd_ = fd;
  callback_ = std::move(callback);
  return {};
}

Result<void> Watch::change(Events interest) {
  if (loop_ == nullptr) return fail(Code::Closed, "watch is not active");
  epoll_event event{};
  event.events = to_epoll(interest);
  event.data.ptr = this;
  if (::epoll_ctl(loop_->epoll_.get(), EPOLL_CTL_MOD, fd_, &event) != 0) return last_error("epoll change");
  return {};
}

void Watch::stop() {
  if (loop_ == nullptr) return;
  (void)::epoll_ctl(loop_->epoll_.get(), EPOLL_CTL_DEL, fd_, nullptr);
  let_go();
}

void Watch::let_go() {
  if (loop_ == nullptr) return;
  loop_->forget(this);
  loop_ = nullptr;
  fd_ = -1;
}

Result<void> Timer::start(EventLoop& loop, Callback callback) {
  int fd = ::timerfd_create(CLOCK_BOOTTIME, TFD_CLOEXEC | TFD_NONBLOCK);
  if (fd < 0) return last_error("timerfd_create");
  fd_ = UniqueFd(fd);
  callback_ = std::move(callback);
  return watch_.start(loop, fd_.get(), {.readable = true}, [this](Events) {
    uint64_t expirations = 0;
    (void)read_some(fd_.get(), MutableBytes(reinterpret_cast<uint8_t*>(&expirations), sizeof(expirations)));
    if (expirations == 0) return;  // re-armed between the event and its delivery
    deadline_ = kNever;
    callback_();
  });
}

void Timer::arm(TimePoint deadline) {
  if (deadline == deadline_) return;
  deadline_ = deadline;
  itimerspec spec{};
  if (deadline != kNever) {
    int64_t ms = to_ms(deadline) > 0 ? to_ms(deadline) : 0;
    spec.it_value.tv_sec = static_cast<time_t>(ms / 1000);
    spec.it_value.tv_nsec = static_cast<long>(ms % 1000) * 1'000'000 + 1;  // never all zero: that would disarm
  }
  (void)::timerfd_settime(fd_.get(), TFD_TIMER_ABSTIME, &spec, nullptr);
}

Result<void> SignalWatch::start(EventLoop& loop, std::initializer_list<int> signals, Callback callback) {
  sigset_t set;
  (void)::sigemptyset(&set);
  for (int signal : signals) (void)::sigaddset(&set, signal);
  if (::sigprocmask(SIG_BLOCK, &set, nullptr) != 0) return last_error("sigprocmask");
  int fd = ::signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
  if (fd < 0) return last_error("signalfd");
  fd_ = UniqueFd(fd);
  callback_ = std::move(callback);
  return watch_.start(loop, fd_.get(), {.readable = true}, [this](Events) {
    for (;;) {
      signalfd_siginfo info{};
      auto count = read_some(fd_.get(), MutableBytes(reinterpret_cast<uint8_t*>(&info), sizeof(info)));
      if (!count || *count != sizeof(info)) return;
      callback_(static_cast<int>(info.ssi_signo));
    }
  });
}

Result<EventLoop> EventLoop::create() {
  int fd = ::epoll_create1(EPOLL_CLOEXEC);
  if (fd < 0) return last_error("epoll_create1");
  return EventLoop(UniqueFd(fd));
}

Result<void> EventLoop::run() {
  stopped_ = false;
  while (!stopped_) CK_TRY(run_once(Duration(-1)));
  return {};
}

// As epoll_wait().
int EventLoop::wait(std::span<epoll_event> events, Duration timeout) const {
  auto ask = [&](Duration patience) {
    return ::epoll_wait(epoll_.get(), events.data(), static_cast<int>(events.size()),
                        static_cast<int>(patience.count()));
  };
  if (vigil_ > vigil_.zero()) {
    auto end = monotonic() + vigil_;
    do {
      if (int count = ask(Duration(0)); count != 0) return count;
    } while (monotonic() < end);
  }
  return ask(timeout);
}

Result<void> EventLoop::run_once(Duration timeout) {
  std::array<epoll_event, 32> events;
  int count = wait(events, timeout);
  if (count < 0) {
    if (errno == EINTR) return {};
    return last_error("epoll_wait");
  }
  batch_size_ = static_cast<size_t>(count);
  for (size_t i = 0; i < batch_size_; ++i) batch_[i] = static_cast<Watch*>(events[i].data.ptr);
  for (size_t i = 0; i < batch_size_; ++i) {
    if (batch_[i] == nullptr) continue;
    // Moved out while it runs: the callback may destroy its own watch, and the function with it.
    Watch* watch = batch_[i];
    Watch::Callback callback = std::move(watch->callback_);
    callback(from_epoll(events[i].events));
    // Still the same registration: give the function back unless start() was called anew.
    if (batch_[i] == watch && !watch->callback_) watch->callback_ = std::move(callback);
  }
  batch_size_ = 0;
  return {};
}

void EventLoop::forget(Watch* watch) {
  for (size_t i = 0; i < batch_size_; ++i)
    if (batch_[i] == watch) batch_[i] = nullptr;
}

}  // namespace ck::sys
