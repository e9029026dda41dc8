// SPDX-License-Identifier: MIT
// timed [--config FILE]
// FILE is a TimeSpec as records (engine/time/spec_text.h). Exit status: 0 after SIGTERM, 64 for wrong arguments, 71
// when the system refused what it cannot do without, 78 for a wrong configuration.
#include <memory>
#include <string_view>

#include "app/program.h"
#include "app/spec_file.h"
#include "app/timed/timed.h"
#include "base/text.h"
#include "engine/time/spec_text.h"
#include "sys/clock.h"
#include "sys/file.h"
#include "sys/log.h"

namespace ck {

namespace {

// No server is believed that says it is before this build was made, or so long after it that nobody runs it any more.
constexpr int64_t kSlackSeconds = 86'400;  // for the clock of who made the commit
constexpr Micros kYears{int64_t{50} * 31'557'600 * 1'000'000};

class KernelClock final : public timed::Clock {
 public:
  timekeeping::Instant read() override { return {.now = sys::now(), .utc = sys::utc()}; }
  Result<void> step(Micros by) override { return sys::step_utc(by); }
  Result<void> slew(Micros by) override { return sys::slew_utc(by); }
};

// The Keeper asks for nothing when it observes; should it ever, this is as far as it comes.
class ObservedClock final : public timed::Clock {
 public:
  timekeeping::Instant read() override { return {.now = sys::now(), .utc = sys::utc()}; }
  Result<void> step(Micros) override { return fail(Code::Denied, "the clock is only observed"); }
  Result<void> slew(Micros) override { return fail(Code::Denied, "the clock is only observed"); }
};

bool read_options(std::span<char*> arguments, const char*& config) {
  for (size_t i = 1; i < arguments.size(); ++i) {
    std::string_view name(arguments[i]);
    if (name != "--config") {
      sys::log(sys::Severity::Error, {name, ": unknown argument"});
      return false;
    } else if (++i == arguments.size()) {
      sys::log(sys::Severity::Error, {name, ": a value is missing"});
      return false;
    } else {
      config = arguments[i];
    }
  }
  return true;
}

Result<void> run(timed::Clock& clock, const timekeeping::TimeSpec& spec) {
  auto loop = CK_TRY(sys::EventLoop::create());
  Micros built{(commit_seconds() - kSlackSeconds) * 1'000'000};
  timekeeping::Rules rules{
      .bounds = {.earliest = built, .latest = built + kYears}, .max_slew = spec.max_slew, .mode = spec.mode};
  auto timed = std::make_unique<timed::Timed>(loop, clock, spec, rules);
  CK_TRY(timed->start());
  return loop.run();
}

}  // namespace

int timed_main(std::span<char*> arguments) {
  const char* config = nullptr;
  if (!read_options(arguments, config)) return kExitUsage;
  timekeeping::TimeSpec spec;
  if (!read_spec_file(config, timekeeping::parse_spec, spec)) return kExitConfig;
  KernelClock kernel;
  ObservedClock observed;
  bool observe = spec.mode == timekeeping::Mode::Observe;
  timed::Clock& clock = observe ? static_cast<timed::Clock&>(observed) : kernel;
  if (auto result = run(clock, spec); !result) {
    sys::log_error({"cannot keep the clock"}, result.error());
    return kExitSystem;
  }
  return 0;
}

}  // namespace ck
