// SPDX-License-Identifier: MIT
// One log line to standard error: `<6>netd: eth0: lease 192.0.2.107/24 from 192.0.2.1`. init points standard error at
// /dev/kmsg, which reads the priority; a line is one write, cut at 900 bytes. Bytes outside printable ASCII become '?',
// so nothing from the network can write to a terminal through the log; log_for() alone passes on what another program
// says.
#pragma once

#include <initializer_list>
#include <string_view>

#include "base/result.h"

namespace ck::sys {

enum class Severity : unsigned char { Error = 3, Warning = 4, Notice = 5, Info = 6, Debug = 7 };

// The name that stands before each line; static storage. Called once by each program's main.
void set_log_name(const char* name);

// Lines that are less urgent than this are not written; at the start all are. A program of init's has it from the
// environment, $COREKMS_LOG_LEVEL: "error", "warning", "notice" or "info"; any other word changes nothing.
void set_log_level(std::string_view word);

// The parts are joined without separator.
void log(Severity severity, std::initializer_list<std::string_view> parts);
// A line of another program, as it is but for its severity (1 to 7 of syslog). Not subject to the level, and not
// checked.
void log_for(std::string_view program, unsigned severity, std::string_view text);
void log_error(std::initializer_list<std::string_view> parts, const Error& error);

}  // namespace ck::sys
