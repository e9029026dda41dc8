// SPDX-License-Identifier: MIT
// The status screen. Draws when a program publishes something new, when a key asks for it, and once a second for the
// clock; each terminal is sent only what changed on it.
//
//   console [--config FILE] [--tty PATH]...     the records of `config gather` (engine/console/spec_text.h); terminals
//                                               instead of those of /proc/consoles (for tests)
#include <csignal>

#include "app/console/terminal.h"
#include "app/program.h"
#include "app/spec_file.h"
#include "engine/console/page.h"
#include "engine/console/spec_text.h"
#include "engine/supervise/power_request.h"
#include "sys/clock.h"
#include "sys/event_loop.h"
#include "sys/file.h"
#include "sys/log.h"
#include "sys/notify.h"
#include "sys/publish.h"
#include "wire/state/record.h"

namespace ck::console {

namespace {

constexpr Duration kTick = 1s;
constexpr Duration kCalm = 40ms;    // between two drawings: a burst of changes is drawn once
constexpr Duration kSlack = 100ms;  // by which UTC may stray from uptime before it is followed
constexpr std::string_view kDevices = "/dev/";
constexpr unsigned kListEveryTicks = 5;  // consoles that come later are found

// What one program publishes.
struct Source {
  explicit Source(const char* name) : program(name) {}
  const char* program;
  std::array<char, state::kMaxFile> buffer;
  std::string_view text;
  sys::PublishedWatch watch;
  bool watched = false;
  bool stale = true;
};

class Console {
 public:
  explicit Console(sys::EventLoop& loop) : loop_(loop) {}
  Result<void> start(std::span<char*> arguments);

 private:
  bool read_arguments(std::span<char*> arguments);
  bool ask_init(KeyEffect effect, std::string_view terminal);
  void read_sources();
  void list_terminals();
  void draw_all();
  void draw_soon();
  int64_t utc(TimePoint now);
  void on_tick();
  void on_stop();

  sys::EventLoop& loop_;
  std::array<Source, 6> sources_{Source("init"),   Source("netd"), Source("gatewayd"),
                                 Source("config"), Source("logd"), Source("timed")};
  Inputs inputs_;
  Picture picture_{[this](View& view, Frame& frame) { draw(inputs_, view, frame); }};
  Power power_;
  std::array<Terminal, sys::ConsoleDevices::capacity()> terminals_;
  Spec spec_;
  sys::ConsoleDevices given_;  // by --tty, or by the configuration
  TimePoint drawn_ = from_ms(0);
  int64_t boot_utc_ms_ = 0;
  unsigned ticks_ = 0;
  sys::Timer tick_timer_;
  sys::Timer draw_timer_;
  sys::SignalWatch signals_;
};

Result<void> Console::start(std::span<char*> arguments) {
  if (!read_arguments(arguments)) return fail(Code::Malformed, "usage: console [--config FILE] [--tty PATH]...");
  power_.ask = [this](KeyEffect effect, std::string_view terminal) { return ask_init(effect, terminal); };
  CK_TRY(signals_.start(loop_, {SIGTERM, SIGINT}, [this](int) { on_stop(); }));
  CK_TRY(tick_timer_.start(loop_, [this] { on_tick(); }));
  CK_TRY(draw_timer_.start(loop_, [this] { draw_all(); }));
  on_tick();
  return {};
}

// A file that cannot be read, or is not as it should be, has been told of; the screen does without.
bool Console::read_arguments(std::span<char*> arguments) {
  const char* file = nullptr;
  for (size_t i = 1; i < arguments.size(); i += 2) {
    if (i + 1 == arguments.size()) return false;
    std::string_view option = arguments[i];
    sys::ConsoleDevice device;
    if (option == "--config")
      file = arguments[i + 1];
    else if (option != "--tty" || !device.path.append(arguments[i + 1]) || !device.path.append('\0') ||
             !given_.push_back(device))
      return false;
  }
  (void)read_spec_file(file, parse_spec, spec_);
  power_.keys = spec_.power_keys;
  inputs_.zone = spec_.zone;
  for (const TerminalName& name : spec_.consoles)
    if (!given_.full()) (void)sys::add_console(name, given_);
  return true;
}

// init heeds this from the console alone, and only where the configuration allows it.
bool Console::ask_init(KeyEffect effect, std::string_view terminal) {
  auto ending = effect == KeyEffect::Restart ? supervise::Ending::Reboot : supervise::Ending::PowerOff;
  sys::log(sys::Severity::Notice, {terminal, ending == supervise::Ending::Reboot ? ": restart" : ": power off",
                                   " by its key, and yes to the question"});
  auto asked = sys::notify(supervise::power_request(ending));
  if (!asked) sys::log_error({"asking init"}, asked.error());
  return asked.has_value();
}

void Console::read_sources() {
  for (Source& source : sources_) {
    // The folder may come later than this program (or never, where another service has gatewayd's place).
    if (!source.watched) {
      auto watched = source.watch.start(loop_, source.program, [this, &source] {
        source.stale = true;
        draw_soon();
      });
      source.watched = watched.has_value();
      source.stale = true;
    }
    if (!source.stale) continue;
    auto text = sys::read_published(source.program, "state", source.buffer);
    source.text = text.value_or(std::string_view());
    source.stale = false;
  }
  inputs_.init_state = sources_[0].text;
  inputs_.netd_state = sources_[1].text;
  inputs_.gateway_state = sources_[2].text;
  inputs_.config_state = sources_[3].text;
  inputs_.logd_state = sources_[4].text;
  inputs_.timed_state = sources_[5].text;
  char meminfo[4096];
  if (auto text = sys::read_file("/proc/meminfo", meminfo)) read_memory(*text, inputs_);
}

void Console::list_terminals() {
  sys::ConsoleDevices devices = given_;
  if (devices.empty() && spec_.every_console && !sys::list_consoles(devices)) return;
  for (Terminal& terminal : terminals_) {
    bool listed = false;
    for (const sys::ConsoleDevice& device : devices) listed = listed || device == terminal.device();
    if (terminal.is_attached() && !listed) terminal.detach();
  }
  for (const sys::ConsoleDevice& device : devices) {
    bool attached = false;
    for (const Terminal& terminal : terminals_) attached = attached || terminal.device() == device;
    for (Terminal& terminal : terminals_) {
      if (attached || terminal.is_attached()) continue;
      std::string_view name = device.path.view().substr(0, device.path.size() - 1);
      if (name.starts_with(kDevices)) name.remove_prefix(kDevices.size());
      terminal.attach(device, loop_, picture_, power_, spec_.is_dumb(name) ? Drawing::Lines : Drawing::Screen);
      attached = true;
    }
  }
}

void Console::draw_all() {
  read_sources();
  inputs_.now = drawn_ = sys::now();
  inputs_.utc_ms = utc(drawn_);
  picture_.invalidate();
  for (Terminal& terminal : terminals_)
    if (terminal.is_attached()) terminal.refresh(drawn_);
}

// Taken from the clock only when that was set: what "since 14:02:11" says must not waver by how two clocks are read.
int64_t Console::utc(TimePoint now) {
  int64_t boot = sys::utc_ms() - to_ms(now);
  if (boot < boot_utc_ms_ - kSlack.count() || boot > boot_utc_ms_ + kSlack.count()) boot_utc_ms_ = boot;
  return boot_utc_ms_ + to_ms(now);
}

void Console::draw_soon() {
  TimePoint now = sys::now();
  if (now - drawn_ >= kCalm) return draw_all();
  draw_timer_.arm(drawn_ + kCalm);
}

void Console::on_tick() {
  if (ticks_++ % kListEveryTicks == 0) list_terminals();
  draw_all();
  // Right after the full second of uptime, so that the clock goes evenly.
  int64_t ms = to_ms(sys::now());
  tick_timer_.arm(from_ms(ms - ms % kTick.count()) + kTick);
}

void Console::on_stop() {
  for (Terminal& terminal : terminals_) {
    terminal.say_goodbye("CoreKMS: the status screen has ended.");
    terminal.detach();  // what still happens in this turn of the loop draws nothing more
  }
  loop_.stop();
}

}  // namespace

}  // namespace ck::console

int ck::console_main(std::span<char*> arguments) {
  static auto loop = sys::EventLoop::create();  // made before the console, so that it outlives its watches
  if (!loop) {
    sys::log_error({"cannot start"}, loop.error());
    return 70;
  }
  static console::Console console(*loop);
  auto started = console.start(arguments);
  if (!started) {
    sys::log_error({"cannot start"}, started.error());
    return started.error().code == Code::Malformed ? 64 : 70;
  }
  (void)sys::notify("READY=1");
  auto ended = loop->run();
  if (ended) return 0;
  sys::log_error({"event loop"}, ended.error());
  return 70;
}
