// SPDX-License-Identifier: MIT
// What a key does to what a terminal looks at: pages, screenfuls, and the two keys that end the machine, which ask
// first. The question stands where the keys are listed otherwise:
//
//   Keys --p--> PowerOff --y--> PoweringOff    n, any other key, an answer too soon, or 10 s without one: back to Keys
//   Keys --r--> Restart  --y--> Restarting
//   Keys --p or r, where they are disabled--> Disabled --any key, which then acts, or 10 s--> Keys
//
// An answer counts only a moment after the question: nobody reads faster, and a line that echoes, or carries text that
// was meant for somebody else, holds a "py" sooner or later.
#pragma once

#include "base/time.h"
#include "engine/console/page.h"

namespace ck::console {

inline constexpr Duration kLeastThought = 300ms;
inline constexpr Duration kPromptStands = 10s;

// A key as it came from the terminal. Redraw: write everything anew. Lines: plain lines instead of a screen, or back.
// PowerOff and Restart: ask init for it.
enum class KeyEffect : uint8_t { None, Changed, Redraw, Lines, PowerOff, Restart };
KeyEffect press(char key, TimePoint now, PowerKeys power, View& view);

// Puts what stands in the place of the keys there, or the keys back. The one place where a prompt changes.
void enter(Prompt prompt, TimePoint now, View& view);
// Ends a prompt that has stood long enough. True: what is to be shown has changed.
bool expire(TimePoint now, View& view);

}  // namespace ck::console
