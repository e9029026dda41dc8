// SPDX-License-Identifier: MIT
// The service's state in one word: whether its process lives as init sees it, then what it says of itself.
#pragma once

#include <optional>
#include <string_view>

#include "wire/state/record.h"

namespace ck::status {

enum class Tone : uint8_t { Good, Waiting, Bad };

struct Word {
  std::string_view text;  // "SERVING"
  Tone tone = Tone::Waiting;
};

// `process` is the state of init's program record, `gateway` that of the gateway's own; either may be empty.
Word service_word(std::string_view process, std::string_view gateway);
// What the gateway published last is only true while it lives.
bool is_gateway_down(const std::optional<state::Record>& process);
Tone upstream_tone(std::string_view state);

}  // namespace ck::status
