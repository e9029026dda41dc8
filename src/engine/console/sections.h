// SPDX-License-Identifier: MIT
// The parts that pages are made of. Each writes as many lines as it needs, so a page can measure it first.
#pragma once

#include "engine/console/page.h"

namespace ck::console {

enum class Detail : uint8_t { Brief, Full };

inline constexpr unsigned kValueColumn = 11;  // where values stand on the lines "Service   ..."

// sections_system.cc: from init's state and the system itself.
void put_title(const Inputs& inputs, Lines& lines);
void put_memory_and_clock(const Inputs& inputs, Lines& lines);
void put_config(const Inputs& inputs, Lines& lines);
void put_problems(const Inputs& inputs, Detail detail, Lines& lines);
void put_programs(const Inputs& inputs, Lines& lines);
void put_settings(const Inputs& inputs, Lines& lines);
void put_help(Lines& lines);

void put_time(const Inputs& inputs, Lines& lines);

// sections_log.cc: from the logs' state.
void put_log_warning(const Inputs& inputs, Lines& lines);  // nothing while all is well
void put_log_servers(const Inputs& inputs, Lines& lines);
void put_log(const Inputs& inputs, Lines& lines);  // the newest first

// sections_gateway.cc: from the gateway's state, and what init says of the service.
void put_service(const Inputs& inputs, Lines& lines);
void put_upstreams(const Inputs& inputs, Detail detail, Lines& lines);
void put_clients(const Inputs& inputs, Detail detail, Lines& lines);
void put_lookups(const Inputs& inputs, Lines& lines);

// sections_network.cc: from netd's state. Links are counted from 0 in the order of the file.
unsigned count_links(const Inputs& inputs);
void put_link(const Inputs& inputs, unsigned number, Lines& lines);
void put_no_link(const Inputs& inputs, Lines& lines);
void put_domains(const Inputs& inputs, Lines& lines);

}  // namespace ck::console
