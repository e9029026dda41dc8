// SPDX-License-Identifier: MIT
#include "app/init/programs.h"

#include "sys/file.h"
#include "sys/mount.h"
#include "sys/publish.h"

namespace ck::init {

namespace {

using supervise::Readiness;
using supervise::Role;

constexpr const char* kSelf = "/proc/self/exe";
constexpr const char* kServiceProgram = "/service/program";
constexpr const char* kServiceArguments = "/service/args";  // one argument a line

constexpr supervise::ProgramIndex kNetdFirst = 0;  // its place in the table

// When memory is out the kernel ends the highest oom_score first: the screen before the service before the network.
constexpr ProgramRow kNetd = {
    .name = "netd",
    .path = kSelf,
    .role = Role::Core,
    .readiness = Readiness::Notified,
    .uid = 101,
    .gid = 101,
    // To bind port 68 for renewals takes the third.
    .capabilities = sys::kCapNetAdmin | sys::kCapNetRaw | sys::kCapNetBindService,
    .oom_score = -600,
    .niceness = 0,
    .max_files = 256,
    .max_processes = 16,
};
constexpr ProgramRow kGatewayd = {
    .name = "gatewayd",
    .path = kSelf,
    .role = Role::Service,
    .readiness = Readiness::Notified,
    .uid = 102,
    .gid = 102,
    .capabilities = 0,
    .oom_score = -300,
    .niceness = 0,
    .max_files = 2400,  // 1056 connections of two sockets each, and more
    .max_processes = 16,
};
constexpr ProgramRow kService = {
    .name = "service",
    .path = kServiceProgram,
    .role = Role::Service,
    .readiness = Readiness::Assumed,
    .uid = 104,
    .gid = 104,
    .capabilities = sys::kCapNetBindService,  // any port: who builds it in wants it to serve
    .oom_score = 0,
    .niceness = 0,
    .max_files = 4096,
    .max_processes = 256,
    .own_space = true,
};
constexpr ProgramRow kConsole = {
    .name = "console",
    .path = kSelf,
    .role = Role::Core,
    .readiness = Readiness::Notified,
    .uid = 103,
    .gid = 5,  // tty
    .capabilities = 0,
    .oom_score = 200,
    .niceness = 5,  // drawing must not take the processor from serving
    .max_files = 64,
    .max_processes = 16,
    .asks_power = true,
};

constexpr ProgramRow kLogd = {
    .name = "logd",
    .path = kSelf,
    .role = Role::Core,
    .readiness = Readiness::Notified,
    .uid = 105,
    .gid = 105,
    .capabilities = sys::kCapSyslog,
    .oom_score = 0,
    .niceness = 5,  // a flood of the log must not take the processor from serving
    .max_files = 64,
    .max_processes = 16,
};
constexpr ProgramRow kTimed = {
    .name = "timed",
    .path = kSelf,
    .role = Role::Core,
    .readiness = Readiness::Notified,
    .after = kNetdFirst,
    .uid = 106,
    .gid = 106,
    .capabilities = sys::kCapSysTime,
    .oom_score = 0,
    .niceness = 0,
    .max_files = 64,
    .max_processes = 16,
};
constexpr ProgramRow kWebd = {
    .name = "webd",
    .path = kSelf,
    .role = Role::Core,
    .readiness = Readiness::Notified,
    .after = kNetdFirst,
    .uid = 107,
    .gid = 105,  // logd's, whose entries it reads
    .capabilities = sys::kCapNetBindService,
    .oom_score = 300,
    .niceness = 5,
    .max_files = 128,
    .max_processes = 16,
};

// Those of the document, or else those that were built in.
Result<void> add_service_arguments(const Configuration& configuration, StringList& arguments) {
  for (const auto& argument : configuration.arguments)
    if (!arguments.add({argument})) return fail(Code::OutOfRange, "more arguments than there is room");
  if (!configuration.arguments.empty() || !sys::exists(kServiceArguments)) return {};
  char buffer[4096];
  Splitter lines(CK_TRY(sys::read_file(kServiceArguments, buffer)), '\n');
  auto line = lines.next();
  while (line) {
    auto following = lines.next();
    bool ends_the_file = !following && line->empty();
    if (!ends_the_file && !arguments.add({*line})) return fail(Code::OutOfRange, "more arguments than there is room");
    line = following;
  }
  return {};
}

// The file that `config gather` wrote for a program.
void add_records(StringList& arguments, std::string_view option, std::string_view program) {
  sys::RunPath path = sys::run_path("config", program);
  (void)arguments.add({option});
  (void)arguments.add({path.view().substr(0, path.size() - 1)});
}

}  // namespace

bool StringList::add(std::initializer_list<std::string_view> parts) {
  size_t needed = 1;
  for (std::string_view part : parts) needed += part.size();
  if (needed > out_.room() || count_ + 1 >= pointers_.size()) return false;
  pointers_[count_++] = text_.data() + out_.size();
  for (std::string_view part : parts) out_.put(part);
  out_.put('\0');
  return true;
}

bool may_ask_power(const ProgramRow& row, int32_t pid, const sys::Notification& message) {
  return row.asks_power && pid > 0 && message.pid == pid && message.uid == row.uid;
}

bool has_foreign_service() { return sys::exists(kServiceProgram); }

Result<void> fill_programs(const Configuration& configuration, ProgramTable& table) {
  return fill_programs(configuration, table, has_foreign_service());
}

Result<void> fill_programs(const Configuration& configuration, ProgramTable& table, bool foreign) {
  const ProgramRow* rows[] = {&kNetd, foreign ? &kService : &kGatewayd, &kConsole, &kLogd, &kTimed, &kWebd};
  for (size_t i = 0; i < table.size(); ++i) {
    table[i].row = rows[i];
    (void)table[i].arguments.add({foreign && i == 1 ? kServiceProgram : rows[i]->name});
  }
  Result<void> added = foreign ? add_service_arguments(configuration, table[1].arguments) : Result<void>();
  // A broken configuration tells no program anything.
  if (configuration.is_broken) return added;
  for (ProgramEntry& entry : table) {
    std::string_view name = entry.row == &kConsole ? "system" : entry.row->name;
    if (entry.row != &kService) add_records(entry.arguments, entry.row == &kNetd ? "--network" : "--config", name);
  }
  return added;
}

}  // namespace ck::init
