// SPDX-License-Identifier: MIT
// The log of what a TPM's PCRs were extended by, in the form of firmware ("crypto agile": TCG PC Client Platform
// Firmware Profile 1.05, 10.2): a header that names the banks, then events. Little-endian. Verifiers replay it,
// tpm2_eventlog prints it.
#pragma once

#include <string_view>

#include "base/bytes.h"
#include "wire/tpm2/message.h"

namespace ck::tpm2 {

inline constexpr size_t kMostEventLog = size_t{56} * 1024;

// Whether it begins with such a header.
bool is_event_log(Bytes log);

// TCG_EfiSpecIDEvent in a TCG_PCClientPCREvent, for the banks of these digests.
void write_log_header(const Digests& banks, ByteWriter& out);
// One TCG_PCR_EVENT2 of the type EV_IPL, which is that of a boot loader's own measurements. `what` says what was
// measured.
void write_log_event(unsigned pcr, const Digests& digests, std::string_view what, ByteWriter& out);

}  // namespace ck::tpm2
