// SPDX-License-Identifier: MIT
// Processes: start one with exactly the rights that it is to have, signal it, reap whatever ended.
// Between fork and exec a child gets: no controlling terminal but a session of its own, no supplementary groups, its
// uid and gid, only the capabilities named (ambient, with the bounding set cut down to them), no_new_privs, default
// signal dispositions and an empty mask, /dev/null as standard input and /dev/kmsg or a pipe as output. When any of
// these fails the child ends and the caller learns which step it was and why: a program never runs with more than it
// should have.
#pragma once

#include <cstdint>
#include <optional>
#include <span>

#include "base/result.h"
#include "base/text.h"
#include "base/time.h"
#include "sys/unique_fd.h"

namespace ck::sys {

struct SpawnRequest {
  const char* path = "";
  std::span<const char* const> arguments;    // ends with a null pointer
  std::span<const char* const> environment;  // ends with a null pointer
  uint32_t uid = 0;
  uint32_t gid = 0;
  uint64_t capabilities = 0;  // bits of CAP_*, kept across exec
  int oom_score = 0;          // oom_score_adj
  int niceness = 0;
  uint64_t max_files = 256;     // RLIMIT_NOFILE
  uint64_t max_processes = 16;  // RLIMIT_NPROC: processes and threads of the uid
  int output = -1;              // standard output and error; -1: /dev/kmsg
};

// What is written to one end is read from the other, which does not wait. Errors: System.
struct Pipe {
  UniqueFd reader;
  UniqueFd writer;
};
Result<Pipe> make_pipe();
// One for the output of a program of that user, who may open it by its name in /proc, too; it holds about `size` bytes.
Result<Pipe> make_output_pipe(uint32_t uid, uint32_t gid, size_t size);

// The pid of the new process, which has executed `path` by now. Errors: System, `what` names the step.
Result<int32_t> spawn(const SpawnRequest& request);

// Runs a program to its end and returns its status as waitpid gives it. One that takes longer than `patience` is
// killed, and not waited for any longer where it hangs in the kernel. Other children must not be reaped meanwhile.
// Errors: System; ETIMEDOUT for one that was killed.
Result<int> run_to_end(const SpawnRequest& request, Duration patience);

// The status that a program chose when it exited; nothing when a signal ended it.
std::optional<int> exit_status(int status);

// Errors: System.
Result<void> send_signal(int32_t pid, int signal);

struct Reaped {
  int32_t pid;
  int status;  // as waitpid gives it
};
// A child that has ended, orphans included; nothing when there is none now.
std::optional<Reaped> reap();

// "exited with status 71: out of memory", "killed by SIGSEGV".
void describe_exit(int status, TextWriter& out);

// This process: no capability is left, and with no_new_privs none comes back. Errors: System.
Result<void> give_up_capabilities();
// This process: the badness that the kernel's out-of-memory killer adds, from -1000 (never). Errors: System.
Result<void> set_oom_score(int score);
// Makes sure that descriptors 0 to 2 are taken, so that none that is opened later gets their numbers: a kernel that
// finds no console starts PID 1 without them.
void occupy_standard_streams();
// Redirects standard input to /dev/null, standard output and error to `output`, or where that is -1 to /dev/kmsg.
void redirect_standard_streams(int output = -1);

inline constexpr uint64_t kCapNetBindService = 1u << 10;
inline constexpr uint64_t kCapNetAdmin = 1u << 12;
inline constexpr uint64_t kCapNetRaw = 1u << 13;
inline constexpr uint64_t kCapSysAdmin = 1u << 21;
inline constexpr uint64_t kCapSysTime = 1u << 25;
inline constexpr uint64_t kCapSyslog = uint64_t{1} << 34;

// Lets this program have as many descriptors open as its hard limit allows, and says how many these are.
size_t raise_descriptor_limit();

}  // namespace ck::sys
