// SPDX-License-Identifier: MIT
// The door between a VMware machine and its host: reading I/O port 0x5658 with a magic number in eax exchanges six
// registers. VMware catches the fault of such an instruction, so that it works from a process without I/O rights
// (Linux' KVM does the same on wish: "KVM: x86: SVM: Intercept #GP to support access to VMware backdoor ports"), unless
// the machine's `monitor_control.restrict_backdoor` is set: then it faults as on any other machine, which is caught
// here. Not on ARM, where VMware has another instruction for it: there no machine has this door.
#pragma once

#include <cstdint>
#include <span>

#include "base/result.h"

namespace ck::sys {

// CPUID names VMware as the hypervisor.
bool is_vmware_guest();

// The door answers this process. It may be asked on any machine, and harms none.
bool backdoor_answers();

// eax, ebx, ecx, edx, esi, edi, there and back. Only where both of the above hold: anywhere else it ends the process.
void exchange_by_backdoor(std::span<uint32_t, 6> registers);

}  // namespace ck::sys
