// SPDX-License-Identifier: MIT
#include "sys/process.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <string>
#include <thread>

#include "sys/file.h"
#include "sys/mount.h"

namespace ck::sys {
namespace {

std::string describe(int status) {
  char buffer[80];
  TextWriter out(buffer);
  describe_exit(status, out);
  return std::string(out.view());
}

TEST(DescribeExit, SaysStatusMeaningAndSignal) {
  EXPECT_EQ(describe(0), "exited with status 0");
  EXPECT_EQ(describe(71 << 8), "exited with status 71: out of memory, or refused by the system");
  EXPECT_EQ(describe(3 << 8), "exited with status 3");
  EXPECT_EQ(describe(SIGSEGV), "killed by SIGSEGV");
  EXPECT_EQ(describe(SIGABRT | 0x80), "killed by SIGABRT") << "with a core dump";
  EXPECT_EQ(describe(SIGRTMAX), "killed by signal 64");
}

// Runs a shell command through spawn() and returns what it printed to a file, as that user.
class SpawnTest : public ::testing::Test {
 protected:
  void SetUp() override {
    if (::geteuid() != 0) GTEST_SKIP() << "only root may give rights away";
    char folder[] = "/tmp/corekms-test-XXXXXX";
    ASSERT_NE(::mkdtemp(folder), nullptr);
    folder_ = folder;
    ASSERT_EQ(::chmod(folder, 0777), 0);
  }
  void TearDown() override {
    if (folder_.empty()) return;
    (void)::unlink((folder_ + "/out").c_str());
    (void)::rmdir(folder_.c_str());
  }
  std::string run(std::string command, uint64_t capabilities) {
    command = "{ " + command + "; } > " + folder_ + "/out";
    const char* arguments[] = {"sh", "-c", command.c_str(), nullptr};
    const char* environment[] = {"PATH=/bin:/usr/bin", "MARK=here", nullptr};
    auto pid = spawn({.path = "/bin/sh",
                      .arguments = arguments,
                      .environment = environment,
                      .uid = 60101,
                      .gid = 60105,
                      .capabilities = capabilities,
                      .oom_score = 123,
                      .max_files = 77,
                      .max_processes = 23});
    EXPECT_TRUE(pid) << pid.error().what << " " << pid.error().sys_errno;
    if (!pid) return {};
    int status = 0;
    EXPECT_EQ(::waitpid(*pid, &status, 0), *pid);
    EXPECT_EQ(status, 0);
    static char buffer[16384];
    auto text = read_file((folder_ + "/out").c_str(), buffer);
    return std::string(text.value_or(""));
  }
  std::string folder_;
};

TEST_F(SpawnTest, AProgramHasTheRightsThatItWasGivenAndNoOther) {
  std::string status = run("cat /proc/self/status", kCapNetAdmin | kCapNetRaw);
  for (const char* wanted :
       {"Uid:\t60101\t60101\t60101\t60101\n", "Gid:\t60105\t60105\t60105\t60105\n", "Groups:\t \n",
        "CapInh:\t0000000000003000\n", "CapPrm:\t0000000000003000\n", "CapEff:\t0000000000003000\n",
        "CapBnd:\t0000000000003000\n", "CapAmb:\t0000000000003000\n", "NoNewPrivs:\t1\n", "SigBlk:\t0000000000000000\n",
        "SigIgn:\t0000000000000000\n"})
    EXPECT_NE(status.find(wanted), std::string::npos) << wanted << status;
}

TEST_F(SpawnTest, WithoutCapabilitiesNoneIsLeftEvenInTheBoundingSet) {
  std::string status = run("cat /proc/self/status", 0);
  for (const char* wanted : {"CapPrm:\t0000000000000000\n", "CapEff:\t0000000000000000\n",
                             "CapBnd:\t0000000000000000\n", "CapAmb:\t0000000000000000\n"})
    EXPECT_NE(status.find(wanted), std::string::npos) << wanted << status;
}

TEST_F(SpawnTest, SignalsThatAreBlockedHereAreNotThere) {
  sigset_t set;
  sigset_t before;
  (void)::sigemptyset(&set);
  (void)::sigaddset(&set, SIGTERM);
  (void)::sigprocmask(SIG_BLOCK, &set, &before);
  auto old = ::signal(SIGPIPE, SIG_IGN);
  std::string status = run("cat /proc/self/status", 0);
  (void)::signal(SIGPIPE, old);
  (void)::sigprocmask(SIG_SETMASK, &before, nullptr);
  EXPECT_NE(status.find("SigBlk:\t0000000000000000\n"), std::string::npos) << status;
  EXPECT_NE(status.find("SigIgn:\t0000000000000000\n"), std::string::npos) << status;
}

TEST_F(SpawnTest, LimitsEnvironmentSessionAndStandardInput) {
  std::string text =
      run("ulimit -n; cat /proc/self/oom_score_adj; echo $MARK $HOME-; readlink /proc/self/fd/0; pwd", 0);
  EXPECT_EQ(text, "77\n123\nhere -\n/dev/null\n/\n");
}

TEST_F(SpawnTest, ItsProcessesAreLimitedAndItLeavesNoCore) {
  std::string limits = run("cat /proc/self/limits", 0);
  for (const char* wanted :
       {"\nMax processes             23                   23 ", "\nMax core file size        0                    0 "})
    EXPECT_NE(limits.find(wanted), std::string::npos) << wanted << limits;
}

TEST_F(SpawnTest, WhatCannotBeExecutedIsAnErrorWithItsReason) {
  const char* arguments[] = {"nothing", nullptr};
  const char* environment[] = {nullptr};
  auto pid = spawn(
      {.path = "/nonexistent/program", .arguments = arguments, .environment = environment, .uid = 60101, .gid = 60101});
  ASSERT_FALSE(pid);
  EXPECT_STREQ(pid.error().what, "execute");
  EXPECT_EQ(pid.error().sys_errno, ENOENT);
  EXPECT_FALSE(reap()) << "the child that could not execute is reaped already";
}

TEST_F(SpawnTest, BothOutputsAreThePipeThatIsGivenAndItsReaderIsNotThere) {
  auto pipe = make_pipe();
  ASSERT_TRUE(pipe);
  struct stat about{};
  ASSERT_EQ(::fstat(pipe->reader.get(), &about), 0);
  // The writing ends show that the list is one.
  std::string end = ".*pipe:\\[" + std::to_string(about.st_ino) + "\\]'";
  std::string command = "echo out; echo err >&2; list=$(ls -l /proc/$$/fd); echo \"$list\" | grep -c 'lr-x" + end +
                        "; [ $(echo \"$list\" | grep -c 'l-wx" + end + ") -ge 2 ] && echo both";
  const char* arguments[] = {"sh", "-c", command.c_str(), nullptr};
  const char* environment[] = {"PATH=/bin:/usr/bin", nullptr};
  auto pid = spawn({.path = "/bin/sh",
                    .arguments = arguments,
                    .environment = environment,
                    .uid = 60101,
                    .gid = 60101,
                    .output = pipe->writer.get()});
  ASSERT_TRUE(pid);
  int status = 0;
  EXPECT_EQ(::waitpid(*pid, &status, 0), *pid);
  char text[100];
  MutableBytes room(reinterpret_cast<uint8_t*>(text), sizeof text);
  auto size = read_some(pipe->reader.get(), room);
  ASSERT_TRUE(size);
  EXPECT_EQ(std::string_view(text, *size), "out\nerr\n0\nboth\n");
  auto more = read_some(pipe->reader.get(), room);
  ASSERT_FALSE(more) << "nobody waits for more";
  EXPECT_EQ(more.error().sys_errno, EAGAIN);
}

// The only child of this thread, once it runs as that user; 0 when there is none within half a minute.
pid_t child_of(const std::string& children, uid_t uid) {
  for (int tries = 0; tries < 3000; ++tries, (void)::usleep(10'000)) {
    static char buffer[64];
    auto text = read_file(children.c_str(), buffer);
    pid_t child = text ? std::atoi(std::string(*text).c_str()) : 0;
    struct stat about{};
    if (child != 0 && ::stat(("/proc/" + std::to_string(child)).c_str(), &about) == 0 && about.st_uid == uid)
      return child;
  }
  return 0;
}

// A lease on the program holds whoever executes it until the lease is given up: there a process of the child's own
// user finds it and stops it.
TEST_F(SpawnTest, AChildThatIsStoppedBeforeItExecutesIsEndedAndAnError) {
  const std::string program = folder_ + "/out";
  ASSERT_EQ(std::system(("cp /bin/true " + program).c_str()), 0);
  UniqueFd held(::open(program.c_str(), O_RDWR | O_CLOEXEC));
  auto old = ::signal(SIGIO, SIG_IGN);  // it says that the lease is asked for
  ASSERT_EQ(::fcntl(held.get(), F_SETLEASE, F_WRLCK), 0) << "this file system knows no leases";

  std::atomic<bool> back = false;
  std::string children = "/proc/self/task/" + std::to_string(::gettid()) + "/children";
  pid_t child = 0;
  std::thread other([&] {
    child = child_of(children, 60101);
    if (child == 0) return;
    (void)::kill(child, SIGSTOP);
    (void)::fcntl(held.get(), F_SETLEASE, F_UNLCK);
    for (int tries = 0; tries < 3000 && !back; ++tries) (void)::usleep(10'000);
    if (!back) (void)::kill(child, SIGKILL);  // or this test would wait for ever as well
  });
  const char* arguments[] = {"true", nullptr};
  const char* environment[] = {nullptr};
  auto pid =
      spawn({.path = program.c_str(), .arguments = arguments, .environment = environment, .uid = 60101, .gid = 60101});
  back = true;
  other.join();
  (void)::signal(SIGIO, old);
  ASSERT_NE(child, 0) << "it was never seen";
  ASSERT_FALSE(pid) << "whoever started it waited until it was gone";
  EXPECT_STREQ(pid.error().what, "start");
  EXPECT_EQ(pid.error().sys_errno, ETIMEDOUT);
  EXPECT_EQ(::kill(child, 0), -1) << "it still stands there";
  EXPECT_FALSE(reap());
}

}  // namespace
}  // namespace ck::sys
