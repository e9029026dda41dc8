// SPDX-License-Identifier: MIT
// What PID 1 sets up once before the first program starts: mounts, the name of the host, loopback, the folders in which
// programs publish, access to the consoles. Each step that fails is noted as a problem for the screen, and the next one
// goes on.
#pragma once

#include "app/init/programs.h"
#include "base/fixed.h"
#include "engine/supervise/state_file.h"

namespace ck::init {

using supervise::Problems;

// Notes "what: step: reason" for the screen and the log.
void note_problem(Problems& problems, std::string_view what, const Error& error);

// proc, sys, devtmpfs, the tmpfs on /run; from then on there is a log.
void mount_all(Problems& problems);

// Which image this is: what the build wrote into its root file system (image/build.sh).
void read_build(supervise::SystemFacts& facts);

// What the firmware and the kernel say of Secure Boot and lockdown.
void read_trust(supervise::TrustFacts& trust);

// The first lines of the log: release, commit and build; what is trusted. For when the level of the log is known.
void log_facts(const supervise::SystemFacts& facts);

// The host name: the one that is configured, or made from a hardware address, or from the firmware's UUID. Sets the
// kernel's.
void name_host(std::string_view configured, supervise::SystemFacts& facts);

// $COREKMS_RUN with the folders of init and of the configuration; then those of the programs.
void make_own_folders(Problems& problems);
void make_program_folders(const ProgramTable& programs, int64_t storage_bytes, Problems& problems);

// Every device that shows the screen becomes root:tty 0660.
void open_consoles_to_group(const console::Spec& screen, Problems& problems);

}  // namespace ck::init
