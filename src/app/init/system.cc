// SPDX-License-Identifier: MIT
#include "app/init/system.h"

#include "sys/errno.h"
#include "sys/file.h"
#include "sys/host.h"
#include "sys/log.h"
#include "sys/mount.h"
#include "sys/publish.h"
#include "sys/tty.h"

namespace ck::init {

namespace {

constexpr uint32_t kTtyGroup = 5;
constexpr const char* kBuildFile = "/etc/build-id";                   // image/build.sh
constexpr const char* kSecureBoot = "/sys/firmware/efi/secure_boot";  // image/kernel/patches; there on UEFI alone
constexpr const char* kSecurity = "/sys/kernel/security";
constexpr const char* kLockdown = "/sys/kernel/security/lockdown";

struct MountRow {
  const char* type;
  const char* target;
  sys::Devices devices;
  const char* options;
};
constexpr MountRow kMounts[] = {
    {"proc", "/proc", sys::Devices::Refused, ""},
    {"sysfs", "/sys", sys::Devices::Refused, ""},
    {"devtmpfs", "/dev", sys::Devices::Allowed, "mode=0755"},
    {"tmpfs", "/run", sys::Devices::Refused, "size=2m,nr_inodes=512,mode=0755"},
};

constexpr int64_t kLeastFiles = 256;
constexpr int64_t kBytesOfAFile = 16'384;  // that there is one more file for: each takes memory beside its content

void make_folder(std::string_view program, uint32_t uid, uint32_t gid, Problems& problems) {
  sys::RunPath path = sys::run_path(program, "");
  auto made = sys::make_directory(path.view().data(), 0755).and_then([&] {
    return sys::change_owner(path.view().data(), uid, gid);
  });
  if (!made) note_problem(problems, path.view().substr(0, path.size() - 1), made.error());
}

// What `config gather` wrote for it is for its eyes alone.
void give_records(std::string_view program, uint32_t uid, Problems& problems) {
  sys::RunPath path = sys::run_path("config", program);
  auto given = sys::change_owner(path.view().data(), uid, 0);
  if (!given && given.error().sys_errno != ENOENT)
    note_problem(problems, path.view().substr(0, path.size() - 1), given.error());
}

// A foreign service that fills its folder must not keep the others from publishing.
void give_own_space(std::string_view program, uint32_t uid, uint32_t gid, int64_t bytes, Problems& problems) {
  if (auto half = static_cast<int64_t>(sys::machine_memory() / 2); half != 0 && bytes > half) {
    // Files in RAM are not given back when memory is out: every other program would be ended for them.
    note_problem(problems, "service.storage-bytes",
                 {.code = Code::OutOfRange, .what = "more than half of the memory: half it is"});
    bytes = half;
  }
  char buffer[96];
  TextWriter options(buffer);
  options.put("size=").signed_number(bytes);
  options.put(",nr_inodes=").signed_number(std::max(bytes / kBytesOfAFile, kLeastFiles));
  options.put(",mode=0755,uid=").number(uid).put(",gid=").number(gid).put('\0');
  sys::RunPath path = sys::run_path(program, "");
  auto mounted = sys::mount_file_system("tmpfs", path.view().data(), sys::Devices::Refused, buffer);
  if (!mounted) note_problem(problems, path.view().substr(0, path.size() - 1), mounted.error());
}

}  // namespace

void note_problem(Problems& problems, std::string_view what, const Error& error) {
  char buffer[supervise::Problem::capacity()];
  TextWriter text(buffer);
  text.put(what).put(": ").put(error.what);
  if (error.sys_errno != 0) text.put(": ").put(sys::errno_text(error.sys_errno));
  sys::log(sys::Severity::Error, {text.view()});
  (void)problems.push_back(supervise::Problem(text.view()));  // when there is no room: the first ones tell most
}

void mount_all(Problems& problems) {
  for (const MountRow& row : kMounts) {
    auto mounted = sys::mount_file_system(row.type, row.target, row.devices, row.options);
    if (!mounted) note_problem(problems, row.target, mounted.error());
  }
}

void read_build(supervise::SystemFacts& facts) {
  char buffer[80];
  // A test of this program on another system has no such file, and no build to tell.
  if (auto text = sys::read_file(kBuildFile, buffer)) facts.build = text->substr(0, text->find('\n'));
}

void read_trust(supervise::TrustFacts& trust) {
  using SecureBoot = supervise::TrustFacts::SecureBoot;
  // A kernel of another profile may have none.
  (void)sys::mount_file_system("securityfs", kSecurity, sys::Devices::Refused, "");
  char buffer[4096];
  if (auto word = sys::read_file(kSecureBoot, buffer))
    trust.secure_boot = word->starts_with('1') ? SecureBoot::On : SecureBoot::Off;
  if (auto levels = sys::read_file(kLockdown, buffer)) trust.lockdown = supervise::level_of(*levels);
  if (trust.secure_boot == SecureBoot::On)  // else the mark may be anybody's
    if (auto line = sys::read_file("/proc/cmdline", buffer)) trust.ignored = supervise::ignored_words(*line);
}

void log_facts(const supervise::SystemFacts& facts) {
  const supervise::TrustFacts& trust = facts.trust;
  sys::log(sys::Severity::Info, {"CoreKMS ", facts.version, " (", facts.commit, "), build ",
                                 facts.build.empty() ? std::string_view("unknown") : facts.build.view()});
  sys::log(sys::Severity::Info, {"Secure Boot ", name_of(trust.secure_boot), ", lockdown ",
                                 trust.lockdown.empty() ? std::string_view("unknown") : trust.lockdown.view()});
  if (!trust.ignored.empty())
    sys::log(sys::Severity::Warning, {"Secure Boot: not taken from the command line: ", trust.ignored});
}

void name_host(std::string_view configured, supervise::SystemFacts& facts) {
  char buffer[32];
  TextWriter text(buffer);
  text.put("corekms");
  if (!configured.empty()) {
    facts.hostname = configured;
    facts.hostname_source = "configuration";
  } else if (auto mac = sys::first_hardware_address()) {
    text.put('-').hex(static_cast<uint64_t>(mac->octets[4] << 8 | mac->octets[5]), 4);
    facts.hostname_source = "hardware address";
  } else if (auto tail = sys::smbios_uuid_tail()) {
    text.put('-').hex(*tail, 4);
    facts.hostname_source = "SMBIOS UUID";
  } else {
    facts.hostname_source = "default";
  }
  if (facts.hostname.empty()) facts.hostname = text.view();
  auto set = sys::set_hostname(facts.hostname);
  if (!set) note_problem(facts.problems, "host name", set.error());
}

void make_own_folders(Problems& problems) {
  for (std::string_view folder : {"", "init", "config"}) make_folder(folder, 0, 0, problems);
}

void make_program_folders(const ProgramTable& programs, int64_t storage_bytes, Problems& problems) {
  for (const ProgramEntry& program : programs) {
    make_folder(program.row->name, program.row->uid, program.row->gid, problems);
    give_records(program.row->name, program.row->uid, problems);
    if (program.row->own_space)
      give_own_space(program.row->name, program.row->uid, program.row->gid, storage_bytes, problems);
  }
}

void open_consoles_to_group(const console::Spec& screen, Problems& problems) {
  sys::ConsoleDevices devices;
  for (const console::TerminalName& name : screen.consoles) (void)sys::add_console(name, devices);
  auto listed = screen.every_console ? sys::list_consoles(devices) : Result<void>();
  if (!listed) note_problem(problems, "/proc/consoles", listed.error());
  for (const sys::ConsoleDevice& device : devices) {
    auto opened = sys::change_owner(device.path.view().data(), 0, kTtyGroup).and_then([&] {
      return sys::change_mode(device.path.view().data(), 0660);
    });
    if (!opened) note_problem(problems, device.path.view().substr(0, device.path.size() - 1), opened.error());
  }
}

}  // namespace ck::init
