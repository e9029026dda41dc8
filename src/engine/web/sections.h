// SPDX-License-Identifier: MIT
// The parts of the page. Each is a card, or nothing where there is nothing to say.
#pragma once

#include "engine/web/body.h"
#include "engine/web/snapshot.h"

namespace ck::web {

// sections_gateway.cc
void put_tiles(const Snapshot& snapshot, Body& out);
void put_upstreams(const Snapshot& snapshot, Body& out);
void put_clients(const Snapshot& snapshot, Body& out);
void put_outcomes(const Snapshot& snapshot, Body& out);

// sections_system.cc
void put_problems(const Snapshot& snapshot, Body& out);
void put_network(const Snapshot& snapshot, Body& out);
void put_programs(const Snapshot& snapshot, Body& out);
void put_clock(const Snapshot& snapshot, Body& out);
void put_settings(const Snapshot& snapshot, Body& out);
void put_log(const Snapshot& snapshot, Body& out);

// "g", "w", "b": classes of the style.
std::string_view class_of(status::Tone tone);
// The key's text, escaped.
template <size_t N>
Body& put_text(const state::Record& record, std::string_view key, Body& out) {
  return out.put_html(record.text<N>(key));
}

}  // namespace ck::web
