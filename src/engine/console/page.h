// SPDX-License-Identifier: MIT
// The pages of the status screen. draw() lays one out from what the programs have published (ARCHITECTURE.md, "State
// files") and from what the system says of itself; it shows what is known and says what is not, and nothing else. The
// overview holds all that an operator must see; what does not fit there is counted and named, with the key that shows
// it.
#pragma once

#include <cstdint>
#include <string_view>

#include "base/time.h"
#include "engine/console/frame.h"
#include "wire/timezone/zone.h"

namespace ck::console {

// Texts are views; an absent file is empty text.
struct Inputs {
  std::string_view init_state;
  std::string_view netd_state;
  std::string_view gateway_state;
  std::string_view config_state;
  std::string_view logd_state;
  std::string_view timed_state;
  uint64_t memory_total_kib = 0;
  uint64_t memory_available_kib = 0;
  TimePoint now;
  int64_t utc_ms = 0;  // since 1970
  timezone::Zone zone;
};

enum class Page : uint8_t { Overview, Network, Gateway, System, Log, Help };

// What stands on the last row: the keys, a question whether to end the machine, or what became of one (keys.h).
enum class Prompt : uint8_t { Keys, PowerOff, Restart, Disabled, PoweringOff, Restarting, Refused };

// Whether `p` and `r` may end the machine.
enum class PowerKeys : uint8_t { Disabled, Allowed };

// What one terminal looks at. Overview: `first` is the first link shown; other pages: the first line.
struct View {
  Page page = Page::Overview;
  unsigned first = 0;
  unsigned next = 0;  // what `first` becomes on "next"; draw() sets it
  Prompt prompt = Prompt::Keys;
  TimePoint prompt_since;  // of any other than Keys
  friend bool operator==(const View&, const View&) = default;
};

// Brings `view.first` into its bounds. The frame must have been reset() to its size before.
void draw(const Inputs& inputs, View& view, Frame& frame);

// MemTotal and MemAvailable of /proc/meminfo's text; 0 when it is not there.
void read_memory(std::string_view meminfo, Inputs& inputs);

}  // namespace ck::console
