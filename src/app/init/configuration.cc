// SPDX-License-Identifier: MIT
#include "app/init/configuration.h"

#include "app/init/system.h"
#include "app/program.h"
#include "sys/log.h"
#include "sys/process.h"
#include "sys/publish.h"
#include "wire/state/record.h"

namespace ck::init {

namespace {

constexpr Duration kPatience = 5s;

// Nothing when the configuration holds; else why not.
FixedString<120> run_reader(supervise::Problems& problems) {
  static constexpr const char* kArguments[] = {"config", "gather", nullptr};
  static constexpr const char* kEnvironment[] = {"PATH=/bin", "COREKMS_RUN=/run/corekms", nullptr};
  auto ended = sys::run_to_end({.path = "/proc/self/exe",
                                .arguments = kArguments,
                                .environment = kEnvironment,
                                .capabilities = sys::kCapSysAdmin},  // to mount volumes; given up before it parses
                               kPatience);
  if (!ended) {
    note_problem(problems, "config", ended.error());
    return "the configuration could not be read";
  }
  if (sys::exit_status(*ended) == 0) return {};
  if (sys::exit_status(*ended) == kExitConfig) return "the configuration is broken: press 4";
  char buffer[120];
  TextWriter why(buffer);
  why.put("the configuration could not be read: config ");
  sys::describe_exit(*ended, why);
  return FixedString<120>(why.view());
}

}  // namespace

Configuration read_configuration(supervise::Problems& problems) {
  Configuration configuration;
  configuration.why = run_reader(problems);
  configuration.is_broken = !configuration.why.empty();
  if (configuration.is_broken) {
    sys::log(sys::Severity::Error, {configuration.why});
    return configuration;
  }
  static char buffer[state::kMaxFile];  // too large for the stack; used here only
  auto text = sys::read_published("config", "system", buffer);
  if (!text) {  // what it says of the machine and of the service is not known: nothing is started on a guess
    note_problem(problems, "config/system", text.error());
    configuration.why = "the configuration could not be read";
    configuration.is_broken = true;
    return configuration;
  }
  if (auto screen = console::parse_spec(*text)) configuration.screen = *screen;
  state::RecordReader reader(*text);
  while (auto record = reader.next()) {
    if (record->kind() == "system") {
      configuration.hostname = record->text<63>("hostname");
      configuration.log_level = record->text<16>("log-level");
    }
    if (record->kind() == "service")
      configuration.storage_bytes = record->number("storage-bytes").value_or(configuration.storage_bytes);
    if (record->kind() == "argument") (void)configuration.arguments.push_back(record->text<200>("value"));
    if (record->kind() == "environment") (void)configuration.environment.push_back(record->text<200>("value"));
  }
  return configuration;
}

}  // namespace ck::init
