// SPDX-License-Identifier: MIT
// The machine's TPM, when it has one: the document that is used is measured before anything uses it.
#pragma once

#include <optional>
#include <string_view>

#include "engine/config/gather.h"

namespace ck::config {

// Nothing on a machine without a TPM that the kernel knows. Takes two seconds at most, and a command more.
std::optional<Measured> measure(std::string_view text);
// The same through a descriptor that stands for the device.
Measured measure(std::string_view text, int device);

}  // namespace ck::config
