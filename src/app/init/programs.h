// SPDX-License-Identifier: MIT
// Which programs there are, with which rights and arguments each runs (ARCHITECTURE.md, "Programs"). The table is the
// policy; sys/process carries it out. A static program at /service/program takes gatewayd's place.
#pragma once

#include <array>
#include <string_view>

#include "app/init/configuration.h"
#include "base/fixed.h"
#include "base/result.h"
#include "base/text.h"
#include "engine/supervise/supervisor.h"
#include "sys/notify_socket.h"
#include "sys/process.h"

namespace ck::init {

// Arguments or environment of a program: NUL-terminated strings and the list that exec wants. Never allocates.
class StringList {
 public:
  // False when it is full; nothing was added then.
  bool add(std::initializer_list<std::string_view> parts);
  // Ends with a null pointer.
  std::span<const char* const> list() const { return std::span(pointers_).first(count_ + 1); }
  StringList() = default;
  StringList(const StringList&) = delete;  // the pointers point into the object
  StringList& operator=(const StringList&) = delete;

 private:
  std::array<char, 4096> text_;
  TextWriter out_{text_};
  std::array<const char*, 48> pointers_{};
  size_t count_ = 0;
};

// One row of the table.
struct ProgramRow {
  const char* name;
  const char* path;
  supervise::Role role;
  supervise::Readiness readiness;
  supervise::ProgramIndex after = supervise::kNobody;  // starts when that one is ready; else at once
  uint32_t uid;
  uint32_t gid;
  uint64_t capabilities;
  int oom_score;
  int niceness;
  uint64_t max_files;
  uint64_t max_processes;
  bool own_space = false;   // its state folder is a file system of its own
  bool asks_power = false;  // init heeds its power requests (engine/supervise/power_request.h)
};

struct ProgramEntry {
  const ProgramRow* row = nullptr;
  StringList arguments;
};

using ProgramTable = std::array<ProgramEntry, 6>;

// Fills the table in the order in which the programs are started. Errors: OutOfRange and System when the service's
// arguments do not fit or cannot be read; the table is then complete but the service lacks them.
Result<void> fill_programs(const Configuration& configuration, ProgramTable& table);
// The same with a program of the build in the gateway's place, or without one, whatever stands in this file system.
Result<void> fill_programs(const Configuration& configuration, ProgramTable& table, bool foreign);

// Whether a power request counts: from the very process that init has started as a program that may ask (`pid`; 0: none
// runs), by the kernel's word on who sent it. Neither its children nor a process that came by its number are heeded.
bool may_ask_power(const ProgramRow& row, int32_t pid, const sys::Notification& message);

// Whether a program of the build has the gateway's place.
bool has_foreign_service();

}  // namespace ck::init
