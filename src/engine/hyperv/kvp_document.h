// SPDX-License-Identifier: MIT
// Collects the document out of what the host sets in pool 0, and says what each message is to be answered with (the
// host sends one and waits). A document that no value can hold is in `corekms.config.0`, `corekms.config.1` and so on,
// in any order of arrival. It ends when nothing has come for a while: there is no message that says "that was all".
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "engine/config/encoded.h"
#include "wire/hyperv/kvp_message.h"

namespace ck::hyperv {

// As many as AddKvpItems, by which they are set, takes at once: 256 KiB at most.
inline constexpr size_t kMostParts = 128;

// How long nothing more must have come; libhvee, which does the same for other machines, waits as long.
inline constexpr Duration kQuiet = 1s;
// In all, within the patience of who waits for us (app/init/configuration.cc).
inline constexpr Duration kMostTime = 3s;

class KvpDocument {
 public:
  explicit KvpDocument(TimePoint now) : begun_(now), heard_(now) {}

  // What to answer; nothing: the message is none of the host's, or none at all.
  std::optional<Status> receive(Bytes message, TimePoint now);

  // When there is nothing more to wait for.
  TimePoint deadline() const;

  // Nothing when no such key has come.
  std::optional<config::Content> document() const;

 private:
  void keep(std::string_view key, std::string_view value);

  TimePoint begun_, heard_;
  std::optional<std::string> whole_;
  std::string encoding_;
  std::vector<std::string> parts_;  // of `corekms.config.N`; empty where none has come
  bool is_too_long_ = false;
};

}  // namespace ck::hyperv
