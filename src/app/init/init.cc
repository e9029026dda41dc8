// SPDX-License-Identifier: MIT
// PID 1. Sets the system up once, then lives in its event loop: the supervisor decides, this file carries out. Nothing
// here allocates once the loop runs. It does not end: what fails is logged, shown and lived with.
// Called as `init poweroff` by anyone but PID 1 (the kernel does), it asks PID 1 to end the machine.
#include <sys/types.h>
#include <unistd.h>

#include <csignal>

#include "app/init/programs.h"
#include "app/init/service_output.h"
#include "app/init/system.h"
#include "app/program.h"
#include "engine/supervise/power_request.h"
#include "engine/supervise/state_file.h"
#include "engine/supervise/supervisor.h"
#include "sys/clock.h"
#include "sys/event_loop.h"
#include "sys/file.h"
#include "sys/host.h"
#include "sys/kmsg.h"
#include "sys/log.h"
#include "sys/mount.h"
#include "sys/notify_socket.h"
#include "sys/power.h"
#include "sys/process.h"
#include "sys/publish.h"

namespace ck::init {

namespace {

using supervise::Supervisor;

constexpr Duration kPublishInterval = 50ms;  // a program that talks without end must not make PID 1 write without end
constexpr const char* kPowerOffCommand = "/init poweroff\n";
constexpr Duration kPublishAgain = 1s;  // after a failure
constexpr Duration kRefusalInterval = 60s;
constexpr int kOnlyEmergencies = 1;  // console log level: an oops or panic raises it by itself

class Init {
 public:
  explicit Init(sys::EventLoop& loop) : loop_(loop) {}

  void set_up();
  void start_programs();

 private:
  void note(std::string_view what, const Result<void>& result) {
    if (!result) note_problem(facts_.problems, what, result.error());
  }
  void listen_for_readiness();
  void on_signal(int signal);
  void on_notification();
  void on_power_request(supervise::Ending ending, supervise::ProgramIndex index, const sys::Notification& message);
  void on_child_ended();
  void stop(supervise::Ending ending, std::string_view why);

  void dispatch(const supervise::Event& event);
  void carry_out(const supervise::Spawn& action);
  void carry_out(const supervise::Kill& action);
  void carry_out(const supervise::ArmTimer& action) { supervisor_timer_.arm(action.at); }
  void carry_out(const supervise::Publish&) { publish_soon(); }
  void carry_out(const supervise::Changed& action);
  void carry_out(const supervise::End& action);
  void publish_soon();
  void publish_now();

  sys::EventLoop& loop_;
  supervise::SystemFacts facts_;
  Configuration configuration_;
  ProgramTable programs_;
  StringList environment_;
  StringList service_environment_;  // of a program of the build in the gateway's place
  Supervisor supervisor_;
  FixedVector<supervise::Event, 2 * supervise::kMaxPrograms> pending_;
  bool dispatching_ = false;
  TimePoint published_ = from_ms(0);
  TimePoint next_refusal_ = from_ms(0);  // when a refused power request is logged again

  sys::Timer supervisor_timer_;
  sys::Timer publish_timer_;
  sys::SignalWatch signals_;
  sys::PowerButton power_button_;
  ServiceOutput service_output_;
  std::optional<sys::NotifySocket> notify_socket_;
  sys::Watch notify_watch_;
  std::array<char, 8192> state_text_;
};

void Init::set_up() {
  facts_.version = version();
  facts_.commit = commit();
  mount_all(facts_.problems);
  sys::redirect_standard_streams();
  // What the programs log must neither tear the screen nor be thrown away by the rate limit for user space.
  note("kernel log level", sys::set_console_log_level(kOnlyEmergencies));
  (void)sys::write_file("/proc/sys/kernel/printk_devkmsg", "on\n");
  // How many messages /dev/log holds: a program that logs must not wait for logd to have its turn.
  (void)sys::write_file("/proc/sys/net/unix/max_dgram_qlen", "512\n");
  note("Ctrl-Alt-Del", sys::catch_ctrl_alt_del());
  // A hypervisor that asks the kernel to shut down (Hyper-V, Xen) comes to us by this command.
  (void)sys::write_file("/proc/sys/kernel/poweroff_cmd", kPowerOffCommand);
  note("oom_score_adj", sys::set_oom_score(-1000));
  read_build(facts_);

  make_own_folders(facts_.problems);
  read_trust(facts_.trust);
  configuration_ = read_configuration(facts_.problems);
  sys::set_log_level(configuration_.log_level);
  log_facts(facts_);
  name_host(configuration_.hostname, facts_);
  note("loopback", sys::bring_loopback_up());
  note("the service's arguments", fill_programs(configuration_, programs_));
  make_program_folders(programs_, configuration_.storage_bytes, facts_.problems);
  note("/dev/log", sys::make_link(sys::run_path("logd", "log").view().data(), "/dev/log"));
  if (has_foreign_service()) {  // what programs that are told to log to a file are told
    (void)sys::make_link("/proc/self/fd/1", "/dev/stdout");
    (void)sys::make_link("/proc/self/fd/2", "/dev/stderr");
  }
  open_consoles_to_group(configuration_.screen, facts_.problems);
  note("/", sys::make_read_only("/"));

  note("timer", supervisor_timer_.start(loop_, [this] { dispatch(supervise::TimerFired{}); }));
  note("timer", publish_timer_.start(loop_, [this] { publish_now(); }));
  note("signals", signals_.start(loop_, {SIGCHLD, SIGINT, SIGTERM, SIGUSR1, SIGUSR2, SIGPWR, SIGHUP},
                                 [this](int signal) { on_signal(signal); }));
  note("power button",
       power_button_.start(loop_, [this] { stop(supervise::Ending::PowerOff, "the power button was pressed"); }));
  listen_for_readiness();
}

void Init::listen_for_readiness() {
  sys::RunPath path = sys::run_path("init", "notify");
  auto socket = sys::NotifySocket::create(path.view().data());
  if (!socket) {
    note_problem(facts_.problems, "notify socket", socket.error());
  } else {
    notify_socket_ = std::move(*socket);
    note("notify socket", notify_watch_.start(loop_, notify_socket_->fd(), {.readable = true},
                                              [this](sys::Events) { on_notification(); }));
  }
  sys::RunPath root = sys::run_path("", "");
  (void)environment_.add({"PATH=/bin"});
  (void)environment_.add({"HOME=/"});
  (void)environment_.add({"NOTIFY_SOCKET=", path.view().substr(0, path.size() - 1)});
  (void)environment_.add({"COREKMS_RUN=", root.view().substr(0, root.size() - 2)});  // without its "/" and NUL
  if (!configuration_.log_level.empty()) (void)environment_.add({"COREKMS_LOG_LEVEL=", configuration_.log_level});
  for (const char* const* each = environment_.list().data(); *each != nullptr; ++each)
    (void)service_environment_.add({*each});
  sys::RunPath folder = sys::run_path("service", "");
  (void)service_environment_.add({"TMPDIR=", folder.view().substr(0, folder.size() - 1)});
  for (const auto& variable : configuration_.environment) (void)service_environment_.add({variable});
}

void Init::start_programs() {
  for (const ProgramEntry& entry : programs_) {
    bool is_service = entry.row->role == supervise::Role::Service;
    supervise::ProgramSpec spec{.name = entry.row->name,
                                .role = entry.row->role,
                                .readiness = entry.row->readiness,
                                .after = entry.row->after,
                                .closed = is_service ? configuration_.why : FixedString<120>()};
    if (!supervisor_.add(spec))
      sys::log(sys::Severity::Error, {entry.row->name, ": more programs than can be supervised"});
  }
  // Nothing on the way to serving waits for anything: those start at once, in the order of the table. The others come
  // when the network is watched (order of readiness).
  publish_now();
  dispatch(supervise::Boot{});
}

void Init::on_signal(int signal) {
  switch (signal) {
    case SIGCHLD: return on_child_ended();
    case SIGINT: return stop(supervise::Ending::Reboot, "Ctrl-Alt-Del");
    case SIGTERM:
    case SIGUSR1:
    case SIGUSR2:
    case SIGPWR: return stop(supervise::Ending::PowerOff, "asked to by a signal");
    default: return;
  }
}

void Init::on_child_ended() {
  while (auto ended = sys::reap()) {
    for (supervise::ProgramIndex index = 0; index < supervisor_.programs().size(); ++index) {
      if (supervisor_.programs()[index].pid != ended->pid) continue;
      char buffer[80];
      TextWriter how(buffer);
      sys::describe_exit(ended->status, how);
      // Each program leads a group of its own: what it left behind must not hold the port against the next one.
      (void)sys::send_signal(-ended->pid, SIGKILL);
      if (programs_[index].row->own_space) service_output_.end();
      dispatch(supervise::Exited{index, how.view()});
      break;
    }
  }
}

void Init::on_notification() {
  char buffer[512];
  // A bounded number in one go, so that a flood does not keep init from its other duties.
  for (int count = 0; count < 16; ++count) {
    auto message = notify_socket_->receive(buffer);
    if (!message) return;
    for (supervise::ProgramIndex index = 0; index < supervisor_.programs().size(); ++index) {
      const supervise::Program& program = supervisor_.programs()[index];
      if (program.pid == 0 || (message->pid != program.pid && message->uid != programs_[index].row->uid)) continue;
      Splitter lines(message->text, '\n');
      while (auto line = lines.next()) {
        if (*line == "READY=1") dispatch(supervise::Ready{index});
        if (line->starts_with("STATUS=")) dispatch(supervise::StatusText{index, line->substr(7)});
        if (auto ending = supervise::read_power_request(*line)) on_power_request(*ending, index, *message);
      }
      break;
    }
  }
}

void Init::on_power_request(supervise::Ending ending, supervise::ProgramIndex index, const sys::Notification& message) {
  const ProgramRow& row = *programs_[index].row;
  bool entitled = may_ask_power(row, supervisor_.programs()[index].pid, message);
  if (entitled && configuration_.screen.power_keys == console::PowerKeys::Allowed)
    return stop(ending, "asked to by a key on a console");
  TimePoint now = sys::now();
  if (now < next_refusal_) return;  // who asks without end must not fill the log
  next_refusal_ = now + kRefusalInterval;
  sys::log(sys::Severity::Warning, {row.name, ": asked for the end of the machine, refused: ",
                                    entitled ? "the configuration disables it" : "it may not ask"});
}

void Init::stop(supervise::Ending ending, std::string_view why) {
  sys::log(sys::Severity::Notice, {ending == supervise::Ending::Reboot ? "restarting: " : "powering off: ", why});
  dispatch(supervise::StopAll{ending});
}

// Carrying out an action may raise the next event, which waits its turn in `pending_`.
void Init::dispatch(const supervise::Event& event) {
  if (!pending_.push_back(event)) sys::log(sys::Severity::Error, {"an event was lost: too many at once"});
  if (dispatching_) return;
  dispatching_ = true;
  while (!pending_.empty()) {
    supervise::Event next = pending_[0];
    pending_.erase(0);
    for (const supervise::Action& action : supervisor_.step(next, sys::now()))
      std::visit([this](const auto& which) { carry_out(which); }, action);
  }
  dispatching_ = false;
}

void Init::carry_out(const supervise::Spawn& action) {
  const ProgramEntry& entry = programs_[action.program];
  bool is_foreign = entry.row->own_space;
  sys::UniqueFd output;  // none: the kernel's log
  if (is_foreign) {
    auto opened = service_output_.open(loop_, entry.row->uid, entry.row->gid);
    if (opened)
      output = std::move(*opened);
    else
      sys::log_error({entry.row->name, ": output"}, opened.error());
  }
  auto pid = sys::spawn({.path = entry.row->path,
                         .arguments = entry.arguments.list(),
                         .environment = is_foreign ? service_environment_.list() : environment_.list(),
                         .uid = entry.row->uid,
                         .gid = entry.row->gid,
                         .capabilities = entry.row->capabilities,
                         .oom_score = entry.row->oom_score,
                         .niceness = entry.row->niceness,
                         .max_files = entry.row->max_files,
                         .max_processes = entry.row->max_processes,
                         .output = output.get()});
  if (pid) return dispatch(supervise::Spawned{action.program, *pid});
  Problems reason;  // for its wording
  note_problem(reason, entry.row->name, pid.error());
  dispatch(supervise::SpawnFailed{action.program,
                                  reason.back().view().substr(std::string_view(entry.row->name).size() + 2)});
}

void Init::carry_out(const supervise::Kill& action) {
  int32_t pid = supervisor_.programs()[action.program].pid;
  if (pid > 0) (void)sys::send_signal(pid, action.signal == supervise::Signal::Kill ? SIGKILL : SIGTERM);
}

void Init::carry_out(const supervise::Changed& action) {
  const supervise::Program& program = supervisor_.programs()[action.program];
  bool trouble = action.to == supervise::State::Backoff;
  sys::log(trouble ? sys::Severity::Warning : sys::Severity::Info,
           {program.spec.name, ": ", name_of(action.from), " -> ", name_of(action.to), trouble ? ": " : "",
            trouble ? program.error.view() : std::string_view()});
}

void Init::carry_out(const supervise::End& action) {
  publish_now();
  (void)sys::send_signal(-1, SIGKILL);  // whatever the programs left behind
  auto ended = action.ending == supervise::Ending::Reboot ? sys::restart() : sys::power_off();
  note("the machine did not end", ended);
  publish_now();
}

void Init::publish_soon() {
  TimePoint now = sys::now();
  if (now - published_ >= kPublishInterval) return publish_now();
  publish_timer_.arm(published_ + kPublishInterval);
}

void Init::publish_now() {
  published_ = sys::now();
  auto text = supervise::write_state(facts_, supervisor_, state_text_);
  auto published = sys::publish("init", "state", text);
  if (published) return;
  sys::log_error({"cannot publish"}, published.error());
  publish_timer_.arm(published_ + kPublishAgain);
}

// Without an event loop there is nothing that PID 1 can do but try again.
sys::EventLoop make_loop() {
  for (;;) {
    auto loop = sys::EventLoop::create();
    if (loop) return std::move(*loop);
    sys::sleep_for(100ms);
  }
}

}  // namespace

}  // namespace ck::init

int ck::init_main(std::span<char*> arguments) {
  if (::getpid() != 1 && arguments.size() == 2 && std::string_view(arguments[1]) == "poweroff")
    return sys::send_signal(1, SIGTERM) ? 0 : 77;
  if (::getpid() != 1) {
    sys::log(sys::Severity::Error,
             {"init is for PID 1 only: it ends what it does not know and can power off the machine"});
    return 64;
  }
  sys::occupy_standard_streams();
  sys::EventLoop loop = init::make_loop();
  static init::Init init(loop);
  init.set_up();
  init.start_programs();
  for (;;) {
    auto ended = loop.run();
    if (!ended) sys::log_error({"event loop"}, ended.error());
    sys::sleep_for(100ms);
  }
}
