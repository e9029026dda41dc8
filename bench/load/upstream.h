// SPDX-License-Identifier: MIT
// The upstream of the bench: answers each bind with a bind_ack and each request with a response of random bytes of the
// same length, on as many connections as there are descriptors, until it is killed. What is neither ends its
// connection.
#pragma once

#include "base/result.h"

namespace ck::load {

// Says "listening" on standard output, then serves for ever. Errors: System.
Result<void> serve(uint16_t port);

}  // namespace ck::load
