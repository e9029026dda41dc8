// SPDX-License-Identifier: MIT
// The multi-call program: picks what to be by the last part of argv[0] (`/bin/netd`), or by the first argument when it
// was called by its own name (`corekms netd ...`).
#include <cstdlib>
#include <string_view>

#include "app/program.h"
#include "sys/log.h"

namespace {

struct Program {
  const char* name;
  int (*main)(std::span<char*> arguments);
};

constexpr Program kPrograms[] = {
    {"init", ck::init_main},       {"netd", ck::netd_main},     {"gatewayd", ck::gatewayd_main},
    {"console", ck::console_main}, {"config", ck::config_main}, {"logd", ck::logd_main},
    {"timed", ck::timed_main},     {"webd", ck::webd_main},
};

const Program* find(std::string_view path) {
  std::string_view name = path.substr(path.find_last_of('/') + 1);
  for (const Program& program : kPrograms)
    if (name == program.name) return &program;
  return nullptr;
}

}  // namespace

int main(int argc, char** argv) {
  std::span<char*> arguments(argv, static_cast<size_t>(argc));
  for (size_t skipped = 0; skipped < 2 && !arguments.empty(); ++skipped) {
    if (const Program* program = find(arguments.front())) {
      ck::sys::set_log_name(program->name);
      if (const char* level = std::getenv("COREKMS_LOG_LEVEL")) ck::sys::set_log_level(level);
      return program->main(arguments);
    }
    arguments = arguments.subspan(1);
  }
  ck::sys::log(ck::sys::Severity::Error,
               {"usage: corekms init|netd|gatewayd|console|config|logd|timed|webd [arguments]"});
  return 64;
}
