// SPDX-License-Identifier: MIT
// How an upstream may fail a session, in the words of the log and the screen.
#pragma once

#include "engine/gateway/session.h"

namespace ck::gateway {

inline constexpr Fault kFaultTimeout = "no connection in time";
inline constexpr Fault kFaultSilent = "connected, but the bind was not answered in time";
inline constexpr Fault kFaultClosed = "closed before it answered the bind";
inline constexpr Fault kFaultNotRpc = "answered with something that is not DCE/RPC";
inline constexpr Fault kFaultEarly = "spoke before it had the whole bind";
inline constexpr Fault kFaultCut = "closed within a call";
inline constexpr Fault kFaultCall = "did not answer a call in time";

}  // namespace ck::gateway
