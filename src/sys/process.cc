// SPDX-License-Identifier: MIT
#include "sys/process.h"

#include <grp.h>
#include <linux/capability.h>
#include <poll.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>

#include "sys/errno.h"
#include "sys/file.h"

namespace ck::sys {

namespace {

// What the child writes into the pipe when it cannot go on. The string is static, and the address space is a copy of
// ours.
struct Failure {
  const char* step;
  int number;
};

[[noreturn]] void give_up(int pipe, const char* step) {
  Failure failure{step, errno};
  (void)retry([&] { return ::write(pipe, &failure, sizeof(failure)); });
  ::_exit(127);
}

constexpr int kStartTimeoutMs = 2000;
constexpr int kEndTimeoutMs = 500;  // from SIGKILL on; a process that waits for a broken disk does not end

// SIGKILL works on a stopped process too, so this does not wait long.
void end_child(pid_t pid) {
  (void)::kill(pid, SIGKILL);
  (void)retry([&] { return ::waitpid(pid, nullptr, 0); });
}

void reset_signals() {
  struct sigaction action{};
  action.sa_handler = SIG_DFL;
  for (int signal = 1; signal < NSIG; ++signal) (void)::sigaction(signal, &action, nullptr);  // KILL and STOP refuse
  sigset_t none;
  (void)::sigemptyset(&none);
  (void)::sigprocmask(SIG_SETMASK, &none, nullptr);
}

bool set_limits(const SpawnRequest& request) {
  rlimit files{request.max_files, request.max_files};
  rlimit core{0, 0};
  rlimit processes{request.max_processes, request.max_processes};
  return ::setrlimit(RLIMIT_NOFILE, &files) == 0 && ::setrlimit(RLIMIT_CORE, &core) == 0 &&
         ::setrlimit(RLIMIT_NPROC, &processes) == 0;
}

// Capabilities that this kernel does not know end the walk.
bool cut_bounding_set(uint64_t keep) {
  for (unsigned long capability = 0; capability < 64; ++capability) {
    if ((keep >> capability & 1) != 0) continue;
    if (::prctl(PR_CAPBSET_DROP, capability, 0, 0, 0) != 0) return errno == EINVAL;
  }
  return true;
}

bool set_capabilities(uint64_t capabilities) {
  __user_cap_header_struct header{.version = _LINUX_CAPABILITY_VERSION_3, .pid = 0};
  __user_cap_data_struct data[2]{};
  for (unsigned word = 0; word < 2; ++word)
    data[word].effective = data[word].permitted = data[word].inheritable =
        static_cast<uint32_t>(capabilities >> (32 * word));
  if (::syscall(SYS_capset, &header, data) != 0) return false;
  for (unsigned long capability = 0; capability < 64; ++capability)
    if ((capabilities >> capability & 1) != 0 && ::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_RAISE, capability, 0, 0) != 0)
      return false;
  return true;
}

[[noreturn]] void become(const SpawnRequest& request, int pipe) {
  reset_signals();
  if (::setsid() < 0) give_up(pipe, "setsid");
  redirect_standard_streams(request.output);
  if (!set_oom_score(request.oom_score)) give_up(pipe, "set oom_score_adj");
  if (request.niceness != 0 && ::setpriority(PRIO_PROCESS, 0, request.niceness) != 0) give_up(pipe, "setpriority");
  if (!set_limits(request)) give_up(pipe, "setrlimit");
  if (!cut_bounding_set(request.capabilities)) give_up(pipe, "cut the capability bounding set");
  if (::setgroups(0, nullptr) != 0) give_up(pipe, "setgroups");
  if (request.capabilities != 0 && ::prctl(PR_SET_KEEPCAPS, 1, 0, 0, 0) != 0) give_up(pipe, "keep capabilities");
  if (::setresgid(request.gid, request.gid, request.gid) != 0) give_up(pipe, "setresgid");
  if (::setresuid(request.uid, request.uid, request.uid) != 0) give_up(pipe, "setresuid");
  if (!set_capabilities(request.capabilities)) give_up(pipe, "set capabilities");
  if (::prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) give_up(pipe, "set no_new_privs");
  (void)::umask(022);
  if (::chdir("/") != 0) give_up(pipe, "chdir /");
  (void)::execve(request.path, const_cast<char* const*>(request.arguments.data()),
                 const_cast<char* const*>(request.environment.data()));
  give_up(pipe, "execute");
}

// Makes `target` a copy of `fd` that stays open across exec.
void place(int fd, int target) {
  if (fd < 0) return;
  if (fd == target)
    (void)::fcntl(fd, F_SETFD, 0);
  else
    (void)::dup2(fd, target);
}

// The statuses that our programs and sysexits.h give a meaning to.
struct StatusMeaning {
  int status;
  const char* text;
};
constexpr StatusMeaning kMeanings[] = {
    {64, "wrong arguments"},   {69, "a service is unavailable"},
    {70, "internal error"},    {71, "out of memory, or refused by the system"},
    {77, "permission denied"},
};

struct SignalName {
  int signal;
  const char* name;
};
constexpr SignalName kSignals[] = {
    {SIGHUP, "SIGHUP"},   {SIGINT, "SIGINT"},   {SIGQUIT, "SIGQUIT"}, {SIGILL, "SIGILL"},   {SIGTRAP, "SIGTRAP"},
    {SIGABRT, "SIGABRT"}, {SIGBUS, "SIGBUS"},   {SIGFPE, "SIGFPE"},   {SIGKILL, "SIGKILL"}, {SIGUSR1, "SIGUSR1"},
    {SIGSEGV, "SIGSEGV"}, {SIGUSR2, "SIGUSR2"}, {SIGPIPE, "SIGPIPE"}, {SIGALRM, "SIGALRM"}, {SIGTERM, "SIGTERM"},
    {SIGXCPU, "SIGXCPU"}, {SIGXFSZ, "SIGXFSZ"}, {SIGSYS, "SIGSYS"},
};

}  // namespace

Result<Pipe> make_pipe() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) return last_error("pipe");
  Pipe pipe{.reader = UniqueFd(ends[0]), .writer = UniqueFd(ends[1])};
  if (::fcntl(ends[0], F_SETFL, O_NONBLOCK) != 0) return last_error("pipe");
  return pipe;
}

Result<Pipe> make_output_pipe(uint32_t uid, uint32_t gid, size_t size) {
  Pipe pipe = CK_TRY(make_pipe());
  if (::fchown(pipe.writer.get(), uid, gid) != 0) return last_error("give the pipe away");
  (void)::fcntl(pipe.writer.get(), F_SETPIPE_SZ, static_cast<int>(size));
  return pipe;
}

Result<int32_t> spawn(const SpawnRequest& request) {
  auto [reader, writer] = CK_TRY(make_pipe());
  pid_t pid = ::fork();
  if (pid < 0) return last_error("fork");
  if (pid == 0) become(request, writer.get());

  // The pipe closes by itself at exec; until then the child only makes system calls that do not wait. But once it has
  // its uid a process of the same uid may stop it, and PID 1 must not wait for that one.
  writer.reset();
  Failure failure{};
  pollfd waiting{.fd = reader.get(), .events = POLLIN, .revents = 0};
  if (retry([&] { return ::poll(&waiting, 1, kStartTimeoutMs); }) == 0) {
    end_child(pid);
    return fail(Code::System, "start", ETIMEDOUT);
  }
  auto count = read_some(reader.get(), MutableBytes(reinterpret_cast<uint8_t*>(&failure), sizeof(failure)));
  if (!count || *count != sizeof(failure)) return pid;
  end_child(pid);
  return fail(Code::System, failure.step, failure.number);
}

Result<int> run_to_end(const SpawnRequest& request, Duration patience) {
  int32_t pid = CK_TRY(spawn(request));
  UniqueFd process(static_cast<int>(::syscall(SYS_pidfd_open, pid, 0)));
  if (!process.is_open()) {
    auto error = last_error("pidfd_open");
    end_child(pid);
    return error;
  }
  pollfd waiting{.fd = process.get(), .events = POLLIN, .revents = 0};
  if (retry([&] { return ::poll(&waiting, 1, static_cast<int>(patience.count())); }) != 1) {
    (void)::kill(pid, SIGKILL);
    if (retry([&] { return ::poll(&waiting, 1, kEndTimeoutMs); }) == 1) end_child(pid);
    return fail(Code::System, "end", ETIMEDOUT);
  }
  int status = 0;
  if (retry([&] { return ::waitpid(pid, &status, 0); }) != pid) return last_error("waitpid");
  return status;
}

std::optional<int> exit_status(int status) {
  if (!WIFEXITED(status)) return std::nullopt;
  return WEXITSTATUS(status);
}

Result<void> send_signal(int32_t pid, int signal) {
  if (::kill(pid, signal) != 0) return last_error("kill");
  return {};
}

std::optional<Reaped> reap() {
  int status = 0;
  pid_t pid = retry([&] { return ::waitpid(-1, &status, WNOHANG); });
  if (pid <= 0) return std::nullopt;
  return Reaped{pid, status};
}

void describe_exit(int status, TextWriter& out) {
  if (WIFSIGNALED(status)) {
    int number = WTERMSIG(status);
    out.put("killed by ");
    for (const SignalName& entry : kSignals) {
      if (entry.signal != number) continue;
      out.put(entry.name);
      return;
    }
    out.put("signal ").number(static_cast<unsigned>(number));
    return;
  }
  int code = WEXITSTATUS(status);
  out.put("exited with status ").number(static_cast<unsigned>(code));
  for (const StatusMeaning& meaning : kMeanings)
    if (meaning.status == code) out.put(": ").put(meaning.text);
}

Result<void> give_up_capabilities() {
  if (::prctl(PR_CAP_AMBIENT, PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0) != 0) return last_error("clear ambient capabilities");
  if (!set_capabilities(0)) return last_error("set capabilities");
  return {};
}

Result<void> set_oom_score(int score) {
  char buffer[16];
  TextWriter text(buffer);
  text.signed_number(score);
  return write_file("/proc/self/oom_score_adj", text.view());
}

void occupy_standard_streams() {
  int fd;
  do fd = ::open("/dev/null", O_RDWR | O_CLOEXEC);
  while (fd >= 0 && fd <= STDERR_FILENO);
  if (fd > STDERR_FILENO) (void)::close(fd);
}

void redirect_standard_streams(int output) {
  int null = ::open("/dev/null", O_RDONLY | O_CLOEXEC);
  int log = output >= 0 ? ::dup(output) : ::open("/dev/kmsg", O_WRONLY | O_CLOEXEC);
  if (log < 0) log = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
  place(null, STDIN_FILENO);
  place(log, STDOUT_FILENO);
  place(log, STDERR_FILENO);
  if (null > STDERR_FILENO) (void)::close(null);
  if (log > STDERR_FILENO) (void)::close(log);
}

size_t raise_descriptor_limit() {
  rlimit limit{};
  if (::getrlimit(RLIMIT_NOFILE, &limit) != 0) return 0;
  limit.rlim_cur = limit.rlim_max;
  (void)::setrlimit(RLIMIT_NOFILE, &limit);
  return ::getrlimit(RLIMIT_NOFILE, &limit) == 0 ? static_cast<size_t>(limit.rlim_cur) : 0;
}

}  // namespace ck::sys
