// SPDX-License-Identifier: MIT
// The folder in which programs publish their state, and the watch on the state of others.
// The root is $COREKMS_RUN, /run/corekms when that is not set.
#pragma once

#include <functional>
#include <span>
#include <string_view>

#include "base/fixed.h"
#include "base/result.h"
#include "sys/event_loop.h"
#include "sys/unique_fd.h"

namespace ck::sys {

using RunPath = FixedString<160>;

// `$COREKMS_RUN/<program>/<file>`, NUL-terminated within the string's storage: use path.view().data().
RunPath run_path(std::string_view program, std::string_view file);

// Replaces `$COREKMS_RUN/<program>/<file>` whole. The folder must exist (init makes it). Errors: System.
Result<void> publish(std::string_view program, std::string_view file, std::string_view text, unsigned mode = 0644);
// The text that a program has published, inside `buffer`. Errors: System (ENOENT before the first time), OutOfRange.
Result<std::string_view> read_published(std::string_view program, std::string_view file, std::span<char> buffer);

// Calls back whenever a program replaces a file in its folder. The folder must exist. Errors: System.
class PublishedWatch {
 public:
  Result<void> start(EventLoop& loop, std::string_view program, std::function<void()> callback);

 private:
  UniqueFd fd_;
  Watch watch_;
  std::function<void()> callback_;
};

}  // namespace ck::sys
