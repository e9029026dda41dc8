// SPDX-License-Identifier: MIT
// The machine's TPM, when it has one: the document that is used is measured before anything uses it.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "engine/config/gather.h"

namespace ck::config {

inline constexpr const char* kFirmwareLog = "/sys/kernel/security/tpm0/binary_bios_measurements";

// Nothing on a machine without a TPM that the kernel knows. Takes two seconds at most, and a command more.
std::optional<Measured> measure(std::string_view text);
// The same through a descriptor that stands for the device.
Measured measure(std::string_view text, int device);

// The firmware's event log, as the kernel hands it on, with the measurement as its last event; the measurement alone
// where there is no such log, or one that is too long (wire/tpm2/event_log.h).
std::string write_event_log(const Measured& measured, const char* firmware = kFirmwareLog);

}  // namespace ck::config
