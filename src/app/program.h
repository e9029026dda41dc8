// SPDX-License-Identifier: MIT
// What main.cc knows of each program: its entry. arguments[0] is the name that it was called by; the result is the exit
// status. The definitions live in src/app/<program>/.
#pragma once

#include <cstdint>
#include <span>

namespace ck {

int init_main(std::span<char*> arguments);
int netd_main(std::span<char*> arguments);
int gatewayd_main(std::span<char*> arguments);
int console_main(std::span<char*> arguments);
int config_main(std::span<char*> arguments);
int webd_main(std::span<char*> arguments);
int timed_main(std::span<char*> arguments);
int logd_main(std::span<char*> arguments);

// Exit statuses, of sysexits.h.
inline constexpr int kExitUsage = 64;
inline constexpr int kExitNoInput = 66;
inline constexpr int kExitSystem = 71;                // the system refused what the program cannot do without
inline constexpr int kExitOutOfMemory = kExitSystem;  // ARCHITECTURE.md, "Memory"
inline constexpr int kExitConfig = 78;

// Release and commit of this build, e.g. "0.1.0" and "5e0c1a2".
const char* version();
const char* commit();
// When that commit was made, in seconds since 1970: it is never earlier than this.
int64_t commit_seconds();

}  // namespace ck
