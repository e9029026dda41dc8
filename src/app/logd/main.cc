// SPDX-License-Identifier: MIT
// logd [--config FILE] [--log PATH] [--kmsg PATH]
// FILE is a LogSpec as records (engine/logring/spec_text.h); PATH are where programs write as syslog(3) does
// ($COREKMS_RUN/logd/log, where /dev/log is to point) and where the kernel's log is read (/dev/kmsg, for which
// CAP_SYSLOG is needed and nothing else). Exit status: 0 after SIGTERM, 64 for wrong arguments, 71 when the system
// refused what it cannot do without, 78 for a wrong configuration.
#include <memory>
#include <string_view>

#include "app/logd/logd.h"
#include "app/program.h"
#include "app/spec_file.h"
#include "engine/logring/spec_text.h"
#include "sys/file.h"
#include "sys/log.h"

namespace ck {

namespace {

struct LogdOptions {
  const char* config = nullptr;
  logd::Paths paths;
};

bool read_options(std::span<char*> arguments, LogdOptions& options) {
  for (size_t i = 1; i < arguments.size(); i += 2) {
    std::string_view name(arguments[i]);
    const char** target = name == "--config" ? &options.config
                          : name == "--log"  ? &options.paths.log
                          : name == "--kmsg" ? &options.paths.kmsg
                                             : nullptr;
    if (target == nullptr || i + 1 == arguments.size()) {
      sys::log(sys::Severity::Error, {name, target == nullptr ? ": unknown argument" : ": a value is missing"});
      return false;
    }
    *target = arguments[i + 1];
  }
  return true;
}

Result<void> run(const logring::LogSpec& spec, const logd::Paths& paths) {
  auto loop = CK_TRY(sys::EventLoop::create());
  auto logd = std::make_unique<logd::Logd>(loop, spec, paths);
  CK_TRY(logd->start());
  return loop.run();
}

}  // namespace

int logd_main(std::span<char*> arguments) {
  LogdOptions options;
  if (!read_options(arguments, options)) return kExitUsage;
  auto spec = std::make_unique<logring::LogSpec>();
  if (!read_spec_file(options.config, logring::parse_spec, *spec)) return kExitConfig;
  if (auto result = run(*spec, options.paths); !result) {
    sys::log_error({"cannot keep the log"}, result.error());
    return kExitSystem;
  }
  return 0;
}

}  // namespace ck
