// SPDX-License-Identifier: MIT
// What a health check says to a server, and reads from it: a bind of any interface with NDR, and two operations of the
// remote management interface (C706 appendix Q): inq_if_ids (0), the interfaces that it serves, and is_server_listening
// (2). Little endian when written, either order when read. None of it concerns what the server is for.
#pragma once

#include <optional>

#include "wire/dcerpc/body.h"

namespace ck::dcerpc {

inline constexpr size_t kBindSize = 72;
inline constexpr size_t kEmptyRequestSize = 24;
inline constexpr uint16_t kInquireInterfaces = 0;
inline constexpr uint16_t kIsServerListening = 2;

// One context of id 0. Empty when `buffer` is too small.
Bytes write_bind(const SyntaxId& interface, uint32_t call_id, MutableBytes buffer);
// A request without a stub on context 0. Empty when `buffer` is too small.
Bytes write_empty_request(uint16_t opnum, uint32_t call_id, MutableBytes buffer);

// From a whole response to kIsServerListening; nothing when it cannot be read or reports an error.
std::optional<bool> read_is_listening(const Header& header, Bytes pdu);

// From a whole response to kInquireInterfaces: whether `interface` is among those served. Nothing when it cannot be
// read or reports an error.
std::optional<bool> read_serves(const Header& header, Bytes pdu, const SyntaxId& interface);

}  // namespace ck::dcerpc
