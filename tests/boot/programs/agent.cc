// SPDX-License-Identifier: MIT
// The tests' hand inside a running guest. It is no part of the image: a test hands it to the kernel in an external
// initramfs and names it by `rdinit=`. As PID 1 it leaves a child behind and becomes /init, so that the image's own
// init then runs as always, as PID 1, with one child that it does not know. The child greets with a lone `.` and obeys
// lines on the second serial port, each answered by lines and a lone `.`:  `ps` lists the programs (pid, uid, name);
// `kill NAME SIGNAL` sends a signal to each program of that name; `cat PATH` gives a file.  A line that it does not
// understand is answered by `?`.
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include <string>
#include <string_view>

namespace {

constexpr const char* kPort = "/agent/port";

std::string read_file(const std::string& path) {
  std::string text;
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return text;
  char buffer[4096];
  for (ssize_t got; (got = read(fd, buffer, sizeof buffer)) > 0;) text.append(buffer, static_cast<size_t>(got));
  close(fd);
  return text;
}

void say(int port, std::string_view text) {
  while (!text.empty()) {
    const ssize_t done = write(port, text.data(), text.size());
    if (done <= 0) return;
    text.remove_prefix(static_cast<size_t>(done));
  }
}

// Calls act(pid, name) for every process with a command line; the name is the last part of its first word.
template <typename Act>
void each_program(Act act) {
  DIR* processes = opendir("/proc");
  if (!processes) return;
  while (const dirent* entry = readdir(processes)) {
    const int pid = atoi(entry->d_name);
    if (pid <= 0 || pid == getpid()) continue;
    std::string name = read_file(std::string("/proc/") + entry->d_name + "/cmdline");
    name = name.substr(0, name.find('\0'));
    if (const size_t slash = name.rfind('/'); slash != std::string::npos) name = name.substr(slash + 1);
    if (!name.empty()) act(pid, name);
  }
  closedir(processes);
}

void list(int port) {
  each_program([port](int pid, const std::string& name) {
    struct stat about{};
    const std::string path = "/proc/" + std::to_string(pid);
    stat(path.c_str(), &about);
    say(port, std::to_string(pid) + " " + std::to_string(about.st_uid) + " " + name + "\n");
  });
}

void obey(int port, const std::string& line) {
  char name[64] = {};
  int number = 0;
  if (line == "ps") {
    list(port);
  } else if (sscanf(line.c_str(), "kill %63s %d", name, &number) == 2) {
    each_program([&](int pid, const std::string& found) {
      if (found == name) say(port, std::to_string(pid) + (kill(pid, number) == 0 ? " sent\n" : " refused\n"));
    });
  } else if (line.starts_with("cat ")) {
    say(port, read_file(line.substr(4)));
  } else {
    say(port, "?\n");
  }
  say(port, ".\n");
}

[[noreturn]] void serve() {
  setsid();
  signal(SIGHUP, SIG_IGN);
  const int port = open(kPort, O_RDWR | O_NOCTTY | O_CLOEXEC);
  if (port < 0) _exit(1);
  termios raw{};
  tcgetattr(port, &raw);
  cfmakeraw(&raw);
  tcsetattr(port, TCSANOW, &raw);
  say(port, ".\n");
  std::string line;
  char buffer[256];
  for (;;) {
    const ssize_t got = read(port, buffer, sizeof buffer);
    if (got <= 0) _exit(1);
    for (ssize_t at = 0; at < got; ++at) {
      if (buffer[at] != '\n') {
        line += buffer[at];
        continue;
      }
      obey(port, line);
      line.clear();
    }
  }
}

}  // namespace

int main(int, char** arguments) {
  if (fork() == 0) serve();
  static char name[] = "/init";
  arguments[0] = name;
  execv(name, arguments);
  return 1;
}
