// SPDX-License-Identifier: MIT
#include "sys/event_loop.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <csignal>
#include <memory>
#include <thread>

#include "sys/clock.h"
#include "sys/file.h"
#include "sys/publish.h"

namespace ck::sys {
namespace {

struct Pipe {
  Pipe() {
    int ends[2];
    EXPECT_EQ(::pipe(ends), 0);
    read = UniqueFd(ends[0]);
    write = UniqueFd(ends[1]);
  }
  void fill() { EXPECT_EQ(::write(write.get(), "x", 1), 1); }
  UniqueFd read;
  UniqueFd write;
};

TEST(EventLoop, ReportsReadableAndHungUp) {
  auto loop = EventLoop::create();
  ASSERT_TRUE(loop);
  Pipe pipe;
  Events seen;
  Watch watch;
  ASSERT_TRUE(watch.start(*loop, pipe.read.get(), {.readable = true}, [&](Events events) { seen = events; }));
  ASSERT_TRUE(loop->run_once(Duration(0)));
  EXPECT_FALSE(seen.readable);
  pipe.fill();
  ASSERT_TRUE(loop->run_once(Duration(1000)));
  EXPECT_TRUE(seen.readable);
  pipe.write.reset();
  ASSERT_TRUE(loop->run_once(Duration(1000)));
  EXPECT_TRUE(seen.hung_up);
}

TEST(EventLoop, KeepsAskingDuringItsVigilBeforeItSleeps) {
  auto loop = EventLoop::create();
  ASSERT_TRUE(loop);
  Pipe pipe;
  bool seen = false;
  Watch watch;
  ASSERT_TRUE(watch.start(*loop, pipe.read.get(), {.readable = true}, [&](Events) { seen = true; }));
  loop->set_vigil(60s);
  std::thread writer([&] {
    std::this_thread::sleep_for(20ms);
    pipe.fill();
  });
  ASSERT_TRUE(loop->run_once(Duration(0)));
  writer.join();
  EXPECT_TRUE(seen);
  // Without one it only looks.
  seen = false;
  char byte;
  ASSERT_EQ(::read(pipe.read.get(), &byte, 1), 1);
  loop->set_vigil(0us);
  ASSERT_TRUE(loop->run_once(Duration(0)));
  EXPECT_FALSE(seen);
}

TEST(EventLoop, AWatchDestroyedByAnotherInTheSameBatchIsNotCalled) {
  auto loop = EventLoop::create();
  ASSERT_TRUE(loop);
  Pipe first;
  Pipe second;
  int calls = 0;
  auto a = std::make_unique<Watch>();
  auto b = std::make_unique<Watch>();
  ASSERT_TRUE(a->start(*loop, first.read.get(), {.readable = true}, [&](Events) {
    ++calls;
    b.reset();
  }));
  ASSERT_TRUE(b->start(*loop, second.read.get(), {.readable = true}, [&](Events) {
    ++calls;
    a.reset();
  }));
  first.fill();
  second.fill();
  ASSERT_TRUE(loop->run_once(Duration(1000)));
  EXPECT_EQ(calls, 1);
}

TEST(EventLoop, AWatchMayDestroyItselfAndStartAnew) {
  auto loop = EventLoop::create();
  ASSERT_TRUE(loop);
  Pipe pipe;
  int first = 0;
  int second = 0;
  Watch watch;
  ASSERT_TRUE(watch.start(*loop, pipe.read.get(), {.readable = true}, [&](Events) {
    ++first;
    EXPECT_TRUE(watch.start(*loop, pipe.read.get(), {.readable = true}, [&](Events) { ++second; }));
  }));
  pipe.fill();
  ASSERT_TRUE(loop->run_once(Duration(1000)));
  ASSERT_TRUE(loop->run_once(Duration(1000)));
  EXPECT_EQ(first, 1);
  EXPECT_EQ(second, 1);

  auto own = std::make_unique<Watch>();
  ASSERT_TRUE(own->start(*loop, pipe.read.get(), {.readable = true}, [&](Events) { own.reset(); })
                  .error_or(Error{})
                  .sys_errno == EEXIST);  // one descriptor, one watch
  watch.stop();
  ASSERT_TRUE(own->start(*loop, pipe.read.get(), {.readable = true}, [&](Events) { own.reset(); }));
  ASSERT_TRUE(loop->run_once(Duration(1000)));
  EXPECT_EQ(own, nullptr);
}

TEST(Timer, FiresOnceAndCanBeDisarmed) {
  auto loop = EventLoop::create();
  ASSERT_TRUE(loop);
  int fired = 0;
  Timer timer;
  ASSERT_TRUE(timer.start(*loop, [&] { ++fired; }));
  timer.arm(now() - 5s);  // the past: at once
  ASSERT_TRUE(loop->run_once(Duration(2000)));
  EXPECT_EQ(fired, 1);
  EXPECT_EQ(timer.deadline(), kNever);
  timer.arm(now() + 1h);
  timer.arm(kNever);
  ASSERT_TRUE(loop->run_once(Duration(0)));
  EXPECT_EQ(fired, 1);
}

TEST(SignalWatch, TurnsSignalsIntoCalls) {
  auto loop = EventLoop::create();
  ASSERT_TRUE(loop);
  int seen = 0;
  SignalWatch watch;
  ASSERT_TRUE(watch.start(*loop, {SIGUSR1}, [&](int signal) { seen = signal; }));
  ASSERT_EQ(::raise(SIGUSR1), 0);
  ASSERT_TRUE(loop->run_once(Duration(1000)));
  EXPECT_EQ(seen, SIGUSR1);
}

TEST(Publish, IsSeenWholeByAWatcher) {
  char root[] = "/tmp/ck-publish-XXXXXX";
  ASSERT_NE(::mkdtemp(root), nullptr);
  ASSERT_EQ(::setenv("COREKMS_RUN", root, 1), 0);
  ASSERT_TRUE(make_directory(run_path("netd", "").view().data(), 0755));
  auto loop = EventLoop::create();
  ASSERT_TRUE(loop);
  int changes = 0;
  PublishedWatch watch;
  ASSERT_TRUE(watch.start(*loop, "netd", [&] { ++changes; }));
  char buffer[64];
  EXPECT_EQ(read_published("netd", "state", buffer).error().sys_errno, ENOENT);
  ASSERT_TRUE(publish("netd", "state", "link index=1\n"));
  ASSERT_TRUE(loop->run_once(Duration(1000)));
  EXPECT_EQ(changes, 1);
  EXPECT_EQ(read_published("netd", "state", buffer).value_or(""), "link index=1\n");
  char small[4];
  EXPECT_EQ(read_published("netd", "state", small).error().code, Code::OutOfRange);
  EXPECT_EQ(::unlink(run_path("netd", "state").view().data()), 0);
  // A FIFO in its place must not make a reader wait.
  ASSERT_EQ(::mkfifo(run_path("netd", "state").view().data(), 0644), 0);
  EXPECT_EQ(read_published("netd", "state", buffer).error().code, Code::Denied);
  EXPECT_EQ(::unlink(run_path("netd", "state").view().data()), 0);
  EXPECT_EQ(::rmdir(run_path("netd", "").view().data()), 0);
  EXPECT_EQ(::rmdir(root), 0);
  ASSERT_EQ(::unsetenv("COREKMS_RUN"), 0);
}

}  // namespace
}  // namespace ck::sys
